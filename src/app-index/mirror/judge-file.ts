import type { Host } from '../../system/host.js';
import { imageIdOf } from '../image-id.js';
import { packageIdOf } from '../package-hash.js';
import { LARGEST, type Wanted } from './place.js';
import { Unfit } from './source.js';
import { parseUpstreamDetails } from './upstream.js';

/** What is kept of a small file that came in. @throws Unfit when it is not what its name says */
export function fitToKeep({ kind, name }: Wanted, bytes: Buffer): Buffer | string {
  if (kind === 'images') {
    if (imageIdOf(bytes, name) !== name) throw wrongBytes();
    return bytes;
  }
  const details = parseUpstreamDetails(bytes.toString('utf8'));
  if (details === undefined) throw new Unfit('it is not what describes an app', true, true);
  return `${JSON.stringify(details)}\n`;
}

export function wrongBytes(): Unfit {
  return new Unfit('its bytes are not those of its id', true, true);
}

/** Whether a file of the pool is what its name says. @throws Refusal E_IO when it cannot be read */
export async function isIntact(
  { kind, name }: Pick<Wanted, 'kind' | 'name'>,
  file: string,
  host: Host,
): Promise<boolean> {
  if (kind === 'packages') return (await packageIdOf(file, host)) === name;
  const bytes = (await host.files.readBytes(file, LARGEST[kind] + 1)) ?? Buffer.alloc(0);
  return kind === 'images'
    ? imageIdOf(bytes, name) === name
    : parseUpstreamDetails(bytes.toString('utf8')) !== undefined;
}
