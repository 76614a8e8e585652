import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { incomplete } from '../../../src/operations/app-index/mirror-refusals.js';
import { appIdOf } from '../../helpers/market-models.js';
import { mirroring, namesOf, readPublished, type Mirroring } from '../../helpers/mirroring.js';
import {
  bytesOf,
  makeUpstream,
  makeUpstreamApp,
  serveUpstream,
  type Fault,
  type Upstream,
  type UpstreamApp,
} from '../../helpers/upstream-index.js';

/* Servers that are down, broken or lie. Each attack has its name; afterwards what was published is whole. */

const good: UpstreamApp = { name: 'Good' };
const bad: UpstreamApp = { name: 'Bad', bytes: 2_500_000 };
const badId = makeUpstreamApp(bad).entry.packageId;
const badPath = `packages/${badId}`;

async function scene(
  apps: readonly UpstreamApp[] = [good, bad],
): Promise<{ upstream: Upstream; mirror: Mirroring }> {
  const upstream = await serveUpstream(makeUpstream(apps));
  return { upstream, mirror: await mirroring(upstream.url) };
}

/** The first so many requests go wrong. */
function first(times: number, fault: Fault): Fault {
  let left = times;
  return (...args) => (left-- > 0 ? fault(...args) : false);
}

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(code, { 'Content-Length': '0', ...headers }).end();
    return true;
  };
const reset: Fault = (request) => {
  request.socket.destroy();
  return true;
};
const silent: Fault = () => true;
const truncated: Fault = (_, response, body) => {
  response.writeHead(200, { 'Content-Length': body?.length });
  response.write(body?.subarray(0, 100), () => response.destroy());
  return true;
};
const wrongBytes: Fault = (_, response, body) => {
  response.writeHead(200, { 'Content-Length': body?.length });
  response.end(bytesOf('something else', body?.length ?? 0));
  return true;
};
/** A byte now and then, for ever. */
const dripping: Fault = (_, response, body) => {
  response.writeHead(200, { 'Content-Length': body?.length });
  const timer = setInterval(() => response.write('x'), 50);
  response.once('close', () => clearInterval(timer));
  return true;
};
const endless: Fault = (_, response) => {
  response.writeHead(200);
  const piece = Buffer.alloc(1024 * 1024);
  const more = (): void => {
    if (!response.destroyed) response.write(piece, () => setImmediate(more));
  };
  more();
  return true;
};

describe('troubles that pass', () => {
  it.each<[string, Fault]>([
    ['resets', first(2, reset)],
    ['500', first(2, status(500))],
    ['503 with Retry-After', first(2, status(503, { 'Retry-After': '7' }))],
    ['429', first(2, status(429))],
    ['truncation', first(2, truncated)],
    ['wrong bytes once', first(1, wrongBytes)],
    ['a dripping body', first(1, dripping)],
    ['no answer', first(1, silent)],
  ])('%s: tried again, with pauses', async (name, fault) => {
    const { upstream, mirror } = await scene();
    upstream.faults.set(badPath, fault);
    const mirrored = await mirror.run({ patienceMs: 400, minRate: 1000 });
    expect(incomplete(mirrored)).toBeUndefined();
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Bad', 'Good']);
    expect(mirror.pauses.length).toBeGreaterThan(0);
    if (name.includes('Retry-After')) expect(mirror.pauses).toEqual([7000, 7000]);
    else expect(Math.max(...mirror.pauses)).toBeLessThanOrEqual(1000);
  });
});

describe('troubles that stay', () => {
  it.each<[string, Fault, string, RegExp]>([
    ['resets', reset, 'E_MIRROR_INCOMPLETE', /mid-answer/],
    ['500', status(500), 'E_MIRROR_INCOMPLETE', /status 500/],
    ['403', status(403), 'E_MIRROR_INCOMPLETE', /status 403/],
    ['404', status(404), 'E_MIRROR_INCOMPLETE', /does not have it/],
    ['truncation', truncated, 'E_MIRROR_INCOMPLETE', /mid-answer/],
    ['wrong bytes', wrongBytes, 'E_MIRROR_CORRUPT', /not those of its id/],
    ['a dripping body', dripping, 'E_MIRROR_INCOMPLETE', /too slow/],
    ['no answer', silent, 'E_MIRROR_INCOMPLETE', /no answer within/],
    ['an encoded body', status(200, { 'Content-Encoding': 'gzip' }), 'E_MIRROR_INCOMPLETE', /encoded/],
    [
      'a length beyond all packages',
      status(200, { 'Content-Length': '99999999999' }),
      'E_MIRROR_CORRUPT',
      /larger than/,
    ],
    [
      'another part than was asked for',
      status(206, { 'Content-Range': 'bytes 5-9/10' }),
      'E_MIRROR_CORRUPT',
      /another part/,
    ],
    [
      'a redirect to another host',
      status(302, { Location: 'http://169.254.169.254/latest' }),
      'E_MIRROR_INCOMPLETE',
      /redirect to 169/,
    ],
    [
      'a redirect to a file',
      status(302, { Location: 'file:///etc/passwd' }),
      'E_MIRROR_INCOMPLETE',
      /redirect to file/,
    ],
    [
      'a redirect to another port',
      status(301, { Location: 'http://127.0.0.1:9/x' }),
      'E_MIRROR_INCOMPLETE',
      /redirect to 127/,
    ],
    [
      'a redirect in a circle',
      status(302, { Location: `/${badPath}` }),
      'E_MIRROR_INCOMPLETE',
      /more than 5 redirects/,
    ],
  ])('%s: told of, everything else is published', async (_, fault, code, why) => {
    const { upstream, mirror } = await scene();
    upstream.faults.set(badPath, fault);
    const mirrored = await mirror.run({ patienceMs: 300, minRate: 1000, attempts: 2 });
    const refusal = incomplete(mirrored);
    expect(refusal).toMatchObject({ code, changed: true });
    expect(mirrored.failed).toEqual([
      expect.objectContaining({ path: badPath, why: expect.stringMatching(why) as string }),
    ]);
    expect(mirrored.waiting).toEqual([appIdOf('Bad')]);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Good']);
  });

  it('a new version that is corrupt leaves the former one published', async () => {
    const { upstream, mirror } = await scene();
    await mirror.run();
    const newer = { ...bad, versionNumber: 2 };
    for (const [path, body] of makeUpstream([good, newer])) upstream.files.set(path, body);
    upstream.faults.set(`packages/${makeUpstreamApp(newer).entry.packageId}`, wrongBytes);
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)?.exitCode).toBe(5);
    const published = await readPublished(mirror.dir);
    expect(published.find(({ name }) => name === 'Bad')?.versionNumber).toBe(1);

    upstream.faults.clear();
    expect(incomplete(await mirror.run())).toBeUndefined();
    const mended = await readPublished(mirror.dir);
    expect(mended.find(({ name }) => name === 'Bad')?.versionNumber).toBe(2);
  });

  it('a picture with wrong bytes holds its app back, one that is not there is left out', async () => {
    const { upstream, mirror } = await scene();
    const { imageId = '' } = makeUpstreamApp(bad).entry;
    const [shot] = makeUpstreamApp(good).details.screenshots;
    upstream.faults.set(`images/${imageId}`, wrongBytes);
    upstream.faults.set(`images/${shot?.imageId ?? ''}`, status(404));
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)?.code).toBe('E_MIRROR_CORRUPT');
    expect(mirrored.gone).toEqual([`images/${shot?.imageId ?? ''}`]);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Good']);
    const details = JSON.parse(
      await readFile(join(mirror.dir, 'public/apps', `${appIdOf('Good')}.json`), 'utf8'),
    ) as unknown;
    expect(details).toMatchObject({ screenshots: [] });
  });

  it('an endless body is cut off, and takes no place on the disk', { timeout: 60_000 }, async () => {
    const { upstream, mirror } = await scene();
    upstream.faults.set(`apps/${appIdOf('Bad')}.json`, endless);
    const mirrored = await mirror.run();
    expect(mirrored.failed).toEqual([
      expect.objectContaining({ path: `apps/${appIdOf('Bad')}.json`, why: 'it is larger than 8 MiB' }),
    ]);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Good']);
    expect(await readdir(join(mirror.dir, 'mirror/partial'))).toEqual([]);
  });

  it('a server that dies is not asked for everything', async () => {
    const many = Array.from({ length: 60 }, (_, at) => ({
      name: `App ${String(at)}`,
      bytes: 10,
      screenshots: 0,
    }));
    const { upstream, mirror } = await scene(many);
    upstream.fault = (request, ...rest) => request.url !== '/apps/index.json' && reset(request, ...rest);
    const mirrored = await mirror.run({ attempts: 2 });
    expect(mirrored.failed.length).toBeGreaterThan(60);
    expect(upstream.asked.length).toBeLessThan(200);
    expect(mirrored).toMatchObject({ published: false, generation: undefined });
  });

  it('a redirect is followed to a host that was allowed', async () => {
    const elsewhere = await serveUpstream(makeUpstream([bad]));
    const { upstream, mirror } = await scene();
    upstream.faults.set(badPath, status(302, { Location: `${elsewhere.url}/${badPath}` }));
    const mirrored = await mirror.run({ allowedHosts: [`127.0.0.1:${String(elsewhere.port)}`] });
    expect(incomplete(mirrored)).toBeUndefined();
    expect(elsewhere.asked).toEqual([`GET /${badPath} 200`]);
  });
});

describe('an index that lies', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a package id that climbs', { packageId: '../../../../../../etc/passwd' }],
    ['a package id that is absolute', { packageId: '/etc/passwd' }],
    ['a package id with a line end', { packageId: `${'a'.repeat(32)}\n` }],
    ['an app id that climbs', { appId: '../../x' }],
    ['an app id that is a prototype', { appId: '__proto__' }],
    ['an image id that climbs', { imageId: `../${'a'.repeat(32)}.svg` }],
    ['an image id with another ending', { imageId: `${'a'.repeat(32)}.html` }],
    ['an encoded path', { packageId: '%2e%2e%2f%2e%2e%2fx' }],
    ['no version number', { versionNumber: 'many' }],
    ['a negative version number', { versionNumber: -1 }],
  ])('%s: the entry is refused, everything else is published', async (_, entry) => {
    const { upstream, mirror } = await scene([good, { name: 'Bad', entry }]);
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)).toMatchObject({ code: 'E_MIRROR_CORRUPT' });
    expect(mirrored.refused).toEqual([expect.objectContaining({ app: 'Bad' })]);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Good']);
    const known = new Set([...makeUpstream([good]).keys()].map((path) => `GET /${path} 200`));
    expect(upstream.asked.filter((line) => !known.has(line))).toEqual([]);
  });

  it('links that would run in the market are dropped', async () => {
    const entry = { webLink: 'javascript:alert(1)', codeLink: 'data:text/html,x', name: 'Bad\u001b[2J' };
    const { mirror } = await scene([{ name: 'Bad', entry }]);
    expect(incomplete(await mirror.run())).toBeUndefined();
    const [app] = await readPublished(mirror.dir);
    expect(app).not.toHaveProperty('webLink');
    expect(app).not.toHaveProperty('codeLink');
    expect(app?.name).toBe('Bad [2J');
  });

  it('a description that is none', async () => {
    const { upstream, mirror } = await scene();
    upstream.files.set(`apps/${appIdOf('Bad')}.json`, Buffer.from('[1,2'));
    expect((await mirror.run()).failed).toEqual([expect.objectContaining({ corrupt: true })]);
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Good']);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no list', '{"apps":{}}'],
    ['a list alone', '[]'],
  ])('%s: refused, what was published stays', async (_, text) => {
    const { upstream, mirror } = await scene();
    await mirror.run();
    upstream.files.set('apps/index.json', Buffer.from(text));
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_MIRROR_NO_INDEX' });
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Bad', 'Good']);
  });

  it('an endless index', { timeout: 60_000 }, async () => {
    const { upstream, mirror } = await scene();
    upstream.faults.set('apps/index.json', endless);
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_MIRROR_NO_INDEX' });
  });

  it('no server at all', async () => {
    const mirror = await mirroring('http://127.0.0.1:9');
    await expect(mirror.run()).rejects.toMatchObject({
      code: 'E_MIRROR_UNREACHABLE',
      message: 'http://127.0.0.1:9 cannot be read: connection refused',
    });
    expect(mirror.pauses).toHaveLength(3);
  });

  it('going back in time: refused with the names of the apps, also when it comes between', async () => {
    const { upstream, mirror } = await scene([good, { ...bad, versionNumber: 5 }]);
    await mirror.run();
    const older = makeUpstream([good, { ...bad, versionNumber: 4 }]);
    for (const [path, body] of older) upstream.files.set(path, body);
    await expect(mirror.run()).rejects.toMatchObject({
      code: 'E_MIRROR_OLDER',
      message: expect.stringContaining(`Bad (${appIdOf('Bad')}): 4, was 5`) as string,
      result: { older: [{ appId: appIdOf('Bad'), name: 'Bad', offers: 4, seen: 5 }] },
    });
    expect((await readPublished(mirror.dir)).map(({ versionNumber }) => versionNumber)).toEqual([1, 5]);

    // An app that was away meanwhile is not forgotten.
    upstream.files.set('apps/index.json', makeUpstream([good]).get('apps/index.json') ?? Buffer.alloc(0));
    await mirror.run();
    for (const [path, body] of older) upstream.files.set(path, body);
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_MIRROR_OLDER' });
    expect(incomplete(await mirror.run({ allowOlder: true }))).toBeUndefined();
    expect((await readPublished(mirror.dir)).map(({ versionNumber }) => versionNumber)).toEqual([1, 4]);
  });

  it('an index that is suddenly empty', async () => {
    const { upstream, mirror } = await scene();
    await mirror.run();
    upstream.files.set('apps/index.json', Buffer.from('{"apps":[]}'));
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_MIRROR_OLDER' });
    expect(namesOf(await readPublished(mirror.dir))).toEqual(['Bad', 'Good']);
  });
});

describe('after a power cut', () => {
  it('what had names and no bytes is fetched again', async () => {
    const { upstream, mirror } = await scene();
    await mirror.run();
    // The run was cut off before all was on the disk.
    const pool = join(mirror.dir, 'mirror/packages');
    const { packageId } = makeUpstreamApp(good).entry;
    await writeFile(join(pool, packageId), '');
    await writeFile(join(pool, '.123.abcd.tmp'), 'half');
    await writeFile(join(mirror.dir, 'mirror/unsettled'), '');
    upstream.asked.length = 0;
    expect(await mirror.run()).toMatchObject({ mended: 2, fetched: { files: 1 } });
    expect(upstream.asked).toEqual(['GET /apps/index.json 304', `GET /packages/${packageId} 200`]);
    expect((await stat(join(pool, packageId))).size).toBe(3_000);
    await expect(stat(join(mirror.dir, 'mirror/unsettled'))).rejects.toThrow('ENOENT');
  });

  it('a beginning that is another file is thrown away', async () => {
    const { upstream, mirror } = await scene();
    await mirror.host.files.plant(join(mirror.dir, 'mirror/partial'), [
      { path: badId, data: bytesOf('another', 1_000_000) },
    ]);
    const mirrored = await mirror.run();
    expect(incomplete(mirrored)).toBeUndefined();
    expect(upstream.asked).toContain(`GET /${badPath} bytes=1000000- 206`);
    expect(upstream.asked).toContain(`GET /${badPath} 200`);
    await readPublished(mirror.dir);
  });

  it('a memory that is damaged is told of, not guessed at', async () => {
    const { mirror } = await scene();
    await mirror.run();
    await writeFile(join(mirror.dir, 'mirror/memory.json'), '{"version":1');
    await expect(mirror.run()).rejects.toMatchObject({ code: 'E_MIRROR_MEMORY' });
  });
});
