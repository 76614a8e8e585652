import { join } from 'node:path';
import type { Host } from '../system/host.js';

/** Sum of the files below a folder; links are not followed. What may not be looked at counts nothing. */
export async function sizeOf(path: string, host: Host): Promise<number> {
  const stat = await host.files.lstat(path).catch(() => undefined);
  if (stat?.kind !== 'directory') return stat?.kind === 'file' ? stat.size : 0;
  let total = 0;
  for (const name of await host.files.list(path)) total += await sizeOf(join(path, name), host);
  return total;
}
