import { pipeline } from 'node:stream/promises';
import { Refusal } from '../errors.js';
import type { FileSink, Filter, Host } from '../system/host.js';
import { decoderFor, xzFailed } from './decoder.js';
import type { Compression } from './format.js';
import { DEFAULT_LIMITS, requireDecodedWithin, type Limits } from './limits.js';
import { openTarball, type PackedBytes } from './packed.js';
import type { ReadOptions } from './read.js';

/** The packed file that went in. */
export interface RepackedFrom {
  readonly compression: Compression;
  readonly sha256: string;
  readonly packedBytes: number;
}

/**
 * The copy is unpacked once and thrown away, so time counts and size does not: -0 takes a third of the
 * time of -1 for 10% more bytes. Threads cost memory; with the limit xz takes fewer of them.
 */
const XZ_ARGUMENTS = ['--compress', '--stdout', '-0', '--threads=0', '--memlimit-compress=128MiB'];

/**
 * Writes the tar inside a gzip or plain tarball to `to` (new, mode 0600, fsynced) as xz, which is all
 * that install.sh and `sandstorm update` unpack. The tar itself is not judged here, only its size:
 * read the result with readRelease. On failure nothing is left at `to`.
 * @throws Refusal E_TARBALL_MISSING, E_TARBALL_FORMAT, E_TARBALL_CORRUPT, E_TARBALL_TOO_BIG, E_IO
 */
export async function repackToXz(
  from: string,
  to: string,
  host: Host,
  options: ReadOptions = {},
): Promise<RepackedFrom> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const sink = await host.files.openWrite(to);
  try {
    const packed = await openTarball(from, host, limits, options);
    await repack(packed, sink, from, limits, host);
    await sink.finish();
    return { compression: packed.compression, sha256: packed.sha256(), packedBytes: packed.count() };
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

async function repack(
  packed: PackedBytes,
  sink: FileSink,
  from: string,
  limits: Limits,
  host: Host,
): Promise<void> {
  const decoder = decoderFor(packed.compression, host);
  const xz = host.commands.filter('xz', XZ_ARGUMENTS);
  xz.stdin.on('error', () => undefined);

  const feeding = pipeline(packed.chunks, decoder.input).catch(() => undefined);
  const packing = failureOf(pipeline(within(limits, decoder.output), xz.stdin));
  const unwritten = await failureOf(writeAll(xz, sink));
  if (unwritten !== undefined) xz.kill();
  const unpacked = await packing;
  // Whoever stopped reading leaves a decoder that waits to be read, and a feeder that waits for it.
  if (unpacked !== undefined || unwritten !== undefined) decoder.kill();
  await feeding;
  const trouble = await decoder.trouble(from, packed.count());
  const ended = await xz.done;

  const failure = packed.failure() ?? unwritten;
  if (failure !== undefined) throw failure;
  if (unpacked instanceof Refusal) throw unpacked;
  // A packer that dies cuts the unpacking short: its word comes first.
  if (ended.exitCode !== 0) throw xzFailed(ended.stderr);
  const refused = trouble ?? unpacked;
  if (refused !== undefined) throw refused;
}

async function* within(limits: Limits, decoded: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of decoded as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    requireDecodedWithin(bytes, limits);
    yield chunk;
  }
}

async function writeAll(xz: Filter, sink: FileSink): Promise<void> {
  for await (const chunk of xz.stdout as AsyncIterable<Buffer>) await sink.write(chunk);
}

function failureOf(work: Promise<void>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}
