import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SigningKey } from '../../src/rehearsal/signing-key.js';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));

/** How a stand-in release behaves; see README.md beside this file. Values end up as `key=value` lines. */
export interface Behaviour {
  readonly start_delay_ms?: number;
  readonly dies?: 'never' | 'at-start' | 'after-ready';
  readonly dies_after_ms?: number;
  readonly never_answers?: 'yes' | 'no';
  readonly wrong_selftest?: 'yes' | 'no';
  readonly base_status?: number;
  readonly mongo_fails?: 'yes' | 'no';
  readonly needs_mongo7?: 'yes' | 'no';
  readonly migrate_fails?: 'yes' | 'no';
  readonly migrate_pause_ms?: number;
  readonly slow_stop_ms?: number;
  readonly unpack_pause_ms?: number;
}

/** Ways in which a tarball can be wrong while still being a file of that name. */
export type Fault =
  | 'wrong-top'
  | 'two-tops'
  | 'dot-slash-names'
  | 'no-binary'
  /** The start is intact, the end is missing: the cheap look at the first entry is content. */
  | 'truncated'
  | 'bit-flipped'
  | 'garbage';

export interface ReleaseWish {
  readonly build: number;
  /** Folder the tarball is written to. */
  readonly dir: string;
  /** Default `sandstorm-<build>.tar.xz` (`.tar.gz` with gzip). */
  readonly name?: string;
  readonly compression?: 'xz' | 'gzip';
  readonly behaviour?: Behaviour;
  /** Incompressible bytes added as one file, to give the tarball a size. */
  readonly fillerBytes?: number;
  /** More files: path in the release folder -> content. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Adds `bin/mongod7` and its tools, by which a release shows that it needs the migration. */
  readonly mongo7?: boolean;
  readonly fault?: Fault;
  /** Signs it, before any fault gets into it, with a `.update-sig` beside it. */
  readonly sign?: SigningKey;
}

/** Makes a tarball with real tar and xz, top folder first as in real ones; resolves to its path. */
export async function makeRelease(wish: ReleaseWish): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'stand-in-release-'));
  try {
    const top = `${wish.fault === 'wrong-top' ? 'sandstrom' : 'sandstorm'}-${String(wish.build)}`;
    await fillFolder(join(work, top), wish);
    const names = [wish.fault === 'dot-slash-names' ? `./${top}` : top];
    if (wish.fault === 'two-tops') {
      await mkdir(join(work, 'extra'));
      await writeFile(join(work, 'extra', 'file'), 'extra\n');
      names.push('extra');
    }

    const compression = wish.compression ?? 'xz';
    const tarball = join(
      wish.dir,
      wish.name ?? `sandstorm-${String(wish.build)}.tar.${compression === 'xz' ? 'xz' : 'gz'}`,
    );
    // xz -1: these are made many times and read once.
    const filter = compression === 'xz' ? 'xz -1 -T1' : 'gzip -1';
    const draft = join(work, 'tarball');
    await run('tar', [
      '-C',
      work,
      '-I',
      filter,
      '--sort=name',
      '--owner=root:0',
      '--group=root:0',
      '-cf',
      draft,
      ...names,
    ]);
    if (wish.sign !== undefined)
      await writeFile(`${tarball}.update-sig`, wish.sign.sign(await readFile(draft)));
    await spoil(draft, wish.fault);
    await cp(draft, `${tarball}.part`);
    await rename(`${tarball}.part`, tarball);
    return tarball;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fillFolder(folder: string, wish: ReleaseWish): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await mkdir(join(folder, 'usr/share/empty'), { recursive: true });
  await writeFile(join(folder, 'buildstamp'), `builder@example ${String(wish.build)}\n`);
  await writeFile(join(folder, 'behaviour'), behaviourText(wish.behaviour ?? {}));
  await symlink('../sandstorm', join(folder, 'bin/spk'));
  await writeFile(join(folder, 'bin/mongod'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await cp(join(here, 'lib'), join(folder, 'lib'), { recursive: true });
  if (wish.fault !== 'no-binary') {
    await cp(join(here, 'sandstorm'), join(folder, 'sandstorm'));
    await chmod(join(folder, 'sandstorm'), 0o755);
  }
  if (wish.mongo7 === true) {
    for (const name of ['mongod7', 'mongodump', 'mongorestore7']) {
      await writeFile(join(folder, 'bin', name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    }
  }
  for (const [path, content] of Object.entries(wish.entries ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  if (wish.fillerBytes !== undefined) await writeNoise(join(folder, 'usr/filler'), wish.fillerBytes);
}

function behaviourText(behaviour: Behaviour): string {
  return Object.entries(behaviour)
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join('');
}

/** Bytes that do not compress and are the same each time. */
async function writeNoise(path: string, bytes: number): Promise<void> {
  const block = Buffer.alloc(1 << 20);
  let state = 0x2545f491;
  const file = await open(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= block.length) {
      for (let at = 0; at < block.length; at += 4) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        block.writeInt32LE(state, at);
      }
      await file.write(block, 0, Math.min(left, block.length));
    }
  } finally {
    await file.close();
  }
}

async function spoil(tarball: string, fault: Fault | undefined): Promise<void> {
  if (fault !== 'truncated' && fault !== 'bit-flipped' && fault !== 'garbage') return;
  const file = await open(tarball, 'r+');
  try {
    const { size } = await file.stat();
    if (fault === 'garbage') {
      await file.write(Buffer.alloc(size, 'not a tarball\n'), 0, size, 0);
    } else if (fault === 'truncated') {
      await file.truncate(Math.floor(size * 0.7));
    } else {
      const at = Math.floor(size * 0.7);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      byte.writeUInt8(byte.readUInt8(0) ^ 0x10);
      await file.write(byte, 0, 1, at);
    }
  } finally {
    await file.close();
  }
}

/** Where the shipped parts of the stand-ins lie. */
export const standInInstaller = join(here, 'install.sh');
