import { createHash } from 'node:crypto';
import type { Host } from './system/host.js';

/** SHA-256 of a file, 64 hexadecimal digits. @throws Refusal E_IO, also when it is not there or is no regular file */
export async function fileHash(path: string, host: Host): Promise<string> {
  const hash = createHash('sha256');
  await host.files.readThrough(path, (piece) => Promise.resolve(void hash.update(piece)));
  return hash.digest('hex');
}
