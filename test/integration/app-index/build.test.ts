import { cp, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storedPackage } from '../../../src/app-index/store.js';
import { decideAbout, type DecideWish } from '../../../src/operations/app-index/decide.js';
import { listIndex } from '../../../src/operations/app-index/list.js';
import { removePackages } from '../../../src/operations/app-index/remove.js';
import { rollBackIndex } from '../../../src/operations/app-index/rollback.js';
import { testIndex, treeOf, type TestIndex } from '../../helpers/app-index.js';
import { app, plainPackage, svg } from '../../helpers/plain-packages.js';

const inForce = ({ dir }: TestIndex): Promise<string> => readlink(join(dir, 'public'));
const listed = async (index: TestIndex): Promise<string[]> =>
  (await index.published()).apps.map(({ name, version }) => `${name} ${version}`);
const decide = (
  { dir, host }: TestIndex,
  change: DecideWish['change'],
  appId = app('a'),
  dryRun = false,
): Promise<boolean> => decideAbout({ dir, appId, change, dryRun }, 'a test', host);
const idOf = (said: Parameters<typeof plainPackage>[0]): string => plainPackage(said).packageId;

describe('what is published', () => {
  it('is all that Sandstorm asks for', async () => {
    const index = await testIndex();
    const metadata = {
      icons: { market: { single: svg('icon') } },
      screenshots: [{ width: 4, height: 3, image: svg('shot') }],
      description: '# Notes',
    };
    await index.add({ metadata, versionNumber: 2 }, { versionNumber: 1 }, { letter: 'c' });
    expect(await index.build()).toMatchObject({ how: 'made', apps: 2, packages: 3 });

    const { apps } = await index.published();
    expect(apps.map(({ appId, versionNumber }) => [appId, versionNumber])).toEqual([
      [app('a'), 2],
      [app('c'), 1],
    ]);
    expect(await index.names('packages')).toEqual(
      [idOf({ metadata, versionNumber: 2 }), idOf({ versionNumber: 1 }), idOf({ letter: 'c' })].sort(),
    );
    expect(await index.names('apps')).toEqual([`${app('a')}.json`, `${app('c')}.json`, 'index.json']);
    const details = JSON.parse(await readFile(join(index.dir, `public/apps/${app('a')}.json`), 'utf8')) as {
      screenshots: { imageId: string }[];
    };
    expect(details).toMatchObject({ description: '# Notes', screenshots: [{ width: 4, height: 3 }] });
    expect(await index.names('images')).toEqual([apps[0]?.imageId, details.screenshots[0]?.imageId].sort());
    expect(await readFile(join(index.dir, 'public/index.html'), 'utf8')).toContain('App a');
  });

  it('can be read by a web server, whatever the umask, and takes no space of its own for packages', async () => {
    const umask = process.umask(0o077);
    try {
      const index = await testIndex();
      await index.add({});
      await index.build();
      const modes = await Promise.all(
        ['', 'public/', 'public/apps', 'public/apps/index.json', `public/packages/${idOf({})}`].map(
          async (path) => (await stat(join(index.dir, path))).mode & 0o777,
        ),
      );
      expect(modes).toEqual([0o755, 0o755, 0o755, 0o644, 0o644]);
      const [published, stored] = await Promise.all(
        [join(index.dir, 'public/packages', idOf({})), storedPackage(index.dir, idOf({})).file].map((path) =>
          stat(path),
        ),
      );
      expect(published?.ino).toBe(stored?.ino);
    } finally {
      process.umask(umask);
    }
  });

  it('is the same to the byte for the same packages, in whatever order they came', async () => {
    const packages = [{}, { versionNumber: 2 }, { letter: 'c' }, { letter: 'd', versionNumber: 5 }];
    const still = (host: TestIndex['host']): TestIndex['host'] => ({
      ...host,
      clock: { ...host.clock, now: () => new Date('2026-11-22T03:00:00Z') },
    });
    const [one, other] = [await testIndex(still), await testIndex(still)];
    await one.add(...packages);
    for (const said of packages.toReversed()) await other.add(said);
    await one.build();
    await other.build();
    expect(await treeOf(join(one.dir, 'public/'))).toEqual(await treeOf(join(other.dir, 'public/')));
    // What differs between the two must differ in what is published too, or the comparison says nothing.
    await other.add({ letter: 'e' });
    await other.build();
    expect(await treeOf(join(one.dir, 'public/'))).not.toEqual(await treeOf(join(other.dir, 'public/')));
  });

  it('is not made again when nothing changed', async () => {
    const index = await testIndex();
    await index.add({});
    await index.build();
    const before = await inForce(index);
    expect(await index.build()).toMatchObject({ how: 'same', generation: { number: 1 } });
    expect(await inForce(index)).toBe(before);
    expect(await readdir(join(index.dir, 'generations'))).toEqual(['1']);
    expect(await index.build({ anew: true })).toMatchObject({ how: 'made', generation: { number: 2 } });
  });

  it('is made again when a damaged package was replaced', async () => {
    const index = await testIndex();
    await index.add({});
    await index.build();
    // As a failing disk has it: the same file under both its names.
    await writeFile(storedPackage(index.dir, idOf({})).file, 'damaged');
    expect(await readFile(join(index.dir, 'public/packages', idOf({})), 'utf8')).toBe('damaged');
    await index.add({});
    expect(await index.build()).toMatchObject({ how: 'made' });
    expect(await readFile(join(index.dir, 'public/packages', idOf({})), 'utf8')).toBe(plainPackage().file);
  });

  it('is nothing new while a package on record cannot be read', async () => {
    const index = await testIndex();
    await index.add({}, { letter: 'c' });
    await index.build();
    const { record, file } = storedPackage(index.dir, idOf({}));
    await writeFile(record, '');
    await expect(index.build()).rejects.toMatchObject({
      code: 'E_INDEX_BROKEN',
      hint: `sandstorm-airgap index add ${index.dir} ${file}`,
    });
    expect(await inForce(index)).toBe('generations/1/site');
    // And the hint helps.
    expect((await index.addFiles([file])).taken).toMatchObject([{ state: 'mended' }]);
    expect(await index.build()).toMatchObject({ how: 'made', apps: 2 });
  });

  it('says in a dry run what it would do, and does nothing', async () => {
    const index = await testIndex();
    await index.add({});
    const before = await treeOf(index.dir);
    expect(await index.build({ dryRun: true })).toMatchObject({ how: 'made', generation: undefined });
    expect(await treeOf(index.dir)).toEqual(before);
  });

  it('is what was there before when it is stopped', async () => {
    const index: TestIndex = await testIndex((host) => ({
      ...host,
      files: {
        ...host.files,
        plant: async (...args) => {
          if (args[0].endsWith('site')) index.interrupt();
          return host.files.plant(...args);
        },
      },
    }));
    await index.add({});
    await expect(index.build()).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(await readdir(join(index.dir, 'generations'))).toEqual([]);
    expect(await readdir(join(index.dir, 'incoming'))).toEqual([]);
  });

  it('keeps so many publications, and that in force in any case', async () => {
    const index = await testIndex();
    for (const letter of ['a', 'c', 'd', 'e']) {
      await index.add({ letter });
      await index.build({ keep: 10 });
    }
    await rollBackIndex({ dir: index.dir, to: 1, dryRun: false }, index.host);
    // The fourth is of the same contents as what would be made: it comes back into force, and the first may go.
    expect(await index.build({ keep: 2 })).toMatchObject({
      how: 'back',
      generation: { number: 4 },
      pruned: [1, 2],
    });
    expect(await readdir(join(index.dir, 'generations'))).toEqual(['3', '4']);
  });

  it('lies on one link, also after the folder was carried elsewhere', async () => {
    const index = await testIndex();
    await index.add({});
    await index.build();
    const elsewhere = `${index.dir}-elsewhere`;
    await cp(index.dir, elsewhere, { recursive: true, verbatimSymlinks: true });
    expect(await treeOf(join(elsewhere, 'public/'))).toEqual(await treeOf(join(index.dir, 'public/')));
  });
});

describe('going back', () => {
  it('is to the publication before, until the next build', async () => {
    const index = await testIndex();
    await index.add({});
    await index.build();
    await index.add({ versionNumber: 2 });
    await index.build();
    const wish = { dir: index.dir, to: undefined, dryRun: false };
    expect(await rollBackIndex({ ...wish, dryRun: true }, index.host)).toMatchObject({ changed: true });
    expect(await listed(index)).toEqual(['App a 2.0']);
    expect(await rollBackIndex(wish, index.host)).toMatchObject({
      changed: true,
      from: 2,
      to: { number: 1 },
    });
    expect(await listed(index)).toEqual(['App a 1.0']);
    expect((await listIndex(index.dir, index.host)).upToDate).toBe(false);
    expect(await rollBackIndex({ ...wish, to: 1 }, index.host)).toMatchObject({ changed: false });
    await expect(rollBackIndex(wish, index.host)).rejects.toMatchObject({ code: 'E_INDEX_UNKNOWN' });
    await expect(rollBackIndex({ ...wish, to: 9 }, index.host)).rejects.toMatchObject({
      code: 'E_INDEX_UNKNOWN',
    });
    await index.build();
    expect(await listed(index)).toEqual(['App a 2.0']);
  });
});

describe('what the house decides', () => {
  it('approves one version, and takes that back', async () => {
    const index = await testIndex();
    await index.add({ versionNumber: 1 }, { versionNumber: 2 });
    const pin = idOf({ versionNumber: 1 });
    expect(await decide(index, { pin }, app('a'), true)).toBe(true);
    expect(await decide(index, { pin })).toBe(true);
    expect(await decide(index, { pin })).toBe(false);
    await index.build();
    expect(await listed(index)).toEqual(['App a 1.0']);
    expect(await decide(index, { pin: undefined })).toBe(true);
    expect(await decide(index, { pin: undefined })).toBe(false);
    await index.build();
    expect(await listed(index)).toEqual(['App a 2.0']);
  });

  it('hides an app; its packages stay for servers that have it', async () => {
    const index = await testIndex();
    await index.add({}, { letter: 'c' });
    await decide(index, { hidden: true });
    await index.build();
    expect(await listed(index)).toEqual(['App c 1.0']);
    expect(await index.names('apps')).toEqual([`${app('c')}.json`, 'index.json']);
    expect(await index.names('packages')).toContain(idOf({}));
    expect(await readFile(join(index.dir, 'public/index.html'), 'utf8')).not.toContain('App a');
  });

  it("has words of its own, in place of the package's", async () => {
    const index = await testIndex();
    await index.add({ metadata: { shortDescription: 'Theirs' } });
    await decide(index, { description: 'Ours' });
    await index.build();
    expect((await index.published()).apps).toMatchObject([{ shortDescription: 'Ours' }]);
  });

  it('cannot be about what is not there', async () => {
    const index = await testIndex();
    await index.add({}, { letter: 'c' });
    for (const [change, appId] of [
      [{ hidden: true }, app('z')],
      [{ pin: idOf({ letter: 'c' }) }, app('a')],
      [{ pin: '0'.repeat(32) }, app('a')],
    ] as const) {
      await expect(decide(index, change, appId)).rejects.toMatchObject({ code: 'E_INDEX_UNKNOWN' });
    }
  });
});

describe('removing', () => {
  const remove = ({ dir, host }: TestIndex, id: string, dryRun = false): ReturnType<typeof removePackages> =>
    removePackages({ dir, id, dryRun }, host);

  it('takes a package out, and published it stays until the next build', async () => {
    const index = await testIndex();
    await index.add({}, { versionNumber: 2 });
    await index.build();
    const id = idOf({ versionNumber: 2 });
    expect(await remove(index, id, true)).toEqual({ packages: [id], changed: true });
    expect(await remove(index, id)).toEqual({ packages: [id], changed: true });
    expect(await remove(index, id)).toEqual({ packages: [], changed: false });
    expect(await index.names('packages')).toContain(id);
    await index.build();
    expect(await index.names('packages')).toEqual([idOf({})]);
    expect(await listed(index)).toEqual(['App a 1.0']);
  });

  it('takes an app out with all that was decided about it', async () => {
    const index = await testIndex();
    await index.add({}, { versionNumber: 2 }, { letter: 'c' });
    await decide(index, { pin: idOf({}), hidden: true });
    expect(await remove(index, app('a'))).toMatchObject({ changed: true });
    expect(await remove(index, app('a'))).toEqual({ packages: [], changed: false });
    await index.add({ versionNumber: 3 });
    await index.build();
    expect(await listed(index)).toEqual(['App a 3.0', 'App c 1.0']);
  });

  it('refuses what is pinned: another version would be offered that nobody approved', async () => {
    const index = await testIndex();
    await index.add({}, { versionNumber: 2 });
    await decide(index, { pin: idOf({}) });
    await expect(remove(index, idOf({}))).rejects.toMatchObject({ code: 'E_INDEX_PINNED' });
    // By hand, all the same: then nothing of it is offered.
    await rm(storedPackage(index.dir, idOf({})).folder, { recursive: true });
    expect(await index.build()).toMatchObject({ pinsMissing: [app('a')], apps: 0 });
  });
});
