import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Refusal } from '../errors.js';
import { xzFailed } from '../release/decoder.js';
import type { Filter, Host } from '../system/host.js';
import { notAPackage, spkCorrupt, spkMissing, spkTooBig } from './refusals.js';
import { NotOneXzStream, readXzTrailer, XZ_TRAILER_BYTES } from './xz-trailer.js';

/** `magicNumber` in package.capnp; one xz stream follows. */
export const SPK_MAGIC = Buffer.from('8fc6cdef451aea96', 'hex');
const XZ_MAGIC = Buffer.from('fd377a585a00', 'hex');

/** Unpacked, a package has at most 1 GiB; packed it can only be a little more. */
const MAX_PACKED_BYTES = 1.1 * 1024 ** 3;

/** What `xz -9` needs; `spk pack` asks for 9 MiB. A file that asks for more was made to exhaust the memory. */
const XZ_MEMORY = '70MiB';

/** Gets what a package unpacks to. What it throws ends the reading. */
export interface UnpackedSink {
  push(chunk: Buffer): void;
  /** Nothing more needs to be unpacked. The file is read to its end all the same. */
  readonly satisfied: boolean;
}

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
  let unpacking: Unpacking | undefined;
  let count = 0;
  try {
    for await (const chunk of chunksOf(path, host)) {
      hash.update(chunk);
      tail.add(chunk);
      count += chunk.length;
      if (count > MAX_PACKED_BYTES) throw spkTooBig(path, 'is larger than any app package');
      if (unpacking === undefined) {
        requireMagic(path, chunk);
        unpacking = new Unpacking(host, sink);
      }
      await unpacking.write(count === chunk.length ? chunk.subarray(SPK_MAGIC.length) : chunk);
      onProgress(count, size);
    }
    if (unpacking === undefined) throw notAPackage(path, 'empty');
    // First, because a cut shows best there; xz only says "unexpected end of input".
    const { unpackedBytes: streamBytes } = readEnd(path, tail.bytes(), count);
    const trouble = await unpacking.end();
    if (trouble !== undefined) throw refusalFor(path, trouble);
    return { sha256: hash.digest('hex'), packedBytes: count, streamBytes };
  } finally {
    unpacking?.kill();
  }
}

async function* chunksOf(path: string, host: Host): AsyncGenerator<Buffer> {
  try {
    yield* (await host.files.openRead(path)) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('E_IO', `cannot read ${path}: ${why}`, {
      hint: 'try another copy, or another stick',
      cause: error,
    });
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
      start.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC) ? 'an xz file' : 'something else',
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

/** What xz had to say. */
interface XzTrouble {
  readonly exitCode: number;
  readonly stderr: string;
}

function refusalFor(path: string, { exitCode, stderr }: XzTrouble): Refusal {
  // Ended from outside, for want of memory perhaps, or never begun: says nothing about the file.
  if (exitCode === -1) return xzFailed(stderr);
  if (stderr.includes('Memory usage limit'))
    return spkTooBig(path, `needs more than ${XZ_MEMORY} of memory to unpack`);
  const said = stderr.trim().split('\n')[0] ?? '';
  return spkCorrupt(path, `xz says "${said.replace(/^xz: (?:\(stdin\): )?/, '')}"`);
}

/** The system's xz at work, for as long as the sink wants more. */
class Unpacking {
  private readonly xz: Filter;
  /** Resolves when nothing more comes out, whatever the reason. */
  private readonly poured: Promise<void>;
  private isOver = false;
  private failure: Error | undefined;

  constructor(
    host: Host,
    private readonly sink: UnpackedSink,
  ) {
    this.xz = host.commands.filter('xz', [
      '--decompress',
      '--stdout',
      '--threads=1',
      `--memlimit-decompress=${XZ_MEMORY}`,
    ]);
    this.xz.stdin.on('error', () => undefined);
    this.xz.stdout.on('error', () => undefined);
    this.poured = this.pour();
  }

  /** Resolves when there is room for more. What xz dislikes is told at the end. @throws what the sink threw */
  async write(chunk: Buffer): Promise<void> {
    if (!this.isOver && !this.xz.stdin.write(chunk)) {
      await Promise.race([once(this.xz.stdin, 'drain').catch(() => undefined), this.poured]);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** @returns undefined when it is well, or was no longer needed. @throws what the sink threw */
  async end(): Promise<XzTrouble | undefined> {
    this.xz.stdin.end();
    await this.poured;
    if (this.failure !== undefined) throw this.failure;
    if (this.sink.satisfied) return undefined;
    const done = await this.xz.done;
    return done.exitCode === 0 ? undefined : done;
  }

  kill(): void {
    this.xz.kill();
  }

  private async pour(): Promise<void> {
    try {
      for await (const chunk of this.xz.stdout as AsyncIterable<Buffer>) {
        this.sink.push(chunk);
        if (this.sink.satisfied) break;
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    this.isOver = true;
    // One that has come to its own end is not to be hit on the way out: its exit code counts.
    if (this.sink.satisfied || this.failure !== undefined) this.xz.kill();
  }
}

/** The last bytes of what goes by. */
class Tail {
  private pieces: Buffer[] = [];
  private length = 0;

  add(chunk: Buffer): void {
    this.pieces.push(chunk);
    this.length += chunk.length;
    for (let [first] = this.pieces; first !== undefined && this.length - first.length >= XZ_TRAILER_BYTES;) {
      this.length -= first.length;
      this.pieces.shift();
      [first] = this.pieces;
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.pieces).subarray(-XZ_TRAILER_BYTES);
  }
}
