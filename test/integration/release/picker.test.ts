import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { peekRelease } from '../../../src/release/peek.js';
import { findTarballs, pickNewest, type Place } from '../../../src/release/picker.js';
import { binary, gzipOf, least, quietHost, seeded, tarOf, xzOf } from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const host = quietHost();

describe.skipIf(!requireReal('finding release tarballs', ['xz', 'mkfifo']))('tarballs on disk', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'find-release-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function put(path: string, bytes: Buffer): Promise<string> {
    const whole = join(dir, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, bytes);
    return whole;
  }
  const release = async (build: number) => xzOf(await tarOf(least(build)), '-0');
  const places = (...paths: string[]): Place[] => paths.map((path) => ({ path: join(dir, path), depth: 3 }));
  const found = async (where: readonly Place[]) =>
    (await findTarballs(where, host)).map(({ path, build, rank }) => [relative(dir, path), build, rank]);

  describe('findTarballs', () => {
    it('newest build first, then the nearest, broken ones last with their reason', async () => {
      await put('usb/sandstorm-307.tar.xz', await release(307));
      await put('usb/kit/SandStorm-new.tgz', gzipOf(await tarOf(least(309))));
      await put('here/sandstorm-307.tar.xz', await release(307));
      await put('here/sandstorm-400.tar.xz', Buffer.from('half a download'));
      await put('here/sandstorm-401.tar.gz', Buffer.alloc(0));
      await put(
        'here/my-sandstorm-backup.tar.xz',
        xzOf(await tarOf([{ name: 'photos/', type: 'directory' }])),
      );
      expect(await found(places('here', 'usb'))).toEqual([
        ['usb/kit/SandStorm-new.tgz', 309, 1],
        ['here/sandstorm-307.tar.xz', 307, 0],
        ['usb/sandstorm-307.tar.xz', 307, 1],
        ['here/my-sandstorm-backup.tar.xz', undefined, 0],
        ['here/sandstorm-400.tar.xz', undefined, 0],
        ['here/sandstorm-401.tar.gz', undefined, 0],
      ]);
      const all = await findTarballs(places('here', 'usb'), host);
      expect(all.slice(3).map(({ problem }) => problem)).toEqual([
        expect.stringMatching(/"photos\/" comes first/),
        expect.stringMatching(/neither xz, gzip nor tar/),
        expect.stringMatching(/is empty/),
      ]);
      expect(pickNewest(all)).toMatchObject({ build: 309 });
    });

    it('with a word on whether a signature lies beside it', async () => {
      for (const build of [306, 307, 308]) await put(`usb/sandstorm-${build}.tar.xz`, await release(build));
      await put('usb/sandstorm-308.tar.xz.update-sig', Buffer.alloc(96));
      await put('usb/sandstorm-307.tar.xz.sig', Buffer.alloc(0));
      const all = await findTarballs(places('usb'), host);
      expect(all.map(({ build, hasSignature }) => [build, hasSignature])).toEqual([
        [308, true],
        [307, true],
        [306, false],
      ]);
    });

    it('only what is named like one', async () => {
      for (const name of [
        'sandstorm-1.tar.xz.sig',
        'sandstorm-1.zip',
        'other.tar.xz',
        '.cache/sandstorm-1.tar.xz',
        'sandstorm-1.tar.xz.part',
      ]) {
        await put(join('x', name), await release(1));
      }
      await mkdir(join(dir, 'x/sandstorm-2.tar.xz'));
      execFileSync('mkfifo', [join(dir, 'x/sandstorm-3.tar.xz')]);
      await symlink('/dev/zero', join(dir, 'x/sandstorm-4.tar.xz'));
      await symlink('nowhere', join(dir, 'x/sandstorm-5.tar.xz'));
      expect(await found(places('x'))).toEqual([]);
    }, 5000);

    it('the same file once, however it is reached, and no loops', async () => {
      const path = await put('x/a/sandstorm-1.tar.xz', await release(1));
      await link(path, join(dir, 'x/sandstorm-again.tar.xz'));
      await symlink(path, join(dir, 'x/sandstorm-link.tar.xz'));
      await symlink('..', join(dir, 'x/a/loop'));
      await symlink('.', join(dir, 'x/self'));
      await symlink('x', join(dir, 'y'));
      expect(await found(places('x', 'y', 'x/a'))).toEqual([['x/sandstorm-again.tar.xz', 1, 0]]);
    });

    it('a place may be a link to a folder', async () => {
      await put('real/sandstorm-1.tar.xz', await release(1));
      await symlink('real', join(dir, 'media'));
      expect(await found(places('media'))).toEqual([['media/sandstorm-1.tar.xz', 1, 0]]);
    });

    it('as deep as told, and deeper where another place goes deeper', async () => {
      await put('sandstorm-0.tar.xz', await release(1));
      await put('a/b/c/sandstorm-3.tar.xz', await release(3));
      await put('a/b/c/d/sandstorm-4.tar.xz', await release(4));
      const at = (path: string, depth: number) => ({ path: join(dir, path), depth });
      expect(await found([at('', 0)])).toEqual([['sandstorm-0.tar.xz', 1, 0]]);
      expect((await found([at('', 3)])).map(([, build]) => build)).toEqual([3, 1]);
      expect((await found([at('', 1), at('a', 3)])).map(([, build]) => build)).toEqual([4, 3, 1]);
    });

    it('places that are not there, are files, or may not be read are passed over', async () => {
      await put('x/sandstorm-1.tar.xz', await release(1));
      await put('file', Buffer.from('x'));
      const files = {
        ...host.files,
        lstat: (path: string) =>
          path.includes('locked') ? Promise.reject(new Error('EACCES')) : host.files.lstat(path),
      };
      await mkdir(join(dir, 'x/locked'));
      const all = await findTarballs(places('nope', 'file', 'x'), { ...host, files });
      expect(all.map(({ build }) => build)).toEqual([1]);
    });

    it('a folder with very many is cut short', async () => {
      const one = await release(1);
      for (let at = 0; at < 130; at += 1) await put(`x/sandstorm-${at}.tar.xz`, one);
      expect(await findTarballs(places('x'), host)).toHaveLength(100);
    }, 30_000);
  });

  it('pickNewest refuses when there is none, and says what was wrong with what there was', async () => {
    await put('x/sandstorm-9.tar.xz', Buffer.from('junk'));
    const all = await findTarballs(places('x'), host);
    expect(() => pickNewest(all, ['/media'])).toThrow(/no release tarball in \/media; .*neither xz/);
    expect(() => pickNewest([], ['/media', '/mnt'])).toThrow('no release tarball in /media, /mnt');
  });
});

describe.skipIf(!requireReal('peeking into release tarballs', ['xz']))('peekRelease', () => {
  let dir: string;
  let big: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'peek-release-'));
    big = join(dir, 'sandstorm-308.tar.xz');
    const random = seeded(3);
    const noise = Buffer.from(Array.from({ length: 3_000_000 }, () => random() * 256));
    await writeFile(big, xzOf(await tarOf([...least(), { name: 'sandstorm-308/noise', data: noise }]), '-0'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('tells build, size, age and packing', async () => {
    await utimes(big, 1e9, 1e9);
    const { size, ...peek } = await peekRelease(big, host);
    expect(size).toBeGreaterThan(3_000_000);
    expect(peek).toEqual({
      path: big,
      mtime: new Date(1e12),
      compression: 'xz',
      build: 308,
      problem: undefined,
    });
  });

  it('reads the first bytes and no more', async () => {
    const whole = await host.files.readStart(big, 64 * 1024);
    const start = join(dir, 'start.tar.xz');
    await writeFile(start, whole);
    expect((await peekRelease(start, host)).build).toBe(308);
    const asked: number[] = [];
    const files = {
      ...host.files,
      openRead: () => Promise.reject(new Error('the whole file was opened')),
      readStart: (path: string, length: number) => {
        asked.push(length);
        return host.files.readStart(path, length);
      },
    };
    expect((await peekRelease(big, { ...host, files })).build).toBe(308);
    expect(asked).toEqual([64 * 1024]);
  });

  it.each([
    ['gzip', gzipOf],
    ['tar', (bytes: Buffer) => bytes],
  ])('%s', async (compression, packed) => {
    const path = join(dir, compression);
    // More than a look takes in, so that the decoder is stopped in the middle.
    const filler = { name: 'sandstorm-5/x', data: Buffer.alloc(500_000, 'x') };
    await writeFile(path, packed(await tarOf([...least(5), filler])));
    expect(await peekRelease(path, host)).toMatchObject({ build: 5, compression, problem: undefined });
  });

  it.each<[string, () => Promise<Buffer>, RegExp]>([
    ['xz magic alone', () => Promise.resolve(Buffer.from('fd377a585a00', 'hex')), /not even its first entry/],
    ['gzip magic alone', () => Promise.resolve(Buffer.from('1f8b', 'hex')), /not even its first entry/],
    ['xz of nothing', () => Promise.resolve(xzOf(Buffer.alloc(0))), /not even its first entry/],
    ['xz of text', () => Promise.resolve(xzOf(Buffer.from('hi'.repeat(9999)))), /not even its first entry/],
    ['xz of zeros', () => Promise.resolve(xzOf(Buffer.alloc(50_000_000), '-0')), /not even its first entry/],
    ['a file first', async () => xzOf(await tarOf([binary()])), /comes first/],
    ['./ names', async () => xzOf(await tarOf([{ name: './', type: 'directory' }])), /comes first/],
  ])('%s', async (_, bytes, problem) => {
    const path = join(dir, 'odd');
    await writeFile(path, await bytes());
    const peek = await peekRelease(path, host);
    expect(peek.build).toBeUndefined();
    expect(peek.problem).toMatch(problem);
  });

  it('a file that is not there is an error', async () => {
    await expect(peekRelease(join(dir, 'nope'), host)).rejects.toMatchObject({ code: 'E_TARBALL_MISSING' });
    await expect(peekRelease(dir, host)).rejects.toMatchObject({ code: 'E_TARBALL_FORMAT' });
  });
});
