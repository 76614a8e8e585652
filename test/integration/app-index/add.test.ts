import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeFaults } from '../../../src/app-index/store-faults.js';
import { readStore, storedPackage } from '../../../src/app-index/store.js';
import { Refusal } from '../../../src/errors.js';
import { initIndex } from '../../../src/operations/app-index/init.js';
import { testIndex, treeOf, type TestIndex } from '../../helpers/app-index.js';
import { privateMachine } from '../../helpers/machine-host.js';
import { app, plainPackage, svg, writePlain } from '../../helpers/plain-packages.js';

const states = ({ taken }: { taken: readonly { state: string }[] }): string[] =>
  taken.map(({ state }) => state);
const stored = async ({ dir, host }: TestIndex): Promise<string[]> =>
  (await readStore(dir, host)).records.map(({ record }) => record.entry.name);

describe('making an index', () => {
  const wish = { title: 'House', servers: undefined, dryRun: false };

  it('makes an empty one, and a second time nothing', async () => {
    const { host, root } = await privateMachine();
    const dir = join(root, 'deep/down/apps');
    expect(await initIndex({ ...wish, dir }, host)).toMatchObject({ changed: true, title: 'House' });
    const before = await treeOf(dir);
    expect(await initIndex({ ...wish, dir, title: undefined }, host)).toMatchObject({
      changed: false,
      title: 'House',
    });
    expect(await treeOf(dir)).toEqual(before);
  });

  it('changes the title, and keeps what was decided', async () => {
    const { dir, host } = await testIndex();
    const apps = { [app('a')]: { hidden: true } };
    await writeFile(
      join(dir, 'app-index.json'),
      JSON.stringify({ version: 1, title: 'Old', servers: [], apps }),
    );
    expect(await initIndex({ ...wish, dir, servers: ['http://s.test'] }, host)).toMatchObject({
      changed: true,
    });
    const text = await readFile(join(dir, 'app-index.json'), 'utf8');
    expect(JSON.parse(text)).toEqual({ version: 1, title: 'House', servers: ['http://s.test'], apps });
  });

  it('makes nothing in a dry run', async () => {
    const { host, root } = await privateMachine();
    const dir = join(root, 'apps');
    expect(await initIndex({ ...wish, dir, dryRun: true }, host)).toMatchObject({ changed: true });
    await expect(stat(dir)).rejects.toThrow('ENOENT');
  });

  it("refuses a folder in which somebody's files are", async () => {
    const { host, root } = await privateMachine();
    await writeFile(join(root, 'thesis.tex'), '');
    await expect(initIndex({ ...wish, dir: root }, host)).rejects.toMatchObject({ code: 'E_INDEX_PLACE' });
  });

  it('goes on where an earlier try was cut off', async () => {
    const { host, root } = await privateMachine();
    const dir = join(root, 'apps');
    await mkdir(join(dir, 'store'), { recursive: true });
    await writeFile(join(dir, '.77.0123.tmp'), '{');
    expect(await initIndex({ ...wish, dir }, host)).toMatchObject({ changed: true });
  });
});

describe('taking packages in', () => {
  it('keeps each with its images and what it says, for a web server to read', async () => {
    const index = await testIndex();
    const metadata = { icons: { market: { single: svg('icon') } } };
    const umask = process.umask(0o077);
    try {
      expect(states(await index.add({ metadata }, { letter: 'c' }))).toEqual(['added', 'added']);
    } finally {
      process.umask(umask);
    }
    const { packageId, file } = plainPackage({ metadata });
    const place = storedPackage(index.dir, packageId);
    expect(await readFile(place.file, 'utf8')).toBe(file);
    expect((await stat(place.file)).mode & 0o777).toBe(0o644);
    const [record] = (await readStore(index.dir, index.host)).records.filter(
      ({ record: { entry } }) => entry.packageId === packageId,
    );
    if (record === undefined) throw new Error('not in the store');
    expect(await storeFaults(index.dir, record.record, index.host)).toEqual([]);
    expect(await readdir(place.images)).toEqual([record.record.entry.imageId]);
    expect(await readdir(join(index.dir, 'incoming'))).toEqual([]);
  });

  it('takes nothing in twice, neither the next time nor under two names at once', async () => {
    const index = await testIndex();
    const [file = ''] = await writePlain(index.usb, {});
    const copy = join(index.usb, 'the-same.spk');
    await writeFile(copy, await readFile(file));
    expect(states(await index.addFiles([file, copy]))).toEqual(['added', 'already']);
    const before = await treeOf(join(index.dir, 'store'));
    expect(states(await index.addFiles([copy, file]))).toEqual(['already', 'already']);
    expect(await treeOf(join(index.dir, 'store'))).toEqual(before);
  });

  it('keeps older versions', async () => {
    const index = await testIndex();
    await index.add({ versionNumber: 2, title: 'New' });
    await index.add({ versionNumber: 1, title: 'Old' });
    expect((await stored(index)).sort()).toEqual(['New', 'Old']);
  });

  it('leaves a bad one out, says so, and takes the others', async () => {
    const index = await testIndex();
    const [good = '', other = ''] = await writePlain(index.usb, {}, { letter: 'c' });
    const bad = join(index.usb, 'bad.spk');
    await writeFile(bad, 'no package');
    const added = await index.addFiles([good, bad, join(index.usb, 'missing.spk'), other]);
    expect(states(added)).toEqual(['added', 'refused', 'refused', 'added']);
    expect(added.taken[1]).toMatchObject({ file: bad, refusal: { code: 'E_TARBALL_FORMAT' } });
    expect(added.taken[2]).toMatchObject({ refusal: { code: 'E_SPK_MISSING' } });
    expect(await stored(index)).toHaveLength(2);
    expect(await readdir(join(index.dir, 'incoming'))).toEqual([]);
  });

  it('takes from a folder what begins as a package does, and what is called one', async () => {
    const index = await testIndex();
    await writePlain(index.usb, {});
    await writeFile(
      join(index.usb, 'e4a720632c8f9a76b6c1344ee2d7667a'),
      Buffer.from('8fc6cdef451aea96ff', 'hex'),
    );
    await writeFile(join(index.usb, 'notes.txt'), 'notes');
    await mkdir(join(index.usb, 'folder.spk'));
    expect(states(await index.addFiles([index.usb])).sort()).toEqual(['added', 'refused']);
    await mkdir(join(index.usb, 'empty'));
    await expect(index.addFiles([join(index.usb, 'empty')])).rejects.toMatchObject({
      code: 'E_INDEX_UNKNOWN',
    });
  });

  it('says of two packages with one version number that no server will go from one to the other', async () => {
    const index = await testIndex();
    await index.add({ title: 'One' });
    const { twins } = await index.add({ title: 'Two' });
    expect(twins).toEqual([
      { packageId: plainPackage({ title: 'Two' }).packageId, of: plainPackage({ title: 'One' }).packageId },
    ]);
  });

  it('puts a whole one in the place of one that was damaged, with the day it was first taken in', async () => {
    const index = await testIndex();
    const metadata = { icons: { appGrid: { single: svg('icon') } } };
    await index.add({ metadata });
    const place = storedPackage(index.dir, plainPackage({ metadata }).packageId);
    const born = JSON.parse(await readFile(place.record, 'utf8')) as { entry: { createdAt: string } };
    for (const damage of [
      () => writeFile(place.file, 'damaged'),
      () => rm(place.images, { recursive: true }),
      () => rm(place.file),
    ]) {
      await damage();
      const { taken } = await index.add({ metadata });
      expect(taken).toMatchObject([
        { state: 'mended', record: { entry: { createdAt: born.entry.createdAt } } },
      ]);
      expect(states(await index.add({ metadata }))).toEqual(['already']);
    }
    await writeFile(place.record, '{');
    expect(states(await index.add({ metadata }))).toEqual(['mended']);
  });

  it('says in a dry run what it would do, and does nothing', async () => {
    const index = await testIndex();
    const before = await treeOf(index.dir);
    expect(states(await index.addFiles(await writePlain(index.usb, {}), true))).toEqual(['added']);
    expect(await treeOf(index.dir)).toEqual(before);
  });

  it('stops between two packages, and what was told of is in', async () => {
    let read = 0;
    const index: TestIndex = await testIndex((host) => ({
      ...host,
      files: {
        ...host.files,
        copy: async (...args) => {
          read += 1;
          if (read === 2) index.interrupt();
          return host.files.copy(...args);
        },
      },
    }));
    const letters = ['a', 'c', 'd', 'e'].map((letter) => ({ letter }));
    const stopped = await index.add(...letters).catch((error: unknown) => error);
    expect(stopped).toMatchObject({ code: 'E_CANCELLED', changed: true });
    expect(await stored(index)).toEqual(expect.arrayContaining(['App a', 'App c']));
    expect(await stored(index)).toHaveLength(2);
  });

  it('does not blame a package for our own full disk', async () => {
    const index = await testIndex((host) => ({
      ...host,
      files: { ...host.files, copy: () => Promise.reject(new Refusal('E_IO', 'no space left')) },
    }));
    await expect(index.add({}, { letter: 'c' })).rejects.toMatchObject({ code: 'E_IO', changed: false });
    expect(await stored(index)).toEqual([]);
  });
});
