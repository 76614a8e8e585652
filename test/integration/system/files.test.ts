import { spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { systemFiles as files } from '../../../src/system/files.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';

const root = process.getuid?.() === 0;
const namespaces =
  requireReal('a full disk and a folder that cannot be written to', ['unshare', 'mount']) &&
  root &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

describe('replacing a file whole', () => {
  it('makes a new one with the mode asked for', async () => {
    const dir = await tempDir();
    await files.writeAtomic(join(dir, 'a'), 'text');
    await files.writeAtomic(join(dir, 'b'), Buffer.from([0, 255]), 0o600);
    expect([await modeOf(join(dir, 'a')), await modeOf(join(dir, 'b'))]).toEqual([0o644, 0o600]);
    expect(await readFile(join(dir, 'b'))).toEqual(Buffer.from([0, 255]));
    expect(await readdir(dir)).toEqual(['a', 'b']);
  });

  it.runIf(root)('keeps mode and owner of what was there', async () => {
    const dir = await tempDir();
    const path = join(dir, 'sandstorm.conf');
    await writeFile(path, 'old');
    await chmod(path, 0o640);
    await chown(path, 1234, 2345);
    await files.writeAtomic(path, 'new', 0o600);
    const { uid, gid } = await stat(path);
    expect([await readFile(path, 'utf8'), uid, gid, await modeOf(path)]).toEqual(['new', 1234, 2345, 0o640]);
  });

  it('replaces what a link points to and keeps the link', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'etc'));
    await writeFile(join(dir, 'etc/real'), 'old');
    await symlink('etc/real', join(dir, 'link'));
    await files.writeAtomic(join(dir, 'link'), 'new');
    expect(await readlink(join(dir, 'link'))).toBe('etc/real');
    expect(await readFile(join(dir, 'etc/real'), 'utf8')).toBe('new');
    expect(await readdir(join(dir, 'etc'))).toEqual(['real']);
  });

  it('leaves nothing when it cannot: a folder in its place, no folder at all', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'taken'));
    await expect(files.writeAtomic(join(dir, 'taken'), 'x')).rejects.toMatchObject({ code: 'E_IO' });
    await expect(files.writeAtomic(join(dir, 'missing/file'), 'x')).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(dir)).toEqual(['taken']);
  });

  it.skipIf(!namespaces)(
    'leaves the old file whole and nothing else on a full or read-only disk',
    async () => {
      const dir = await tempDir();
      const program = join(dir, 'write.mjs');
      await build({
        stdin: {
          contents: `
          import { systemFiles } from ${JSON.stringify(new URL('../../../src/system/files.ts', import.meta.url).pathname)};
          import { readdirSync, readFileSync } from 'node:fs';
          const tell = async (what) => {
            const ended = await what().then(() => 'written', ({ code, hint }) => code + ': ' + hint);
            console.log([ended, readFileSync('/mnt/file', 'utf8'), readdirSync('/mnt').join()].join('|'));
          };
          if (process.argv[2] === 'full') {
            await tell(() => systemFiles.writeAtomic('/mnt/file', Buffer.alloc(200_000)));
            await tell(() => systemFiles.createExclusive('/mnt/other', 'x'.repeat(200_000)));
            await tell(() => systemFiles.copy('/proc/self/exe', '/mnt/copy'));
            const sink = await systemFiles.openWrite('/mnt/sink');
            await tell(() => sink.write(Buffer.alloc(200_000)).finally(() => sink.abandon()));
          } else await tell(() => systemFiles.writeAtomic('/mnt/file', 'new'));
        `,
          resolveDir: dir,
          loader: 'ts',
        },
        outfile: program,
        bundle: true,
        platform: 'node',
        format: 'esm',
        logLevel: 'silent',
      });
      const script = `
      mount -t tmpfs -o size=64k tmpfs /mnt && printf old > /mnt/file && "$0" "$1" full &&
      mount -o remount,ro /mnt && "$0" "$1" readonly`;
      const ran = spawnSync('unshare', ['--mount', 'sh', '-c', script, process.execPath, program], {
        encoding: 'utf8',
      });
      const full = 'E_IO: free space on that filesystem|old|file';
      expect(ran.stdout.trim().split('\n')).toEqual([
        full,
        full,
        full,
        full,
        'E_IO: the filesystem is mounted read-only: see dmesg|old|file',
      ]);
    },
  );
});

describe('reading', () => {
  it('tells nothing there from nothing in it', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'empty'), '');
    expect(await files.readText(join(dir, 'empty'))).toBe('');
    expect(await files.readText(join(dir, 'none'))).toBeUndefined();
    expect(await files.readText(join(dir, 'empty/below'))).toBeUndefined();
    expect(await files.list(join(dir, 'none'))).toEqual([]);
    expect(await files.readTail(join(dir, 'none'), 10)).toBe('');
  });

  it('refuses what is too large, at exactly one byte too many', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'ten'), '0123456789');
    expect(await files.readText(join(dir, 'ten'), 10)).toBe('0123456789');
    await expect(files.readText(join(dir, 'ten'), 9)).rejects.toMatchObject({ code: 'E_IO' });
    await expect(files.readText('/dev/zero', 10)).rejects.toMatchObject({ code: 'E_IO' });
  });

  it('does not wait for a pipe', async () => {
    const dir = await tempDir();
    spawnSync('mkfifo', [join(dir, 'pipe')]);
    await expect(files.readText(join(dir, 'pipe'))).rejects.toMatchObject({ code: 'E_IO' });
    await expect(files.openRead(join(dir, 'pipe'))).rejects.toMatchObject({ code: 'E_IO' });
  });

  it('gives the beginning and the end, and files of /proc that say they have no size', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'ten'), '0123456789');
    expect((await files.readStart(join(dir, 'ten'), 3)).toString()).toBe('012');
    expect((await files.readStart(join(dir, 'ten'), 30)).toString()).toBe('0123456789');
    expect(await files.readTail(join(dir, 'ten'), 3)).toBe('789');
    expect(await files.readTail(join(dir, 'ten'), 30)).toBe('0123456789');
    expect(await files.readText('/proc/self/comm')).toMatch(/\S/);
  });

  it('does not go round in a circle of links', async () => {
    const dir = await tempDir();
    await symlink('b', join(dir, 'a'));
    await symlink('a', join(dir, 'b'));
    expect(await files.stat(join(dir, 'a'))).toBeUndefined();
    expect(await files.readText(join(dir, 'a'))).toBeUndefined();
    expect((await files.lstat(join(dir, 'a')))?.kind).toBe('symlink');
  });
});

describe('changing folders', () => {
  it('creates a file once only', async () => {
    const dir = await tempDir();
    expect(await files.createExclusive(join(dir, 'a'), 'first')).toBe(true);
    expect(await files.createExclusive(join(dir, 'a'), 'second')).toBe(false);
    expect(await readFile(join(dir, 'a'), 'utf8')).toBe('first');
    expect(await modeOf(join(dir, 'a'))).toBe(0o600);
  });

  it('appends, and makes the file for its owner only', async () => {
    const dir = await tempDir();
    await files.appendSynced(join(dir, 'a'), 'one\n');
    await files.appendSynced(join(dir, 'a'), 'two\n');
    expect(await readFile(join(dir, 'a'), 'utf8')).toBe('one\ntwo\n');
    expect(await modeOf(join(dir, 'a'))).toBe(0o600);
  });

  it('removes whole folders but never what a link in them points to', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'mine/deep'), { recursive: true });
    await mkdir(join(dir, 'others'));
    await writeFile(join(dir, 'others/file'), 'x');
    await symlink(join(dir, 'others'), join(dir, 'mine/deep/link'));
    await files.remove(join(dir, 'mine'));
    await files.remove(join(dir, 'mine'));
    await symlink(join(dir, 'others'), join(dir, 'link'));
    await files.remove(join(dir, 'link'));
    expect(await readdir(dir)).toEqual(['others']);
    expect(await readdir(join(dir, 'others'))).toEqual(['file']);
  });

  it('removes a folder only when it is empty', async () => {
    const dir = await tempDir();
    await mkdir(join(dir, 'a'));
    await mkdir(join(dir, 'b/c'), { recursive: true });
    expect(await files.removeEmptyDir(join(dir, 'a'))).toBe(true);
    expect(await files.removeEmptyDir(join(dir, 'a'))).toBe(false);
    expect(await files.removeEmptyDir(join(dir, 'b'))).toBe(false);
    expect((await lstat(join(dir, 'b/c'))).isDirectory()).toBe(true);
  });

  it('copies for its owner only, and leaves nothing of a copy that failed', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'from'), 'x'.repeat(3_000_000), { mode: 0o644 });
    const seen: number[] = [];
    await files.copy(join(dir, 'from'), join(dir, 'to'), (total) => seen.push(total));
    expect(await modeOf(join(dir, 'to'))).toBe(0o600);
    expect(seen.at(-1)).toBe(3_000_000);
    await expect(files.copy(join(dir, 'none'), join(dir, 'never'))).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(dir)).toEqual(['from', 'to']);
  });

  it('knows the space of a folder that is not there yet', async () => {
    const dir = await tempDir();
    const there = await files.freeSpace(dir);
    const { mount, free, dev } = await files.freeSpace(join(dir, 'a/b/c'));
    expect({ mount, dev }).toEqual({ mount: there.mount, dev: there.dev });
    expect(free).toBeGreaterThan(0);
  });
});
