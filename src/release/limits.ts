import { contentsRefused, tarballTooBig } from './refusals.js';

/** What no release comes near; whatever passes is somebody's attempt to fill a disk or a memory. */
export interface Limits {
  /** Of the tarball itself, in bytes. A real one has 180 MB. */
  readonly packedBytes: number;
  /** Sum of the sizes of all files, in bytes. A real one has 750 MB. */
  readonly unpackedBytes: number;
  /** A real one has 41,000. */
  readonly entries: number;
  /** One name, in bytes. */
  readonly nameBytes: number;
  /** All names together, in bytes: they are held in memory to find duplicates. */
  readonly allNamesBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  packedBytes: 4 * 1024 ** 3,
  unpackedBytes: 8 * 1024 ** 3,
  entries: 500_000,
  nameBytes: 1024,
  allNamesBytes: 32 * 1024 ** 2,
};

/** Headers and padding of one entry. */
const OVERHEAD = 2048;

/** The tar itself, decoded: files, headers and padding. Zeros without end are no file and must stop too. */
export function requireDecodedWithin(decoded: number, limits: Limits): void {
  if (decoded > limits.unpackedBytes + limits.entries * OVERHEAD) {
    throw tarballTooBig(`unpacks to more than ${size(limits.unpackedBytes)}`);
  }
}

export function requirePackedWithin(packed: number, limits: Limits): void {
  if (packed > limits.packedBytes) throw tarballTooBig(`is larger than ${size(limits.packedBytes)}`);
}

/** Keeps count while entries go by. @throws Refusal E_TARBALL_TOO_BIG, E_TARBALL_CONTENTS */
export class Tally {
  entries = 0;
  unpackedBytes = 0;
  private namesBytes = 0;

  constructor(private readonly limits: Limits) {}

  add(name: string, fileSize: number): void {
    const { limits } = this;
    const nameBytes = Buffer.byteLength(name);
    this.entries += 1;
    this.unpackedBytes += fileSize;
    this.namesBytes += nameBytes;
    if (nameBytes > limits.nameBytes) throw contentsRefused(name, 'has a name that is too long');
    if (this.entries > limits.entries) throw tarballTooBig(`has more than ${limits.entries} entries`);
    if (this.namesBytes > limits.allNamesBytes) throw tarballTooBig('has more and longer names than can be');
    if (this.unpackedBytes > limits.unpackedBytes) {
      throw tarballTooBig(`unpacks to more than ${size(limits.unpackedBytes)}`);
    }
  }
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
