import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyPackage } from '../../../src/apps/read-package.js';
import { addPackages } from '../../../src/operations/app-index/add.js';
import { decideAbout } from '../../../src/operations/app-index/decide.js';
import { incomplete } from '../../../src/operations/app-index/mirror-refusals.js';
import { removePackages } from '../../../src/operations/app-index/remove.js';
import { rollBackIndex } from '../../../src/operations/app-index/rollback.js';
import { appIdOf } from '../../helpers/market-models.js';
import { until } from '../../helpers/until.js';
import { mirroring, namesOf, readPublished } from '../../helpers/mirroring.js';
import { answerRightly, makeUpstream, makeUpstreamApp, serveUpstream } from '../../helpers/upstream-index.js';

/* A mirror of an index that behaves itself. */

const MEGABYTES = 3_000_000;
const apps = [
  { name: 'Notes', bytes: MEGABYTES },
  { name: 'Wiki', screenshots: 3 },
  { name: 'Chess', category: 'Games', screenshots: 0 },
];

describe('index mirror', () => {
  it('publishes every app with all that it refers to', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)).toBeUndefined();
    expect(mirrored).toMatchObject({
      published: true,
      generation: 1,
      apps: 3,
      packages: 3,
      fetched: { files: 13 },
    });
    expect(await readPublished(mirror.dir)).toEqual(apps.map((app) => makeUpstreamApp(app).entry));
    // Each once, and nothing else.
    expect(upstream.asked).toHaveLength(14);
    expect(new Set(upstream.asked).size).toBe(14);
  });

  it('makes exactly one request when nothing has changed', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    await mirror.run();
    upstream.asked.length = 0;
    expect(await mirror.run()).toMatchObject({ published: false, generation: 1, fetched: { files: 0 } });
    expect(upstream.asked).toEqual(['GET /apps/index.json 304']);
  });

  it('fetches only what is new, and keeps older packages for servers that were told of them', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    await mirror.run();
    const older = makeUpstreamApp({ name: 'Wiki', screenshots: 3 }).entry.packageId;
    replaceFiles(
      upstream.files,
      makeUpstream([...apps.slice(0, 1), { name: 'Wiki', versionNumber: 2, screenshots: 3 }]),
    );
    upstream.asked.length = 0;
    const mirrored = await mirror.run();
    expect(mirrored).toMatchObject({ generation: 2, apps: 2, packages: 3, withdrawn: [appIdOf('Chess')] });
    // The index, the description of the new version, and the package.
    expect(upstream.asked).toHaveLength(3);
    expect(await readdir(join(mirror.dir, 'public/packages'))).toContain(older);
    const page = await readFile(join(mirror.dir, 'public/app', appIdOf('Wiki'), 'index.html'), 'utf8');
    expect(page).toContain(older);

    expect(await mirror.run({ latestOnly: true })).toMatchObject({ generation: 3, packages: 2 });
    expect(await readdir(join(mirror.dir, 'public/packages'))).not.toContain(older);
    expect(await readdir(join(mirror.dir, 'mirror/packages'))).not.toContain(older);
  });

  it('takes a selection, and says what it does not find', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    await mirror.run({ apps: [appIdOf('Wiki')], categories: ['games'] });
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Chess', 'Wiki']);
    await expect(mirror.run({ categories: ['Gmaes'] })).rejects.toMatchObject({
      code: 'E_MIRROR_SELECTION',
      hint: 'it has: Games, Office',
    });
    await expect(mirror.run({ apps: [appIdOf('Nothing')] })).rejects.toMatchObject({
      code: 'E_MIRROR_SELECTION',
    });
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Chess', 'Wiki']);
  });

  it('--dry-run tells files and bytes to the last one, and changes nothing', async () => {
    const files = makeUpstream(apps);
    const upstream = await serveUpstream(files);
    const mirror = await mirroring(upstream.url);
    const seen = await mirror.look();
    const all = [...files].filter(([path]) => path !== 'apps/index.json');
    const bytes = all.reduce((sum, [, body]) => sum + body.length, 0);
    expect(seen).toEqual({ apps: 3, files: all.length, bytes, unsized: 0, failed: [] });
    await expect(stat(mirror.dir)).rejects.toThrow('ENOENT');
    expect(upstream.asked.filter((line) => line.startsWith('GET /packages'))).toEqual([]);
    await mirror.run();
    expect(await mirror.look()).toMatchObject({ files: 0, bytes: 0 });
  });

  it('is an index like any other: index rollback works on it', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    await mirror.run();
    replaceFiles(upstream.files, makeUpstream([{ name: 'Notes', versionNumber: 2 }]));
    await mirror.run();
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Notes']);
    await rollBackIndex({ dir: mirror.dir, to: undefined, dryRun: false }, mirror.host);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Chess', 'Notes', 'Wiki']);
    expect(await mirror.run()).toMatchObject({ published: true, generation: 2 });
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Notes']);
  });

  it('goes on in the middle of a file, with one that is the same', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    const { packageId } = makeUpstreamApp({ name: 'Notes', bytes: MEGABYTES }).entry;
    const path = `packages/${packageId}`;
    upstream.faults.set(path, (_, response, body) => {
      upstream.faults.delete(path);
      response.writeHead(200, { ETag: `"${packageId}"`, 'Content-Length': body?.length });
      response.write(body?.subarray(0, 2_000_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    });
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)).toBeUndefined();
    expect(upstream.asked).toContain(`GET /${path} bytes=2000000- 206`);
    await readPublished(mirror.dir);
    expect(await readdir(join(mirror.dir, 'mirror/partial'))).toEqual([]);
  });

  it('is stopped by a signal, keeps what it has, and goes on there', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    const { packageId } = makeUpstreamApp({ name: 'Notes', bytes: MEGABYTES }).entry;
    const path = `packages/${packageId}`;
    upstream.faults.set(path, (_, response, body) => {
      response.writeHead(200, { ETag: `"${packageId}"`, 'Content-Length': body?.length });
      response.write(body?.subarray(0, 1_500_000));
      const partial = join(mirror.dir, 'mirror/partial', packageId);
      void until(
        'its beginning is on the disk',
        () => existsSync(partial) && statSync(partial).size > 0,
      ).then(mirror.interrupt);
      return true;
    });
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_CANCELLED' });
    const left = await stat(join(mirror.dir, 'mirror/partial', packageId));
    expect(left.size).toBeGreaterThan(1_000_000);

    upstream.faults.clear();
    upstream.asked.length = 0;
    // Another process would come with a signal of its own.
    const again = await mirroring(upstream.url);
    const mirrored = await again.run({ dir: mirror.dir });
    expect(incomplete(mirrored)).toBeUndefined();
    expect(upstream.asked).toContain(`GET /${path} bytes=${String(left.size)}- 206`);
    await readPublished(mirror.dir);
  });

  it('asks through the proxy of the environment, and not for what no_proxy names', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const seen: string[] = [];
    const proxy = await serveUpstream(new Map());
    proxy.fault = (request, response) => {
      const target = request.url ?? '';
      seen.push(target);
      answerRightly(request, response, upstream.files.get(new URL(target).pathname.slice(1)));
      return true;
    };
    const mirror = await mirroring('http://index.example');
    Object.assign(mirror.host.env, { http_proxy: proxy.url, no_proxy: 'corp.lan' });
    expect(incomplete(await mirror.run())).toBeUndefined();
    expect(seen[0]).toBe('http://index.example/apps/index.json');
    expect(seen).toHaveLength(14);
    expect(upstream.asked).toEqual([]);

    const direct = await mirroring(upstream.url);
    Object.assign(direct.host.env, { http_proxy: proxy.url, no_proxy: '127.0.0.1' });
    await direct.run();
    expect(upstream.asked).toHaveLength(14);
    expect(seen).toHaveLength(14);
  });

  it('refuses a folder that holds something else', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const mirror = await mirroring(upstream.url);
    await mirror.host.files.plant(mirror.dir, [{ path: 'app-index.json', data: '{}' }]);
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_INDEX_PLACE' });
    expect(upstream.asked).toEqual([]);
  });

  it('takes no packages of the house, and says where they may be', async () => {
    const upstream = await serveUpstream(makeUpstream(apps));
    const { dir, host, run } = await mirroring(upstream.url);
    await run();
    const refusal = {
      code: 'E_INDEX_PLACE',
      hint: expect.stringContaining(`index add DIR ${dir}/mirror/packages`) as unknown,
    };
    const [appId, dryRun] = [appIdOf('Chess'), false];
    const add = addPackages({ dir, files: [], dryRun }, verifyPackage, () => undefined, host);
    await expect(add).rejects.toMatchObject(refusal);
    await expect(removePackages({ dir, id: appId, dryRun }, host)).rejects.toMatchObject(refusal);
    const hide = { dir, appId, change: { hidden: true }, dryRun } as const;
    await expect(decideAbout(hide, 'index hide', host)).rejects.toMatchObject(refusal);
  });
});

function replaceFiles(files: Map<string, Buffer>, by: Map<string, Buffer>): void {
  files.clear();
  for (const [path, body] of by) files.set(path, body);
}
