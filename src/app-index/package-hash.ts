import { createHash } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/** The package id that this file has. @throws Refusal E_IO */
export async function packageIdOf(file: string, host: Host): Promise<string> {
  const hash = createHash('sha256');
  const pieces = (await host.files.openRead(file)) as AsyncIterable<Buffer>;
  try {
    for await (const piece of pieces) hash.update(piece);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('E_IO', `cannot read ${file}: ${why}`, {
      hint: 'the disk or the stick may be failing: see dmesg',
      cause: error,
    });
  }
  return hash.digest('hex').slice(0, 32);
}
