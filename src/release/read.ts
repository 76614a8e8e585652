import { pipeline } from 'node:stream/promises';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { ContentsJudge, type ContentsFacts } from './contents.js';
import { decoderFor, type Decoder } from './decoder.js';
import { buildInFileName, type Compression } from './format.js';
import { DEFAULT_LIMITS, requireDecodedWithin, type Limits } from './limits.js';
import { ManifestCollector, type ReleaseManifest } from './manifest.js';
import { openTarball, type Watching } from './packed.js';
import { nameLies, tarballCorrupt } from './refusals.js';
import { NotTar } from './tar-header.js';
import { TarReader } from './tar-reader.js';

/** What is known of a tarball that has been read whole. */
export interface ReleaseFacts extends ContentsFacts {
  readonly compression: Compression;
  /** Of the tarball as it lies there, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly packedBytes: number;
}

export interface ReadOptions extends Watching {
  readonly limits?: Partial<Limits>;
  /** The file may be named like another build than it holds. */
  readonly anyName?: boolean;
  /** The path people know it by, when what is read is a copy: for messages and the look at its name. */
  readonly called?: string;
  /** Called once, when the whole has been read and found good. Costs memory and a hash of every file. */
  readonly onManifest?: (manifest: ReleaseManifest) => void;
}

/**
 * Reads a release tarball from its first byte to its last, once: hashed, decoded, and every entry
 * judged, without unpacking anything. Memory does not grow with its size.
 * @throws Refusal E_TARBALL_MISSING, E_TARBALL_FORMAT, E_TARBALL_CORRUPT, E_TARBALL_CONTENTS,
 *   E_TARBALL_TOO_BIG, E_TARBALL_NAME, E_IO
 */
export async function readRelease(
  path: string,
  host: Host,
  options: ReadOptions = {},
): Promise<ReleaseFacts> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const called = options.called ?? path;
  const packed = await openTarball(path, host, limits, options);
  const collector = options.onManifest === undefined ? undefined : new ManifestCollector();
  const judge = new ContentsJudge(limits, collector);
  const decoder = decoderFor(packed.compression, host);
  const reader = new TarReader(judge);

  // Fails when the decoder stops listening, which is the decoder's to explain, or as packed.failure says.
  const feeding = pipeline(packed.chunks, decoder.input).catch(() => undefined);
  try {
    const stopped = await pour(decoder, (chunk) => reader.push(chunk), limits);
    // Whoever stopped reading leaves a decoder that waits to be read, and a feeder that waits for it.
    if (stopped !== undefined) decoder.kill();
    await feeding;
    const trouble = await decoder.trouble(called, packed.count());

    const failure = packed.failure();
    if (failure !== undefined) throw failure;
    if (stopped instanceof Refusal) throw stopped;
    if (stopped instanceof NotTar) throw tarballCorrupt(called, stopped.message, stopped);
    const refused = trouble ?? stopped;
    if (refused !== undefined) throw refused;
    reader.end();
  } catch (error) {
    throw error instanceof NotTar ? tarballCorrupt(called, error.message, error) : error;
  }

  const facts = judge.facts();
  if (options.anyName !== true) requireHonestName(called, facts.build);
  if (collector !== undefined) options.onManifest?.(collector.manifest());
  return {
    ...facts,
    compression: packed.compression,
    sha256: packed.sha256(),
    packedBytes: packed.count(),
  };
}

/** @throws Refusal E_TARBALL_NAME */
function requireHonestName(path: string, build: number): void {
  const claimed = buildInFileName(path);
  if (claimed !== undefined && claimed !== build) throw nameLies(path, claimed, build);
}

/** Decoded bytes to the reader until they end; what ended them early, if anything did. */
async function pour(
  decoder: Decoder,
  read: (chunk: Buffer) => void,
  limits: Limits,
): Promise<Error | undefined> {
  let decoded = 0;
  try {
    for await (const chunk of decoder.output as AsyncIterable<Buffer>) {
      decoded += chunk.length;
      requireDecodedWithin(decoded, limits);
      read(chunk);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
