import { execFileSync } from 'node:child_process';
import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRelease } from '../../../src/release/read.js';
import { repackToXz } from '../../../src/release/repack.js';
import { stageRelease } from '../../../src/release/stage.js';
import { binary, gzipOf, least, quietHost, spawned, tarOf, top, xzOf } from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const host = quietHost();

describe.skipIf(!requireReal('staging releases', ['xz', 'tar']))('stageRelease', () => {
  let dir: string;
  let staging: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stage-release-'));
    staging = join(dir, 'state', 'staging');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function original(bytes: Buffer, name = 'sandstorm-308.tar.xz'): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, bytes);
    return path;
  }
  const tar = () => tarOf([...least(), { name: 'sandstorm-308/data', data: Buffer.alloc(2_000_000, 'abc') }]);
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'fine',
      (error: unknown) => (error as { code?: string }).code,
    );

  it('hands over a private copy of the very bytes that were judged', async () => {
    const bytes = xzOf(await tar());
    const path = await original(bytes, 'whatever.tar.xz');
    const staged = await stageRelease(path, staging, host);

    expect(await readFile(staged.path)).toEqual(bytes);
    expect(basename(staged.path)).toBe('sandstorm-308.tar.xz');
    expect(staged.facts).toMatchObject({ build: 308, compression: 'xz', packedBytes: bytes.length });
    expect(staged.facts).toEqual(await readRelease(staged.path, host));
    expect(staged.original).toMatchObject({ path, compression: 'xz', sha256: staged.facts.sha256 });
    expect((await lstat(staged.path)).mode & 0o777).toBe(0o600);
    for (const folder of [dirname(staged.path), staging]) {
      const { mode, uid } = await lstat(folder);
      expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
    }

    await staged.discard();
    expect(await readdir(staging)).toEqual([]);
    expect(await readFile(path)).toEqual(bytes);
  });

  it('two of them do not meet', async () => {
    const path = await original(xzOf(await tar()));
    const [one, two] = await Promise.all([
      stageRelease(path, staging, host),
      stageRelease(path, staging, host),
    ]);
    await one.discard();
    expect(await readRelease(two.path, host)).toEqual(two.facts);
  });

  it('does not mind another stick in the middle of it', async () => {
    const good = xzOf(await tar());
    const path = await original(good);
    const staged = await stageRelease(path, staging, host, {
      onProgress: () => void execFileSync('sh', ['-c', `rm -f '${path}'; echo evil > '${path}'`]),
    });
    expect(await readFile(staged.path)).toEqual(good);
  });

  it('never reads the original twice', async () => {
    const path = await original(xzOf(await tar()));
    const opened: string[] = [];
    const files = {
      ...host.files,
      // As where the filesystem cannot, so that the bytes themselves must travel.
      reflink: () => Promise.resolve(false),
      openRead: (file: string) => {
        opened.push(file);
        return host.files.openRead(file);
      },
    };
    await stageRelease(path, staging, { ...host, files });
    expect(opened).toEqual([path]);
  });

  it('judges the shared copy, not the original, where the filesystem can share', async () => {
    const path = await original(xzOf(await tar()));
    const judged: string[] = [];
    const files = {
      ...host.files,
      reflink: async (from: string, to: string) => {
        await copyFile(from, to);
        await writeFile(from, 'evil');
        return true;
      },
      openRead: (file: string) => {
        judged.push(basename(file));
        return host.files.openRead(file);
      },
    };
    const staged = await stageRelease(path, staging, { ...host, files });
    expect(judged).toEqual(['incoming']);
    expect(staged.facts.build).toBe(308);
  });

  it.each([
    ['gzip', gzipOf, 'sandstorm-308.tar.gz'],
    ['tar', (bytes: Buffer) => bytes, 'sandstorm-308.tar'],
  ])('packs %s again as xz, the same tar inside', async (compression, packed, name) => {
    const inner = await tar();
    const path = await original(packed(inner), name);
    let rereads = 0;
    const staged = await stageRelease(path, staging, host, { onReread: () => (rereads += 1) });
    expect(staged.facts).toMatchObject({ build: 308, compression: 'xz' });
    expect(staged.original).toMatchObject({ path, compression });
    expect(staged.original.sha256).not.toBe(staged.facts.sha256);
    expect(spawned('xz', ['-dc', staged.path]).equals(inner)).toBe(true);
    expect(spawned('tar', ['Jtf', staged.path]).toString()).toMatch(/^sandstorm-308\/\n/);
    expect(rereads).toBe(1);
  });

  it.each<[string, () => Promise<Buffer>, string, string]>([
    ['cut', async () => xzOf(await tar()).subarray(0, 300), 'sandstorm-308.tar.xz', 'E_TARBALL_CORRUPT'],
    ['cut gzip', async () => gzipOf(await tar()).subarray(0, -9), 'a.tgz', 'E_TARBALL_CORRUPT'],
    [
      'gzip with more behind',
      async () => Buffer.concat([gzipOf(await tar()), Buffer.from('x')]),
      'a.tgz',
      'E_TARBALL_CORRUPT',
    ],
    ['hostile', async () => xzOf(await tarOf([...least(), top(1)])), 'a.tar.xz', 'E_TARBALL_CONTENTS'],
    ['hostile gzip', async () => gzipOf(await tarOf([...least(), top(1)])), 'a.tgz', 'E_TARBALL_CONTENTS'],
    [
      'another gzip',
      async () => gzipOf(await tarOf([{ name: 'photos/', type: 'directory' }])),
      'a.tgz',
      'E_TARBALL_CONTENTS',
    ],
    ['lying', async () => xzOf(await tarOf(least(307))), 'sandstorm-308.tar.xz', 'E_TARBALL_NAME'],
    ['lying gzip', async () => gzipOf(await tarOf(least(307))), 'sandstorm-308.tgz', 'E_TARBALL_NAME'],
    ['no tarball', () => Promise.resolve(Buffer.from('hello')), 'a.tar.xz', 'E_TARBALL_FORMAT'],
    [
      'no program',
      async () => xzOf(await tarOf([top(), { ...binary(), mode: 0o644 }])),
      'a.tar.xz',
      'E_TARBALL_CONTENTS',
    ],
  ])('leaves nothing behind of a %s one', async (_, bytes, name, expected) => {
    const path = await original(await bytes(), name);
    expect(await code(stageRelease(path, staging, host))).toBe(expected);
    expect(await readdir(staging).catch(() => [])).toEqual([]);
  });

  it('leaves nothing behind when the disk is full', async () => {
    const path = await original(xzOf(await tar()));
    const gz = await original(gzipOf(await tar()), 'a.tgz');
    const files = {
      ...host.files,
      openWrite: async (file: string) => ({
        ...(await host.files.openWrite(file)),
        write: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
      }),
      reflink: () => Promise.resolve(false),
    };
    for (const from of [path, gz]) {
      await expect(stageRelease(from, staging, { ...host, files })).rejects.toThrow(/ENOSPC/);
      expect(await readdir(staging)).toEqual([]);
    }
  });

  it('keeps to the limits while packing again', async () => {
    const path = await original(gzipOf(await tar()), 'a.tgz');
    const limits = { unpackedBytes: 100_000, entries: 10 };
    expect(await code(repackToXz(path, join(dir, 'out'), host, { limits }))).toBe('E_TARBALL_TOO_BIG');
    expect(await readdir(dir)).not.toContain('out');
  });

  it('never writes over a file', async () => {
    const path = await original(gzipOf(await tar()), 'a.tgz');
    await writeFile(join(dir, 'out'), 'precious');
    expect(await code(repackToXz(path, join(dir, 'out'), host))).toBe('E_IO');
    expect(await readFile(join(dir, 'out'), 'utf8')).toBe('precious');
  });

  it('does not stage where others may put things', async () => {
    const path = await original(xzOf(await tar()));
    await mkdir(staging, { recursive: true });
    await chmod(staging, 0o777);
    await expect(stageRelease(path, staging, host)).rejects.toThrow(/others could change/);
    // Like /tmp: others may add, but not touch what is ours.
    await chmod(staging, 0o1777);
    expect(await code(stageRelease(path, staging, host))).toBe('fine');
  });
});
