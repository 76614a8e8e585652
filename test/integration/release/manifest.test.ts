import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareWithManifest } from '../../../src/release/compare.js';
import type { ReleaseManifest } from '../../../src/release/manifest.js';
import { readRelease } from '../../../src/release/read.js';
import { stageRelease } from '../../../src/release/stage.js';
import { gzipOf, quietHost, seeded, spawned, xzOf } from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const host = quietHost();

describe.skipIf(!requireReal('manifests of releases', ['xz', 'tar']))('the manifest of a release', () => {
  let root: string;
  let tar: Buffer;
  let manifest: ReleaseManifest;
  /** An unpacked copy, fresh for each test. */
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'manifest-'));
    const bundle = join(root, 'bundle');
    await mkdir(join(bundle, 'bin'), { recursive: true });
    await mkdir(join(bundle, 'deep/er/empty'), { recursive: true });
    await writeFile(join(bundle, 'sandstorm'), '#!/bin/sh\n', { mode: 0o755 });
    const random = seeded(11);
    const noise = Buffer.from(Array.from({ length: 300_000 }, () => random() * 256));
    await writeFile(join(bundle, 'bin/mongod'), noise, { mode: 0o755 });
    await link(join(bundle, 'bin/mongod'), join(bundle, 'bin/mongod-again'));
    await symlink('../sandstorm', join(bundle, 'bin/spk'));
    await symlink('/etc', join(bundle, 'deep/etc'));
    await writeFile(join(bundle, 'deep/ünï.js'), 'x'.repeat(70_000));
    for (let at = 0; at < 30; at += 1) await writeFile(join(bundle, 'deep/er', `f${at}`), `file ${at}`);
    tar = spawned('tar', ['c', '--transform=s,^bundle,sandstorm-308,', '-C', root, 'bundle']);
    const path = join(root, 'sandstorm-308.tar.xz');
    await writeFile(path, xzOf(tar));
    await readRelease(path, host, { onManifest: (made) => (manifest = made) });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  beforeEach(async () => {
    const place = join(root, `unpacked-${(count += 1)}`);
    await mkdir(place);
    spawned('tar', ['xJf', join(root, 'sandstorm-308.tar.xz'), '-C', place]);
    folder = join(place, 'sandstorm-308');
  });

  it('says what tar makes of the tarball', async () => {
    const made: [string, object][] = [];
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { size, mode } = await lstat(path);
      const sha256 = async () =>
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex');
      made.push([
        relative(folder, path),
        entry.isDirectory()
          ? { kind: 'directory' }
          : entry.isSymbolicLink()
            ? { kind: 'symlink', target: await readlink(path) }
            : { kind: 'file', size, executable: (mode & 0o100) !== 0, sha256: await sha256() },
      ]);
    }
    const sorted = (entries: Iterable<[string, object]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(made)).toEqual(sorted(manifest));
    expect(made).toHaveLength(40);
  });

  it('is met by what tar unpacks', async () => {
    const steps: [number, number][] = [];
    const onProgress = (done: number, total: number) => void steps.push([done, total]);
    expect(await compareWithManifest(folder, manifest, host, onProgress)).toEqual({ matches: true });
    expect(steps.at(-1)).toEqual([steps.at(-1)?.[1], 10 + 600_000 + 70_000 + 10 * 6 + 20 * 7]);
    expect(steps).toHaveLength(34);
  });

  const at = (path: string) => join(folder, path);
  it.each<[string, () => Promise<unknown>, string | RegExp]>([
    [
      'one bit of a small file',
      () => writeFile(at('deep/er/f7'), 'fild 7'),
      '"deep/er/f7" has other contents',
    ],
    [
      'one bit of a large file',
      async () => {
        const bytes = await readFile(at('deep/ünï.js'));
        bytes[69_999] = 0x79;
        await writeFile(at('deep/ünï.js'), bytes);
      },
      '"deep/ünï.js" has other contents',
    ],
    ['a byte more', () => appendFile(at('deep/er/f7'), 'x'), '"deep/er/f7" has 7 bytes and should have 6'],
    ['a file of no bytes, as after a power cut', () => truncate(at('sandstorm')), /has 0 bytes and should/],
    ['a lost exec bit', () => chmod(at('sandstorm'), 0o644), '"sandstorm" is not executable'],
    ['an exec bit', () => chmod(at('deep/er/f7'), 0o755), '"deep/er/f7" is executable and should not be'],
    ['a missing file', () => unlink(at('deep/er/f7')), '"deep/er/f7" is missing'],
    ['a missing empty folder', () => rm(at('deep/er/empty'), { recursive: true }), /is missing/],
    ['a file too many', () => writeFile(at('bin/more'), 'x'), '"bin/more" is not in the release'],
    ['a folder too many', () => mkdir(at('more')), '"more" is not in the release'],
    ['a link too many', () => symlink('/etc/passwd', at('more')), '"more" is not in the release'],
    [
      'a file named to move the cursor',
      () => writeFile(at('\u001b[2J'), ''),
      '"\\u001b[2J" is not in the release',
    ],
    [
      'a link in the place of a file',
      async () => {
        await rename(at('sandstorm'), join(root, `moved-${count}`));
        await symlink(join(root, `moved-${count}`), at('sandstorm'));
      },
      '"sandstorm" is a link and should be a file',
    ],
    [
      'a link that leads elsewhere',
      async () => {
        await unlink(at('bin/spk'));
        await symlink('/bin/sh', at('bin/spk'));
      },
      '"bin/spk" leads elsewhere',
    ],
    [
      'a pipe in the place of a file, at which nobody waits',
      async () => {
        await unlink(at('sandstorm'));
        execFileSync('mkfifo', [at('sandstorm')]);
      },
      '"sandstorm" is a device or a pipe and should be a file',
    ],
  ])('sees %s', async (_, damage, difference) => {
    await damage();
    const found = await compareWithManifest(folder, manifest, host);
    const message =
      typeof difference === 'string' ? difference : (expect.stringMatching(difference) as string);
    expect(found).toEqual({ matches: false, differences: [message], count: 1 });
  });

  it('does not follow a link in the place of a folder, though the same is behind it', async () => {
    await rename(at('deep'), join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere'), at('deep'));
    const found = await compareWithManifest(folder, manifest, host);
    expect(found).toMatchObject({ matches: false, count: 35 });
    if (!found.matches) expect(found.differences[0]).toBe('"deep" is a link and should be a folder');
    if (!found.matches) expect(found.differences).toHaveLength(10);
  });

  it('is not met by a link to the folder, a file, or nothing', async () => {
    const place = join(root, 'link');
    await symlink(folder, place);
    for (const path of [place, at('sandstorm'), at('nope')]) {
      expect(await compareWithManifest(path, manifest, host)).toMatchObject({ matches: false, count: 41 });
    }
  });

  it('comes with a staged copy, when asked for', async () => {
    const staging = join(root, 'staging');
    const gzip = join(root, 'release.tgz');
    await writeFile(gzip, gzipOf(tar));
    for (const path of [join(root, 'sandstorm-308.tar.xz'), gzip]) {
      const staged = await stageRelease(path, staging, host, { withManifest: true });
      expect(staged.manifest).toEqual(manifest);
      await staged.discard();
    }
    const staged = await stageRelease(gzip, staging, host);
    expect(staged.manifest).toBeUndefined();
  });

  it('is not given for a release that is refused at its very end', async () => {
    const path = join(root, 'cut.tar.xz');
    await writeFile(path, xzOf(tar).subarray(0, -1));
    let given = false;
    const reading = readRelease(path, host, { onManifest: () => (given = true) });
    await expect(reading).rejects.toMatchObject({ code: 'E_TARBALL_CORRUPT' });
    expect(given).toBe(false);
  });
});
