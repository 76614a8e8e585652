import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import { verifyKit } from '../../../src/operations/kit/verify.js';
import { kitBox } from '../../helpers/kits.js';
import { quietUi } from '../../helpers/mirroring.js';
import { requireReal } from '../../helpers/real-parts.js';
import { bytesOf } from '../../helpers/upstream-index.js';

/* What kits travel on: sticks with FAT32, and media that cannot be written to. */

const run = promisify(execFile);
const TOOL = fileURLToPath(new URL('../../../bin/sandstorm-airgap.js', import.meta.url));
const CONTENTS = { 'Notes-1.0_beta+2.spk': bytesOf('notes', 300_000), 'one.bin': bytesOf('one', 5_000) };

describe.skipIf(!requireReal('kits on a FAT32 stick', ['mkfs.vfat', 'mcopy', 'mdir']))(
  'a FAT32 stick',
  () => {
    it('gives back what was put on it, names and all', async () => {
      const box = await kitBox();
      const kit = await box.make('kit', { contents: CONTENTS, partSize: 100_000 });
      const image = join(box.root, 'stick.img');
      await run('truncate', ['-s', '40M', image]);
      await run('mkfs.vfat', ['-F', '32', image]);
      // Into an upper-case name, as a stick's other files have; then what lies there, read back.
      await run('mcopy', ['-s', '-i', image, kit.path, '::KIT']);
      const back = join(box.root, 'back');
      await mkdir(back);
      await run('mcopy', ['-s', '-i', image, '::KIT', back]);
      const carried = { ...kit, path: join(back, 'KIT') };
      expect(await readdir(join(carried.path, 'files'))).toEqual(await readdir(join(kit.path, 'files')));
      expect(await box.faults(carried)).toEqual([]);
      const { changed, folder } = await box.receive(carried);
      expect(changed).toBe(true);
      expect(await readFile(join(folder, 'one.bin'))).toEqual(CONTENTS['one.bin']);
    });
  },
);

const rootWith = (what: string, programs: readonly string[]): boolean => {
  if (process.getuid?.() === 0) return requireReal(what, programs);
  if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1') throw new Error(`${what} needs root`);
  console.warn(`real part missing: root, skipped: ${what}`);
  return false;
};

const STICK_PROGRAMS = ['mkfs.exfat', 'mount.exfat-fuse', 'losetup'];

function canMountSticks(): boolean {
  const what = 'kits on an exFAT stick that is mounted';
  // Not a package: some kernels do without.
  if (existsSync('/dev/fuse')) return rootWith(what, STICK_PROGRAMS);
  console.warn(`real part missing: /dev/fuse, skipped: ${what}`);
  return false;
}

describe.skipIf(!canMountSticks())('a stick with exFAT', () => {
  it('takes a kit, and gives it back where it may only be read', async () => {
    const box = await kitBox();
    const [image, stick] = [join(box.root, 'stick.img'), join(box.root, 'stick')];
    await mkdir(stick);
    await run('truncate', ['-s', '40M', image]);
    await run('mkfs.exfat', [image]);
    const mounted = async <T>(how: 'rw' | 'ro', work: () => Promise<T>): Promise<T> => {
      const { stdout } = await run('losetup', ['--find', '--show', image]);
      await run('mount.exfat-fuse', ['-o', how, stdout.trim(), stick]);
      try {
        return await work();
      } finally {
        await run('umount', [stick]);
        await run('losetup', ['--detach', stdout.trim()]);
      }
    };
    const kit = await mounted('rw', () => box.make('stick/kit', { contents: CONTENTS, partSize: 100_000 }));
    expect(await readdir(stick)).toEqual([]);
    await mounted('ro', async () => {
      await expect(writeFile(join(stick, 'x'), 'x')).rejects.toThrow();
      expect(await box.faults(kit)).toEqual([]);
      const { changed, folder } = await box.receive(kit);
      expect(changed).toBe(true);
      expect(await readFile(join(folder, 'one.bin'))).toEqual(CONTENTS['one.bin']);
    });
  });
});

describe.skipIf(!rootWith('kits on read-only media', ['unshare', 'mount']))(
  'a medium that cannot be written to',
  () => {
    it.each(['folder', 'tar'] as const)('is verified and taken in all the same: a %s', async (form) => {
      const box = await kitBox();
      const medium = join(box.root, 'medium');
      await mkdir(medium);
      const kit = await box.make('medium/kit', { form, contents: { 'one.bin': CONTENTS['one.bin'] } });
      const script =
        'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"';
      const tool = (...args: string[]): Promise<{ stdout: string }> =>
        run(
          'unshare',
          ['--mount', 'sh', '-c', script, 'sh', medium, process.execPath, TOOL, ...args, '--json'],
          {
            env: { PATH: process.env.PATH, SANDSTORM_AIRGAP_STATE_DIR: box.host.layout.stateDir },
          },
        );
      expect(JSON.parse((await tool('kit', 'verify', kit.path)).stdout)).toMatchObject({ ok: true });
      expect(JSON.parse((await tool('kit', 'receive', kit.path)).stdout)).toMatchObject({
        ok: true,
        changed: true,
      });
    });
  },
);

it('a stick that fails at one place: the other files are looked at all the same', async () => {
  const box = await kitBox();
  const kit = await box.make('kit');
  await writeFile(join(kit.path, 'files/two.bin'), bytesOf('evil', 3_000));
  const { readThrough } = box.host.files;
  const files = {
    ...box.host.files,
    readThrough: (path: string, use: (piece: Buffer) => Promise<void>) =>
      path.endsWith('one.bin')
        ? readThrough(join(box.root, 'not there'), use).catch(() => {
            throw ioError(path);
          })
        : readThrough(path, use),
  };
  const { findings } = await verifyKit(kit.path, { ...box.host, files }, quietUi);
  expect(findings.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'one.bin damaged',
    'two.bin damaged',
  ]);
});

function ioError(path: string): Error {
  return new Refusal('E_IO', `cannot read ${path}: EIO: i/o error, read`);
}
