import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { decoderFor } from './decoder.js';
import { buildOf, compressionOf, START_BYTES, topFolder, type Compression } from './format.js';
import { requireFile } from './packed.js';
import { contentsRefused, notATarball, tarballCorrupt } from './refusals.js';
import { NotTar } from './tar-header.js';
import { TarReader } from './tar-reader.js';

/** What a glance at a file says. Nothing of it is proven: only its first bytes have been read. */
export interface Peek {
  readonly path: string;
  readonly size: number;
  readonly mtime: Date;
  readonly compression: Compression | undefined;
  readonly build: number | undefined;
  /** Why there is no build, as a sentence. */
  readonly problem: string | undefined;
}

/** Enough packed bytes for the first entry, one read even on slow media. */
const PACKED_START = 64 * 1024;
/** A long header, its text and the entry's own header. */
const DECODED_START = 8 * 1024;

/**
 * Build, size and age of a tarball by its first bytes. A broken file is an answer here, not an error.
 * @throws Refusal E_TARBALL_MISSING, E_TARBALL_FORMAT when there is no file to look at
 */
export async function peekRelease(path: string, host: Host): Promise<Peek> {
  const { size, mtime } = await requireFile(path, host);
  const start = await host.files.readStart(path, PACKED_START).catch(() => Buffer.alloc(0));
  const compression = compressionOf(start.subarray(0, START_BYTES));
  const about = { path, size, mtime, compression };
  try {
    return { ...about, build: await buildIn(path, start, host), problem: undefined };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...about, build: undefined, problem: error.message };
  }
}

/**
 * Refuses early what would be refused anyway, before anything is copied or packed again.
 * @throws Refusal as readRelease
 */
export async function requireReleaseStart(path: string, host: Host): Promise<Compression> {
  await requireFile(path, host);
  const start = await host.files.readStart(path, PACKED_START);
  await buildIn(path, start, host);
  return requireCompression(path, start);
}

async function buildIn(path: string, start: Buffer, host: Host): Promise<number> {
  const compression = requireCompression(path, start);
  const decoded = await decodeStart(path, start, compression, host);
  const name = firstName(decoded);
  if (name === undefined) throw tarballCorrupt(path, 'not even its first entry can be read');
  const build = buildOf(topFolder(name));
  if (build === undefined || !name.endsWith('/')) {
    throw contentsRefused(name, 'comes first, where a release has its folder sandstorm-<build>/');
  }
  return build;
}

function requireCompression(path: string, start: Buffer): Compression {
  const compression = compressionOf(start.subarray(0, START_BYTES));
  if (compression !== undefined) return compression;
  throw notATarball(path, start.length === 0 ? 'empty' : 'neither xz, gzip nor tar');
}

/** The decoder is bound to complain about the missing rest; what it gave before that is what counts. */
async function decodeStart(
  path: string,
  start: Buffer,
  compression: Compression,
  host: Host,
): Promise<Buffer> {
  const decoder = decoderFor(compression, host);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    decoder.input.end(start);
    for await (const piece of decoder.output as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= DECODED_START) {
        decoder.kill();
        break;
      }
    }
  } catch {
    // A damaged start: whatever came before the damage may still hold the first entry.
    decoder.kill();
  }
  // Without an xz on the machine nothing is wrong with the file.
  const trouble = pieces.length === 0 ? await decoder.trouble(path, start.length) : undefined;
  if (trouble?.code === 'E_IO') throw trouble;
  return Buffer.concat(pieces);
}

/** What comes after the first entry may be cut or hostile: it is read another time. */
function firstName(decoded: Buffer): string | undefined {
  let name: string | undefined;
  const entry = (header: { name: string }) => {
    name ??= header.name;
    return 'skip' as const;
  };
  try {
    new TarReader({ entry, data: () => undefined }).push(decoded);
  } catch (error) {
    if (name === undefined && !(error instanceof NotTar)) throw error;
  }
  return name;
}
