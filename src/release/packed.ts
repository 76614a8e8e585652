import { createHash } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { compressionOf, START_BYTES, type Compression } from './format.js';
import { requirePackedWithin, type Limits } from './limits.js';
import { notATarball, tarballMissing } from './refusals.js';

/** A tarball that is being read, once, through one descriptor. */
export interface PackedBytes {
  readonly compression: Compression;
  /** To be iterated once. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Why the reading itself failed, when it did: disk, tap, limit. What comes after is only its echo. */
  failure(): Error | undefined;
  /** How many bytes went by so far. */
  count(): number;
  /** Once, after the last chunk: 64 hexadecimal digits. */
  sha256(): string;
}

export interface Watching {
  /** Packed bytes read so far, of how many. */
  readonly onProgress?: (bytes: number, total: number) => void;
  /**
   * Gets every packed byte in order, before it is judged: a copy to write, a signature to verify. What
   * it throws ends the reading.
   */
  readonly tap?: (chunk: Buffer) => void | Promise<void>;
}

/**
 * Opens a tarball. Kind, hash, limit and tap are all about the bytes of this one descriptor, so it does
 * not matter what becomes of the path meanwhile.
 * @throws Refusal E_TARBALL_MISSING, E_TARBALL_FORMAT, E_TARBALL_TOO_BIG, E_IO
 */
export async function openTarball(
  path: string,
  host: Host,
  limits: Limits,
  { onProgress, tap }: Watching,
): Promise<PackedBytes> {
  const stat = await requireFile(path, host);
  requirePackedWithin(stat.size, limits);
  const source = (await host.files.openRead(path)) as AsyncIterable<Buffer>;
  const iterator = source[Symbol.asyncIterator]();
  const start = await iterator.next().catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  const compression = start.done === true ? undefined : compressionOf(start.value.subarray(0, START_BYTES));
  if (compression === undefined) {
    await iterator.return?.();
    throw notATarball(path, start.done === true ? 'empty' : 'neither xz, gzip nor tar');
  }

  const hash = createHash('sha256');
  let count = 0;
  let failure: Error | undefined;

  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for (let next = start; next.done !== true; next = await iterator.next()) {
        hash.update(next.value);
        count += next.value.length;
        requirePackedWithin(count, limits);
        await tap?.(next.value);
        onProgress?.(count, stat.size);
        yield next.value;
      }
    } catch (error) {
      failure = error instanceof Refusal ? error : cannotRead(path, error);
      throw failure;
    } finally {
      await iterator.return?.();
    }
  }

  return {
    compression,
    chunks: chunks(),
    failure: () => failure,
    count: () => count,
    sha256: () => hash.digest('hex'),
  };
}

/** @throws Refusal E_TARBALL_MISSING, E_TARBALL_FORMAT */
export async function requireFile(
  path: string,
  host: Host,
): Promise<{ readonly size: number; readonly mtime: Date }> {
  const stat = await host.files.stat(path);
  if (stat === undefined) throw tarballMissing(path);
  if (stat.kind === 'directory') throw notATarball(path, 'a folder');
  if (stat.kind !== 'file') throw notATarball(path, 'a device or a pipe');
  return stat;
}

function cannotRead(path: string, error: unknown): Refusal {
  const why = error instanceof Error ? error.message : String(error);
  return new Refusal('E_IO', `cannot read ${path}: ${why}`, {
    hint: 'try another copy, or another stick',
    cause: error,
  });
}
