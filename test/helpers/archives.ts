import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { realHost } from '../../src/system/real-host.js';
import type { Host } from '../../src/system/host.js';

/** The machine as it is, without a transcript. */
export function quietHost(): Host {
  const uninterrupted = {
    signal: new AbortController().signal,
    unbroken: <T>(work: () => Promise<T>) => work(),
  };
  return realHost(
    Object.assign(() => undefined, { hide: () => undefined }),
    uninterrupted,
  );
}

export type TestEntry = Pick<Header, 'name'> & Partial<Header> & { readonly data?: string | Buffer };

export const top = (build = 308): TestEntry => ({ name: `sandstorm-${build}/`, type: 'directory' });
export const binary = (build = 308): TestEntry => ({
  name: `sandstorm-${build}/sandstorm`,
  mode: 0o755,
  data: '#!/bin/sh\n',
});

/** The least a release has. */
export const least = (build = 308): TestEntry[] => [top(build), binary(build)];

/** A tar with just these entries, hostile ones included. */
export async function tarOf(entries: readonly TestEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { data = '', ...header } of entries) {
    archive.entry({ mode: header.type === 'directory' ? 0o755 : 0o644, ...header }, data);
  }
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export function xzOf(bytes: Buffer, ...options: string[]): Buffer {
  return spawned('xz', ['-c', ...options], bytes);
}

export const gzipOf = (bytes: Buffer): Buffer => gzipSync(bytes);

/** Output of a program that must succeed. */
export function spawned(program: string, args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    maxBuffer: 1e9,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.toString()}`);
  }
  return stdout;
}

/** A tar header block of any kind, checksum right, for what the library would not write. */
export function rawHeader(fields: {
  name: string;
  flag: string;
  size?: number | string;
  linkname?: string;
  mode?: number;
}): Buffer {
  const block = Buffer.alloc(512);
  const { size = 0 } = fields;
  block.write(fields.name, 0, 100);
  block.write((fields.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
  block.write('0000000\0' + '0000000\0', 108, 'latin1');
  block.write(typeof size === 'string' ? size : size.toString(8).padStart(11, '0'), 124, 12, 'latin1');
  block.write('00000000000', 136);
  block.write(fields.flag, 156, 1, 'latin1');
  block.write(fields.linkname ?? '', 157, 100);
  block.write('ustar\0' + '00', 257, 'latin1');
  let sum = 8 * 32;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

/** Data of an entry, filled up to whole blocks. */
export function filled(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data as string);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export const END_OF_TAR = Buffer.alloc(1024);

/** Repeatable numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
