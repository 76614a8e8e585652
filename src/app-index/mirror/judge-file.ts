import { extname } from 'node:path';
import { createBLAKE2b } from 'hash-wasm';
import type { Host } from '../../system/host.js';
import type { AppDetails } from '../format.js';
import { packageIdOf } from '../package-hash.js';
import { LARGEST, type Wanted } from './place.js';
import { Unfit } from './source.js';
import { parseUpstreamDetails } from './upstream.js';

/** What is kept of a small file that came in. @throws Unfit when it is not what its name says */
export async function fitToKeep({ kind, name }: Wanted, bytes: Buffer): Promise<Fit> {
  if (kind === 'images') {
    if (!(await isImage(bytes, name))) throw wrongBytes();
    return { data: bytes };
  }
  const details = parseUpstreamDetails(bytes.toString('utf8'));
  if (details === undefined) throw new Unfit('it is not what describes an app', true, true);
  return { data: `${JSON.stringify(details)}\n`, details };
}

export interface Fit {
  readonly data: Buffer | string;
  /** What it says, when it describes an app. */
  readonly details?: AppDetails;
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
    ? isImage(bytes, name)
    : parseUpstreamDetails(bytes.toString('utf8')) !== undefined;
}

let hasher: ReturnType<typeof createBLAKE2b> | undefined;

/** As imageIdOf has it, but in WebAssembly: a mirror checks a hundred megabytes of pictures. */
async function isImage(bytes: Buffer, name: string): Promise<boolean> {
  hasher ??= createBLAKE2b(IMAGE_HASH_BITS);
  const hash = await hasher;
  return `${hash.init().update(bytes).digest('hex')}${extname(name)}` === name;
}

const IMAGE_HASH_BITS = 128;
