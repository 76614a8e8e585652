import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peekRelease } from '../../../src/release/peek.js';
import { readRelease, type ReadOptions } from '../../../src/release/read.js';
import { repackToXz } from '../../../src/release/repack.js';
import { systemCommands } from '../../../src/system/commands.js';
import {
  END_OF_TAR,
  filled,
  gzipOf,
  least,
  quietHost,
  rawHeader,
  seeded,
  spawned,
  tarOf,
  top,
  xzOf,
  type TestEntry,
} from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const FIXTURE = fileURLToPath(new URL('../../fixtures/release/sandstorm-9.tar.xz', import.meta.url));
/** Two of these do not fit into a plain header. */
const LONG = 'deep'.repeat(20);
const host = quietHost();

describe.skipIf(!requireReal('reading release tarballs', ['xz', 'tar', 'mkfifo']))('readRelease', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'read-release-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function written(bytes: Buffer, name = 'release.tar.xz'): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, bytes);
    return path;
  }
  const reading = (path: string, options?: ReadOptions) => readRelease(path, host, options);
  const code = (path: string, options?: ReadOptions): Promise<string> =>
    reading(path, options).then(
      (facts) => `read build ${facts.build}`,
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
  const codeOf = async (bytes: Buffer, options?: ReadOptions) => code(await written(bytes), options);

  /** Big enough that xz and tar are in the middle of it when something happens. */
  async function bigTar(): Promise<Buffer> {
    const random = seeded(7);
    const noise = Buffer.from(Array.from({ length: 150_000 }, () => random() * 256));
    return tarOf([...least(), { name: 'sandstorm-308/noise', data: noise }]);
  }

  describe('good ones', () => {
    it('a genuine little one', async () => {
      expect(await reading(FIXTURE)).toEqual({
        build: 9,
        entries: 3,
        unpackedBytes: 24,
        hasMongod7: false,
        buildstamp: '[9]',
        compression: 'xz',
        packedBytes: 244,
        sha256: createHash('sha256')
          .update(await readFile(FIXTURE))
          .digest('hex'),
      });
    });

    it('made by tar and xz as upstream does', async () => {
      const bundle = join(dir, 'bundle');
      await mkdir(join(bundle, 'bin'), { recursive: true });
      await mkdir(join(bundle, 'node_modules', LONG, LONG), { recursive: true });
      await writeFile(join(bundle, 'node_modules', LONG, LONG, 'ünï.js'), 'x');
      await writeFile(join(bundle, 'sandstorm'), '#!/bin/sh\n', { mode: 0o755 });
      await writeFile(join(bundle, 'buildstamp'), 'me@here\n');
      await writeFile(join(bundle, 'bin', 'mongod7'), 'm'.repeat(1000), { mode: 0o755 });
      await symlink('../sandstorm', join(bundle, 'bin', 'spk'));
      await symlink('/lib/x86_64-linux-gnu/libc.so.6', join(bundle, 'libc.so'));
      for (const format of ['gnu', 'pax']) {
        const args = ['c', `--format=${format}`, '--transform=s,^bundle,sandstorm-308,', '-C', dir, 'bundle'];
        const facts = await reading(await written(xzOf(spawned('tar', args), '-9e')));
        expect(facts).toMatchObject({ build: 308, entries: 11, hasMongod7: true, buildstamp: 'me@here' });
        expect(facts.unpackedBytes).toBe(10 + 8 + 1000 + 1);
      }
    });

    it.each([
      ['gzip', gzipOf],
      ['tar', (bytes: Buffer) => bytes],
      ['xz', (bytes: Buffer) => xzOf(bytes, '--block-size=16KiB')],
    ])('%s', async (compression, packed) => {
      const path = await written(packed(await bigTar()), 'release');
      expect(await reading(path)).toMatchObject({ build: 308, compression, unpackedBytes: 150_010 });
    });

    it('through a symbolic link', async () => {
      const link = join(dir, 'link.tar.xz');
      await symlink(FIXTURE, link);
      expect(await code(link)).toBe('read build 9');
    });

    it('tells progress and shows every byte to the tap', async () => {
      const bytes = xzOf(await bigTar());
      const steps: [number, number][] = [];
      const tapped: Buffer[] = [];
      await reading(await written(bytes), {
        onProgress: (done, total) => void steps.push([done, total]),
        tap: (chunk) => void tapped.push(chunk),
      });
      expect(steps.at(-1)).toEqual([bytes.length, bytes.length]);
      expect(Buffer.concat(tapped).equals(bytes)).toBe(true);
    });

    // As xz -t and tar J do: several streams and zeros between them are one file.
    it('in two xz streams with padding', async () => {
      const tar = await bigTar();
      const parts = [xzOf(tar.subarray(0, 100_000)), Buffer.alloc(8), xzOf(tar.subarray(100_000))];
      expect(await codeOf(Buffer.concat(parts))).toBe('read build 308');
    });
  });

  describe('no tarballs at all', () => {
    it.each<[string, () => Promise<string>, string]>([
      ['nothing there', () => Promise.resolve(join(dir, 'nope')), 'E_TARBALL_MISSING'],
      ['a folder', () => Promise.resolve(dir), 'E_TARBALL_FORMAT'],
      ['an empty file', () => written(Buffer.alloc(0)), 'E_TARBALL_FORMAT'],
      ['one byte', () => written(Buffer.from('x')), 'E_TARBALL_FORMAT'],
      ['text', () => written(Buffer.from('<html>404'.repeat(1000))), 'E_TARBALL_FORMAT'],
      ['endless zeros', () => Promise.resolve('/dev/zero'), 'E_TARBALL_FORMAT'],
      ['only the magic of xz', () => written(Buffer.from('fd377a585a00', 'hex')), 'E_TARBALL_CORRUPT'],
      ['only the magic of gzip', () => written(Buffer.from('1f8b', 'hex')), 'E_TARBALL_CORRUPT'],
      ['xz of nothing', () => written(xzOf(Buffer.alloc(0))), 'E_TARBALL_CORRUPT'],
      ['xz of text', () => written(xzOf(Buffer.from('hello'.repeat(1000)))), 'E_TARBALL_CORRUPT'],
      ['xz of an empty tar', () => written(xzOf(Buffer.alloc(10_240))), 'E_TARBALL_CONTENTS'],
    ])('%s', async (_, path, expected) => {
      expect(await code(await path())).toBe(expected);
    });

    it('a pipe nobody writes to does not hold us up', async () => {
      const pipe = join(dir, 'pipe.tar.xz');
      execFileSync('mkfifo', [pipe]);
      expect(await code(pipe)).toBe('E_TARBALL_FORMAT');
      // Even when it takes the place of a file between the look and the opening.
      await expect(host.files.openRead(pipe)).rejects.toMatchObject({ code: 'E_IO' });
      await expect(host.files.readStart(pipe, 10)).rejects.toMatchObject({ code: 'E_IO' });
    }, 5000);
  });

  describe('damaged ones', () => {
    it('xz cut at every 64th', async () => {
      const bytes = xzOf(await bigTar());
      for (let part = 1; part < 64; part += 1) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 64));
        expect(await codeOf(cut), `${part}/64`).toBe('E_TARBALL_CORRUPT');
      }
    }, 60_000);

    it('gzip cut at every 64th', async () => {
      const bytes = gzipOf(await bigTar());
      for (let part = 1; part < 64; part += 1) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 64));
        expect(await codeOf(cut), `${part}/64`).toBe('E_TARBALL_CORRUPT');
      }
    }, 60_000);

    it('every one of the last 40 bytes of xz counts', async () => {
      const bytes = xzOf(await bigTar());
      for (let short = 1; short <= 40; short += 1) {
        expect(await codeOf(bytes.subarray(0, -short)), `${short} short`).toBe('E_TARBALL_CORRUPT');
      }
    }, 60_000);

    it.each([
      ['noise', bigTar, []],
      [
        'text',
        () => tarOf([...least(), { name: 'sandstorm-308/t', data: 'All work and no play. '.repeat(20_000) }]),
        ['--block-size=64KiB'],
      ],
    ])(
      'one flipped bit at 50 places of %s',
      async (_, tar, options) => {
        const bytes = xzOf(await tar(), ...options);
        const random = seeded(20261122);
        for (let round = 0; round < 50; round += 1) {
          const at = Math.floor(random() * bytes.length);
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
          const expected = at < 6 ? /E_TARBALL_FORMAT/ : /E_TARBALL_CORRUPT|E_TARBALL_TOO_BIG/;
          expect(await codeOf(flipped), `bit in byte ${at}`).toMatch(expected);
        }
      },
      60_000,
    );

    it.each<[string, (tar: Buffer) => Buffer]>([
      ['text behind xz', (tar) => Buffer.concat([xzOf(tar), Buffer.from('garbage')])],
      ['padding of a wrong length', (tar) => Buffer.concat([xzOf(tar), Buffer.alloc(3)])],
      ['half a second stream', (tar) => Buffer.concat([xzOf(tar), xzOf(END_OF_TAR).subarray(0, 20)])],
      ['text behind gzip', (tar) => Buffer.concat([gzipOf(tar), Buffer.from('garbage')])],
      ['a tar without end', (tar) => xzOf(tar.subarray(0, -1024))],
      ['a plain tar cut', (tar) => tar.subarray(0, 100_000)],
      [
        'a tar that goes on as noise',
        (tar) => xzOf(Buffer.concat([tar.subarray(0, 1536), tar.subarray(99)])),
      ],
    ])('%s', async (_, packed) => {
      expect(await codeOf(packed(await bigTar()))).toBe('E_TARBALL_CORRUPT');
    });

    it('says what xz says, and by the name people know', async () => {
      const path = await written(xzOf(await bigTar()).subarray(0, 5000));
      await expect(reading(path)).rejects.toThrow(`${path} is damaged: xz says "Unexpected end of input"`);
      await expect(reading(path, { called: 'stick.tar.xz' })).rejects.toThrow(/^stick\.tar\.xz is damaged/);
    });
  });

  describe('hostile ones', () => {
    const inside = (name: string, rest: Partial<TestEntry> = {}): TestEntry => ({
      name: `sandstorm-308/${name}`,
      ...rest,
    });

    it.each<[string, TestEntry[]]>([
      ['wrong top', [{ name: 'latest/', type: 'directory' }]],
      ['two tops', [...least(), top(309)]],
      ['./ names', [{ name: './sandstorm-308/', type: 'directory' }]],
      ['no program', [top(), inside('buildstamp', { data: 'x' })]],
      ['traversal', [...least(), inside('../../../tmp/x', { data: 'x' })]],
      ['an absolute name', [...least(), { name: '/tmp/x', data: 'x' }]],
      ['a link out', [...least(), inside('l', { type: 'symlink', linkname: '../../x' })]],
      ['a hard link out', [...least(), inside('l', { type: 'link', linkname: '/etc/passwd' })]],
      [
        'writing through a link',
        [...least(), inside('l', { type: 'symlink', linkname: '/tmp' }), inside('l/x', { data: 'x' })],
      ],
      ['a device', [...least(), inside('dev/null', { type: 'character-device', devmajor: 1, devminor: 3 })]],
      ['a pipe', [...least(), inside('p', { type: 'fifo' })]],
      ['duplicates', [...least(), inside('a', { data: 'x' }), inside('a', { data: 'y' })]],
      ['a line break in a name', [...least(), inside('a\nb')]],
    ])('%s', async (_, entries) => {
      // Plenty behind it: refusing must not wait for the rest, nor leave anybody waiting for us.
      const tar = await tarOf([...entries, inside('rest', { data: Buffer.alloc(3_000_000, 'z') })]);
      for (const bytes of [tar, xzOf(tar, '-0'), gzipOf(tar)]) {
        expect(await codeOf(bytes)).toBe('E_TARBALL_CONTENTS');
      }
    });

    it('names that are no UTF-8', async () => {
      const header = rawHeader({ name: 'sandstorm-308/é', flag: '0' });
      const broken = Buffer.from(header);
      // The second byte of é, and the checksum that goes with it.
      broken[15] = 0x2f;
      const sum = parseInt(header.toString('latin1', 148, 154), 8) - (header[15] ?? 0) + 0x2f;
      broken.write(sum.toString(8).padStart(6, '0'), 148, 'latin1');
      const tar = await tarOf(least());
      const bytes = Buffer.concat([tar.subarray(0, -1024), broken, END_OF_TAR]);
      await expect(reading(await written(bytes))).rejects.toThrow(/no UTF-8/);
    });

    it('an entry hidden behind the end, which the library would read and tar would not', async () => {
      const tar = await tarOf(least());
      const hidden = Buffer.concat([tar, rawHeader({ name: 'sandstorm-308/x', flag: '0' }), END_OF_TAR]);
      expect(await codeOf(xzOf(hidden))).toBe('E_TARBALL_CONTENTS');
    });

    it('a second stream with a second tar', async () => {
      const [one, two] = [await tarOf(least()), await tarOf(least(666))];
      expect(await codeOf(Buffer.concat([xzOf(one), xzOf(two)]))).toBe('E_TARBALL_CONTENTS');
    });

    it('a header for all entries, which tar would heed and the library would not', async () => {
      const text = '16 path=/tmp/xx\n';
      const parts = [rawHeader({ name: 'g', flag: 'g', size: text.length }), filled(text)];
      expect(await codeOf(xzOf(Buffer.concat([...parts, await tarOf(least())])))).toBe('E_TARBALL_CONTENTS');
    });

    it('an xz that asks for a gigabyte of memory', async () => {
      const bytes = xzOf(await tarOf(least()), '--lzma2=preset=0,dict=1GiB');
      await expect(reading(await written(bytes))).rejects.toMatchObject({
        code: 'E_TARBALL_TOO_BIG',
        message: 'the tarball needs more than 100MiB of memory to unpack',
      });
    });

    it('a tarball too large to look at', async () => {
      expect(await code(FIXTURE, { limits: { packedBytes: 243 } })).toBe('E_TARBALL_TOO_BIG');
      expect(await code(FIXTURE, { limits: { packedBytes: 244 } })).toBe('read build 9');
    });
  });

  it('a name that lies about the build', async () => {
    const path = await written(xzOf(await tarOf(least(308))), 'sandstorm-309.tar.xz');
    await expect(reading(path)).rejects.toMatchObject({
      code: 'E_TARBALL_NAME',
      message: `${path} is named like build 309 (0.309) but holds build 308 (0.308)`,
    });
    expect(await code(path, { anyName: true })).toBe('read build 308');
    expect(await code(FIXTURE, { called: '/media/usb/sandstorm-8.tar.xz' })).toBe('E_TARBALL_NAME');
  });

  describe('bombs', () => {
    const GIGABYTE = 1024 ** 3;

    /** A gigabyte of zeros with this in front, packed on the way to disk. */
    async function bomb(front: Buffer, name: string): Promise<string> {
      const path = join(dir, name);
      const zeros = Buffer.alloc(4 * 1024 ** 2);
      function* pieces() {
        yield front;
        for (let left = GIGABYTE; left > 0; left -= zeros.length) yield zeros;
        yield END_OF_TAR;
      }
      await pipeline(Readable.from(pieces()), createGzip({ level: 1 }), createWriteStream(path));
      return path;
    }
    const front = async () => (await tarOf(least())).subarray(0, -1024);
    const withFile = async () =>
      Buffer.concat([await front(), rawHeader({ name: 'sandstorm-308/zeros', flag: '0', size: GIGABYTE })]);

    it('a file of zeros beyond the limit is refused by its header', async () => {
      const path = await bomb(await withFile(), 'file.tar.gz');
      const before = process.memoryUsage().rss;
      expect(await code(path, { limits: { unpackedBytes: 500e6 } })).toBe('E_TARBALL_TOO_BIG');
      expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    }, 60_000);

    it('a file of zeros within the limit takes no memory', async () => {
      const path = await bomb(await withFile(), 'fine.tar.gz');
      const before = process.memoryUsage().rss;
      expect(await code(path)).toBe('read build 308');
      expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    }, 60_000);

    it('zeros behind the end are refused after the first few', async () => {
      expect(await code(await bomb(await front(), 'tail.tar.gz'))).toBe('E_TARBALL_TOO_BIG');
    }, 60_000);

    it('a hundred thousand long headers without an entry', async () => {
      const long = [rawHeader({ name: '@', flag: 'L', size: 60_000 }), filled('x'.repeat(60_000))];
      const tar = Buffer.concat([await front(), ...long, ...long]);
      expect(await codeOf(xzOf(tar))).toBe('E_TARBALL_CONTENTS');
    });
  });

  it('leaves no xz behind, whatever happened', async () => {
    const mine = async () => {
      const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
      return children.split(' ').filter((pid) => pid !== '');
    };
    const before = await mine();
    const tar = await tarOf([...least(), top(309), { name: 'x', data: Buffer.alloc(5_000_000, 'z') }]);
    await codeOf(xzOf(tar, '-0'));
    await codeOf(xzOf(tar, '-0').subarray(0, 600));
    expect(await mine()).toEqual(before);
    expect(await readdir(dir)).toContain('release.tar.xz');
  });

  it('says so when there is no xz', async () => {
    const bare = { ...host, commands: systemCommands({ PATH: '/nonexistent' }) };
    const missing = { code: 'E_IO', message: 'there is no program xz on this machine' };
    await expect(readRelease(FIXTURE, bare)).rejects.toMatchObject(missing);
    const gz = await written(gzipOf(await bigTar()));
    await expect(repackToXz(gz, join(dir, 'out'), bare)).rejects.toMatchObject(missing);
    await expect(peekRelease(FIXTURE, bare)).resolves.toMatchObject({ problem: missing.message });
  });

  it('does not let the environment talk xz out of its checks', async () => {
    // A byte of the check sum at the end of the only block; only that check can see it.
    const bytes = xzOf(await bigTar(), '--check=crc64');
    const index = bytes.readUInt32LE(bytes.length - 8) * 4 + 4;
    const at = bytes.length - 12 - index - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const path = await written(bytes);
    spawned('xz', ['-t', '--ignore-check', path]);
    const misled = { ...process.env, XZ_OPT: '--ignore-check', XZ_DEFAULTS: '--ignore-check' };
    const work = readRelease(path, { ...host, commands: systemCommands(misled) });
    await expect(work).rejects.toMatchObject({ code: 'E_TARBALL_CORRUPT' });
  });

  it('a tap that fails ends the reading with its own error', async () => {
    const path = await written(xzOf(await bigTar()));
    const full = () => Promise.reject(new Error('disk full'));
    await expect(reading(path, { tap: full })).rejects.toMatchObject({ code: 'E_IO' });
  });
});
