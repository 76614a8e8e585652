import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { imageIdOf } from './image-id.js';
import { packageIdOf } from './package-hash.js';
import { imageIdsOf, type PackageRecord } from './record.js';
import { storedPackage } from './store.js';

const LARGEST_IMAGE = 16 * 1024 * 1024;

/** What of a stored package is not as it was when it was taken in: file by file, in words. Empty when all is. */
export async function storeFaults(dir: string, record: PackageRecord, host: Host): Promise<string[]> {
  const { packageId } = record.entry;
  const { file, images } = storedPackage(dir, packageId);
  const faults: string[] = [];
  if ((await host.files.stat(file)) === undefined) faults.push('its package is not there');
  else if ((await packageIdOf(file, host)) !== packageId) faults.push('its package has other contents');
  for (const id of imageIdsOf(record)) {
    const bytes = await host.files.readBytes(join(images, id), LARGEST_IMAGE);
    if (bytes === undefined) faults.push(`its image ${id} is not there`);
    else if (imageIdOf(bytes, id) !== id) faults.push(`its image ${id} has other contents`);
  }
  return faults;
}
