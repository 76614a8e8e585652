import { createHash } from 'node:crypto';
import type { Refusal } from '../errors.js';
import { xzFailed } from '../release/decoder.js';
import type { Host } from '../system/host.js';
import { feedFor, type Feed } from './feed.js';
import { notAPackage, spkCorrupt, spkMissing, spkTooBig } from './refusals.js';
import { XZ_MEMORY, type UnpackedSink, type XzTrouble } from './unpacking.js';
import { NotAnXzBlock } from './xz-blocks.js';
import { NotOneXzStream, readXzTrailer, XZ_TRAILER_BYTES } from './xz-trailer.js';

/** `magicNumber` in package.capnp; one xz stream follows. */
export const SPK_MAGIC = Buffer.from('8fc6cdef451aea96', 'hex');
const XZ_MAGIC = Buffer.from('fd377a585a00', 'hex');

/** Unpacked, a package has at most 1 GiB; packed it can only be a little more. */
const MAX_PACKED_BYTES = 1.1 * 1024 ** 3;

export interface PackedFacts {
  /** Of the file, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly packedBytes: number;
  /** All that xz unpacks, as the file's end says. */
  readonly streamBytes: number;
}

export type OnProgress = (done: number, total: number) => void;

/**
 * Reads a package file once, from its first byte to its last through one descriptor: hashed, its end looked at,
 * and unpacked for as long as somebody wants to know more.
 * @throws Refusal E_SPK_MISSING, E_SPK_FORMAT, E_SPK_CORRUPT, E_SPK_TOO_BIG, E_IO; what the sink throws
 */
export async function unpackOnce(
  path: string,
  host: Host,
  sink: UnpackedSink,
  onProgress: OnProgress = () => undefined,
): Promise<PackedFacts> {
  const size = await requireFile(path, host);
  const hash = createHash('sha256');
  const tail = new Tail();
  let feed: Feed | undefined = undefined as Feed | undefined;
  let count = 0;
  try {
    await host.files.readThrough(path, async (piece) => {
      hash.update(piece);
      tail.add(piece);
      count += piece.length;
      if (count > MAX_PACKED_BYTES) throw spkTooBig(path, 'is larger than any app package');
      if (feed === undefined) {
        requireMagic(path, piece);
        feed = feedFor(host, sink);
      }
      await feed.write(count === piece.length ? piece.subarray(SPK_MAGIC.length) : piece);
      onProgress(count, size);
    });
    if (feed === undefined) throw notAPackage(path, 'empty');
    // First, because a cut shows best there; xz only says "unexpected end of input".
    const { unpackedBytes: streamBytes } = readEnd(path, tail.bytes(), count);
    const trouble = await feed.end();
    if (trouble !== undefined) throw refusalFor(path, trouble);
    return { sha256: hash.digest('hex'), packedBytes: count, streamBytes };
  } catch (error) {
    throw error instanceof NotAnXzBlock ? spkCorrupt(path, error.message, error) : error;
  } finally {
    feed?.kill();
  }
}

async function requireFile(path: string, host: Host): Promise<number> {
  const stat = await host.files.stat(path);
  if (stat === undefined) throw spkMissing(path);
  if (stat.kind === 'directory') throw notAPackage(path, 'a folder');
  if (stat.kind !== 'file') throw notAPackage(path, 'a device or a pipe');
  return stat.size;
}

function requireMagic(path: string, start: Buffer): void {
  if (!start.subarray(0, SPK_MAGIC.length).equals(SPK_MAGIC)) {
    throw notAPackage(
      path,
      start.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC) ? 'an xz file' : 'a file of another kind',
    );
  }
  if (!start.subarray(SPK_MAGIC.length, SPK_MAGIC.length + XZ_MAGIC.length).equals(XZ_MAGIC)) {
    throw spkCorrupt(path, 'it begins like a package, but what follows is not packed with xz');
  }
}

function readEnd(path: string, end: Buffer, length: number): { readonly unpackedBytes: number } {
  try {
    return readXzTrailer(end, length - SPK_MAGIC.length);
  } catch (error) {
    if (error instanceof NotOneXzStream) throw spkCorrupt(path, error.message, error);
    throw error;
  }
}

function refusalFor(path: string, { exitCode, stderr }: XzTrouble): Refusal {
  // Ended from outside, for want of memory perhaps, or never begun: says nothing about the file.
  if (exitCode === -1) return xzFailed(stderr);
  if (stderr.includes('Memory usage limit'))
    return spkTooBig(path, `needs more than ${XZ_MEMORY} of memory to unpack`);
  const said = stderr.trim().split('\n')[0] ?? '';
  return spkCorrupt(path, `xz says "${said.replace(/^xz: (?:\(stdin\): )?/, '')}"`);
}

/** The last bytes of what goes by. */
class Tail {
  private last = Buffer.alloc(0);

  /** Copies what it keeps. */
  add(piece: Buffer): void {
    const before = this.last.subarray(-Math.max(0, XZ_TRAILER_BYTES - piece.length));
    const kept = piece.length >= XZ_TRAILER_BYTES ? [] : [before];
    this.last = Buffer.concat([...kept, piece.subarray(-XZ_TRAILER_BYTES)]);
  }

  bytes(): Buffer {
    return this.last;
  }
}
