import { PassThrough } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import type { Compression } from './format.js';
import { tarballCorrupt, tarballTooBig } from './refusals.js';

/** Turns a tarball's bytes into a tar's. */
export interface Decoder {
  readonly input: NodeJS.WritableStream;
  /** Iterating over it may throw: `trouble` then says why. */
  readonly output: NodeJS.ReadableStream;
  /**
   * Once the output has ended or failed: the refusal there is to make; undefined when the packed bytes
   * were whole to the last one. Means nothing after `kill`.
   * @param path for the message
   * @param packedBytes how many went in
   */
  trouble(path: string, packedBytes: number): Promise<Refusal | undefined>;
  /** At once and for good. Harmless when it has ended. */
  kill(): void;
}

/** `xz -9` needs 65 MiB to unpack; a file that asks for more was made to exhaust the memory. */
const XZ_MEMORY = '100MiB';

export function decoderFor(compression: Compression, host: Host): Decoder {
  switch (compression) {
    case 'xz':
      return xz(host);
    case 'gzip':
      return gzip();
    case 'tar':
      return plain();
  }
}

/**
 * The system's xz, as tar would call it. Like tar and `xz -t` it takes several streams one after the
 * other, with zeros between them, for one: that is what `cat a.xz b.xz` and some parallel packers make,
 * and the judge of the tar sees all of it. Any other byte behind the last stream is an error to xz.
 */
function xz(host: Host): Decoder {
  const filter = host.commands.filter('xz', [
    '--decompress',
    '--stdout',
    '--threads=1',
    `--memlimit-decompress=${XZ_MEMORY}`,
  ]);
  filter.stdin.on('error', () => undefined);
  filter.stdout.on('error', () => undefined);
  return {
    input: filter.stdin,
    output: filter.stdout,
    async trouble(path) {
      const { exitCode, stderr } = await filter.done;
      if (exitCode === 0) return undefined;
      // Ended from outside, for want of memory perhaps: says nothing about the file.
      if (exitCode === -1) return xzFailed(stderr);
      if (stderr.includes('Memory usage limit')) {
        return tarballTooBig(`needs more than ${XZ_MEMORY} of memory to unpack`);
      }
      const said =
        stderr
          .trim()
          .split('\n')[0]
          ?.replace(/^xz: (?:\(stdin\): )?/, '') ?? '';
      return tarballCorrupt(path, `xz says "${said}"`);
    },
    kill: () => filter.kill(),
  };
}

function gzip(): Decoder {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  let failure: Error | undefined;
  gunzip.on('error', (error) => {
    failure = error;
  });
  return {
    input: gunzip,
    output: gunzip,
    trouble(path, packedBytes) {
      // zlib is silent about bytes behind the end; they are not what was packed.
      const behind = gunzip.bytesWritten === packedBytes ? undefined : 'trailing garbage behind the end';
      const said = failure?.message ?? behind;
      return Promise.resolve(said === undefined ? undefined : tarballCorrupt(path, `gzip says "${said}"`));
    },
    kill: () => gunzip.destroy(),
  };
}

function plain(): Decoder {
  const through = new PassThrough();
  through.on('error', () => undefined);
  return {
    input: through,
    output: through,
    trouble: () => Promise.resolve(undefined),
    kill: () => through.destroy(),
  };
}

/** @param stderr of an xz that did not end by itself, or never began */
export function xzFailed(stderr: string): Refusal {
  if (!stderr.includes('ENOENT'))
    return new Refusal('E_IO', `xz did not get to its end: ${stderr.trim() || 'killed'}`);
  return new Refusal('E_IO', 'there is no program xz on this machine', { hint: 'apt install xz-utils' });
}
