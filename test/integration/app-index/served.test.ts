import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyPackage } from '../../../src/apps/read-package.js';
import { addPackages } from '../../../src/operations/app-index/add.js';
import { SITE_PARTS } from '../../../src/operations/app-index/site-parts.js';
import { verifyAddress, verifyFolder, type Verified } from '../../../src/operations/app-index/verify.js';
import { testIndex, type TestIndex } from '../../helpers/app-index.js';
import { requireNginx, serveByNginx } from '../../helpers/nginx.js';
import { makeSpk, spkKey, type SpkDescription } from '../../stand-ins/spk.js';
import { updateCheck } from '../../stand-ins/update-check.js';

const ready = requireNginx('an index behind nginx');
const [notes, board] = [spkKey('notes'), spkKey('board')];
const ICON = { market: { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>' } };
const tools = { read: verifyPackage, parts: SITE_PARTS, onProgress: () => undefined };

async function addSpks({ dir, usb, host }: TestIndex, ...all: readonly SpkDescription[]): Promise<void> {
  for (const [n, one] of all.entries()) await writeFile(join(usb, `${String(n)}.spk`), makeSpk(one));
  const files = all.map((_, n) => join(usb, `${String(n)}.spk`));
  const { taken } = await addPackages({ dir, files, dryRun: false }, verifyPackage, () => undefined, host);
  expect(taken.filter(({ state }) => state === 'refused')).toEqual([]);
}

const faults = ({ findings }: Verified): string[] =>
  findings.filter(({ level }) => level === 'fault').map(({ about, problem }) => `${about}: ${problem}`);

describe.skipIf(!ready)('an index behind nginx', { timeout: 90_000 }, () => {
  it("is what Sandstorm's update check takes: newer versions of what is installed, and nothing else", async () => {
    const index = await testIndex();
    await addSpks(
      index,
      { key: notes, version: 1 },
      { key: notes, version: 3, title: 'Notes' },
      { key: board, version: 2, fillerBytes: 300_000 },
    );
    await index.build();
    const url = await serveByNginx(index.dir);
    const [newest] = (await index.published()).apps.filter(({ appId }) => appId === notes.appId);
    expect((await updateCheck(url, { [notes.appId]: 1 })).downloaded).toMatchObject({
      [notes.appId]: { packageId: newest?.packageId },
    });
    expect((await updateCheck(url, { [notes.appId]: 3, [board.appId]: 2 })).downloaded).toEqual({});
    const both = await updateCheck(url, { [notes.appId]: 0, [board.appId]: 0 });
    expect(both.downloaded[board.appId]?.bytes).toBeGreaterThan(300_000);

    await addSpks(index, { key: board, version: 4 });
    await index.build();
    expect(Object.keys((await updateCheck(url, { [notes.appId]: 3, [board.appId]: 2 })).downloaded)).toEqual([
      board.appId,
    ]);
  });

  it('is found whole from there, with the trap of a private address named', async () => {
    const index = await testIndex();
    await addSpks(index, { key: notes, icons: ICON });
    await index.build();
    const url = await serveByNginx(index.dir);
    const verified = await verifyAddress(url, tools, index.host);
    expect(verified).toMatchObject({
      apps: 1,
      packages: 1,
      images: 1,
      settings: { appMarketUrl: url, appIndexUrl: url },
    });
    expect(verified.findings).toMatchObject([
      {
        level: 'warning',
        kind: 'network',
        about: '127.0.0.1',
        fix: expect.stringContaining('at /admin/networking take the line 127.0.0.0/8 out') as string,
      },
    ]);

    const [{ packageId, imageId } = { packageId: '', imageId: '' }] = (await index.published()).apps;
    await rm(join(index.dir, `public/images/${imageId ?? ''}`));
    await rm(join(index.dir, `public/packages/${packageId}`));
    await writeFile(join(index.dir, `public/packages/${packageId}`), makeSpk({ key: board }));
    expect(faults(await verifyAddress(url, tools, index.host))).toEqual([
      expect.stringContaining(`packages/${packageId}: the index says its hash is`),
      expect.stringContaining(`packages/${packageId}: the index says its app is`),
      expect.stringContaining(`images/${imageId ?? ''}: it is not there`),
    ]);
  });

  it('shows a reader one publication or the next, never something of both', async () => {
    const index = await testIndex();
    await addSpks(index, { key: notes, version: 1 }, { key: board, version: 1 });
    await index.build();
    const url = await serveByNginx(index.dir);
    const known = new Set([JSON.stringify(await index.published())]);
    const seen: string[] = [];
    const end = new AbortController();
    const reading = (async () => {
      while (!end.signal.aborted) {
        const text = JSON.stringify(await (await fetch(`${url}/apps/index.json`)).json());
        seen.push(text);
        // What the index just named is there, whichever publication is in force by now.
        const { apps } = JSON.parse(text) as { apps: { packageId: string; appId: string }[] };
        for (const { packageId, appId } of apps) {
          for (const path of [`packages/${packageId}`, `apps/${appId}.json`, `app/${appId}/index.html`]) {
            const { status } = await fetch(`${url}/${path}`, { method: 'HEAD' });
            if (status !== 200) seen.push(`${path}: ${String(status)}`);
          }
        }
      }
    })();
    for (let version = 2; version <= 6; version += 1) {
      await addSpks(index, { key: notes, version }, { key: board, version });
      await index.build({ keep: 2 });
      known.add(JSON.stringify(await index.published()));
    }
    end.abort();
    await reading;
    const strange = seen.filter((text) => !known.has(text));
    console.info(
      `a reader looked ${String(seen.length)} times during 5 publications and saw ${String(new Set(seen).size)} of them`,
    );
    expect(strange).toEqual([]);
    expect(new Set(seen).size).toBeGreaterThan(1);
  });
});

describe('proving a folder', () => {
  const verify = ({ dir, host }: TestIndex): Promise<Verified> => verifyFolder(dir, tools, host);

  it('finds a whole one whole', async () => {
    const index = await testIndex();
    await addSpks(index, { key: notes, icons: ICON }, { key: board });
    await index.build();
    const verified = await verify(index);
    expect(verified).toMatchObject({ apps: 2, packages: 2, images: 1 });
    expect(faults(verified)).toEqual([]);
  });

  it.each<readonly [string, (index: TestIndex, site: string, packageId: string) => Promise<unknown>, RegExp]>(
    [
      [
        'a package that is gone',
        (_, site, id) => rm(join(site, 'packages', id)),
        /packages\/\S+: it is not there/,
      ],
      [
        'a damaged package',
        ({ dir }, _, id) => writeFile(join(dir, 'store', id, 'package'), 'damaged'),
        /store\/\S+: its package has other contents/,
      ],
      [
        'a package whose record tells of another version',
        async ({ dir, host }, _, id) => {
          const file = join(dir, 'store', id, 'record.json');
          const text = (await host.files.readText(file)) ?? '';
          await writeFile(file, text.replace('"versionNumber":1', '"versionNumber":9'));
        },
        /its version number is 9, and it is 1/,
      ],
      [
        'a file that belongs to nothing',
        (_, site) => writeFile(join(site, 'packages', '0'.repeat(32)), ''),
        /it is published, and nothing refers to it/,
      ],
      [
        'an index that is none',
        (_, site) => writeFile(join(site, 'apps/index.json'), '{'),
        /it is not an app index/,
      ],
      [
        'a page that somebody edited',
        (_, site) => writeFile(join(site, 'index.html'), '<h1>Ours</h1>'),
        /index.html: it has other contents/,
      ],
      [
        'details that are gone',
        (_, site) => rm(join(site, 'apps', `${notes.appId}.json`)),
        /apps\/\S+.json: it is not there/,
      ],
    ],
  )('finds %s', async (_, damage, problem) => {
    const index = await testIndex();
    await addSpks(index, { key: notes, icons: ICON });
    await index.build();
    const [{ packageId } = { packageId: '' }] = (await index.published()).apps;
    await damage(index, join(index.dir, 'public'), packageId);
    expect(faults(await verify(index)).join('\n')).toMatch(problem);
  });

  it('says that what is published is behind what is in the store', async () => {
    const index = await testIndex();
    await addSpks(index, { key: notes });
    expect((await verify(index)).findings).toMatchObject([
      { level: 'warning', problem: 'nothing is published yet' },
    ]);
    await index.build();
    await addSpks(index, { key: notes, version: 2 });
    const { findings } = await verify(index);
    expect(findings.map(({ problem }) => problem).join()).toContain('was changed since this was published');
    expect(faults(await verify(index))).toEqual([]);
  });
});
