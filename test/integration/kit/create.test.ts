import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_HOSTS } from '../../../src/kit/hosts.js';
import { buildIndex } from '../../../src/operations/app-index/build.js';
import { SITE_PARTS } from '../../../src/operations/app-index/site-parts.js';
import type { CreatedKit } from '../../../src/operations/kit/create.js';
import { verifyKit } from '../../../src/operations/kit/verify.js';
import { makeSigningKey } from '../../../src/rehearsal/signing-key.js';
import { connectedSide, offlineSide } from '../../helpers/kit-sides.js';
import { quietUi } from '../../helpers/mirroring.js';
import { packageIdFor, packageOf, publicFiles, putApps } from '../../helpers/public-hosts.js';
import { answerRightly, type UpstreamFiles } from '../../helpers/upstream-index.js';

const signing = makeSigningKey();
const NOTES = { name: 'Notes', version: 1 };
const TASKS = { name: 'Tasks', version: 1 };
let published: UpstreamFiles;

beforeAll(async () => {
  published = await publicFiles([308, 309], [NOTES, TASKS], signing);
});

const connected = () => connectedSide(published, signing);
const offline = offlineSide;
const names = ({ files }: CreatedKit): string[] => files.map(({ name }) => name);
const RELEASE = ['sandstorm-309.tar.xz', 'sandstorm-309.tar.xz.update-sig', 'install.sh'];

describe('making a kit from the public hosts', () => {
  it('fetches the newest release and apps, proves them, and the other side takes them in', async () => {
    const { create, key, host } = await connected();
    const made = await create({ allApps: true, purpose: 'first' });
    expect(made).toMatchObject({ changed: true, builds: [309] });
    expect(names(made).sort()).toEqual(
      [
        ...RELEASE,
        'catalogue.json',
        'RUNBOOK.md',
        `${packageIdFor(NOTES)}.spk`,
        `${packageIdFor(TASKS)}.spk`,
      ].sort(),
    );
    expect((await verifyKit(made.path, host, quietUi)).findings).toEqual([]);
    expect(JSON.parse(await readFile(join(made.path, 'files/catalogue.json'), 'utf8'))).toMatchObject({
      build: 309,
      needsAvx: false,
    });

    const server = await offline(key);
    const received = await server.receive(made.path);
    expect(received).toMatchObject({ changed: true, leftOut: 0 });
    expect((await readdir(received.folder)).sort()).toEqual(
      [...RELEASE, 'RUNBOOK.md', 'catalogue.json'].sort(),
    );
    const built = await buildIndex(
      { dir: server.index, keep: 3, anew: false, dryRun: false },
      SITE_PARTS,
      server.host,
    );
    expect(built).toMatchObject({ apps: 2, packages: 2 });
    expect((await server.receive(made.path)).changed).toBe(false);
  });

  it('says what it would fetch, with sizes, and fetches nothing', async () => {
    const { preview, upstream, root } = await connected();
    const seen = await preview({ allApps: true });
    expect(seen.toFetch.map(({ name, size }) => [name, size])).toEqual(
      expect.arrayContaining([
        ['sandstorm-309.tar.xz', published.get('dl/sandstorm-309.tar.xz')?.length],
        [`${packageIdFor(NOTES)}.spk`, packageOf(NOTES).length],
      ]),
    );
    expect(upstream.asked.filter((one) => one.startsWith('GET') && /tar\.xz|packages/.test(one))).toEqual([]);
    await expect(stat(join(root, 'kit'))).rejects.toThrow('ENOENT');
  });

  it('goes on in the middle of a tarball that was cut off', async () => {
    const { create, upstream } = await connected();
    const path = 'dl/sandstorm-309.tar.xz';
    let cuts = 1;
    upstream.faults.set(path, (_, response, body) => {
      if (cuts === 0 || body === undefined) return false;
      cuts -= 1;
      response.writeHead(200, { ETag: '"x"', 'Content-Length': body.length });
      response.write(body.subarray(0, 4_000), () => response.destroy());
      return true;
    });
    upstream.fault = undefined;
    const made = await create();
    expect(made.changed).toBe(true);
    expect(upstream.asked.filter((one) => one.includes(`/${path} `))).toHaveLength(2);
    expect(upstream.asked.some((one) => one.includes(`/${path} bytes=4000-`))).toBe(true);
  });

  it('does not fetch a second time what it has, and makes the same kit only once', async () => {
    const { create, upstream } = await connected();
    const made = await create({ allApps: true });
    upstream.asked.length = 0;
    expect(await create({ allApps: true })).toMatchObject({ changed: false, id: made.id });
    expect(upstream.asked.filter((one) => /309\.tar\.xz |packages/.test(one))).toEqual([]);
    await expect(create({ purpose: 'other' })).rejects.toMatchObject({ code: 'E_KIT_PLACE' });
  });

  it('refuses a release that is not as it was signed, and does not keep it', async () => {
    const { create, upstream, root } = await connected();
    const wrong = Buffer.from(published.get('dl/sandstorm-308.tar.xz') ?? '');
    upstream.files.set('dl/sandstorm-309.tar.xz', wrong);
    await expect(create()).rejects.toMatchObject({
      code: expect.stringMatching(/^E_(TARBALL|SIGNATURE)_/) as string,
    });
    await expect(stat(join(root, 'kit'))).rejects.toThrow('ENOENT');
    upstream.files.set('dl/sandstorm-309.tar.xz', published.get('dl/sandstorm-309.tar.xz') ?? wrong);
    expect((await create()).changed).toBe(true);
  });

  it('refuses a release without any signature', async () => {
    const { create, upstream } = await connected();
    upstream.files.delete('dl/sandstorm-309.tar.xz.update-sig');
    await expect(create()).rejects.toMatchObject({ code: 'E_TARBALL_UNSIGNED' });
  });

  it('refuses a package whose bytes are not those of its id', async () => {
    const { create, upstream } = await connected();
    upstream.files.set(`index/packages/${packageIdFor(NOTES)}`, packageOf({ name: 'Evil', version: 1 }));
    await expect(create({ release: { kind: 'none' }, allApps: true })).rejects.toMatchObject({
      code: 'E_KIT_DOWNLOAD',
    });
  });

  it('leaves out what the index does not say properly, and tells of it', async () => {
    const { create, upstream } = await connected();
    const index = JSON.parse((upstream.files.get('index/apps/index.json') ?? '').toString()) as {
      apps: object[];
    };
    index.apps.push({ name: 'Broken', appId: '../../etc' });
    upstream.files.set('index/apps/index.json', Buffer.from(JSON.stringify(index)));
    const made = await create({ release: { kind: 'none' }, allApps: true });
    expect(made.refused).toEqual([
      { app: expect.stringContaining('Broken') as string, why: expect.any(String) as string },
    ]);
    expect(names(made)).toHaveLength(3);
  });

  it('notices an index that goes back in time', async () => {
    const { create, upstream, root } = await connected();
    putApps(upstream.files, [{ name: 'Notes', version: 2 }]);
    const apps = { release: { kind: 'none' }, allApps: true } as const;
    await create(apps);
    putApps(upstream.files, [NOTES]);
    const next = { ...apps, path: join(root, 'next') };
    await expect(create(next)).rejects.toMatchObject({ code: 'E_MIRROR_OLDER' });
    expect((await create({ ...next, allowOlder: true })).changed).toBe(true);
  });

  it('says which host it could not reach, and goes on the next time', async () => {
    const { create, upstream } = await connected();
    upstream.fault = (request, response, body) => {
      if (!(request.url ?? '').startsWith('/dl')) return false;
      response.writeHead(500).end();
      return body !== undefined;
    };
    await expect(create()).rejects.toMatchObject({
      code: 'E_KIT_DOWNLOAD',
      message: expect.stringContaining('/dl/sandstorm-309.tar.xz') as string,
    });
    upstream.fault = (request, response, body) => {
      answerRightly(request, response, body);
      return true;
    };
    expect((await create()).changed).toBe(true);
  });

  it('defaults to the public hosts', () => {
    expect(PUBLIC_HOSTS).toEqual({
      downloads: 'https://dl.sandstorm.io',
      install: 'https://install.sandstorm.io',
      index: 'https://app-index.sandstorm.io',
    });
  });
});

describe('making a kit from what is here', () => {
  it('asks nobody with --offline', async () => {
    const { create, upstream, root } = await connected();
    const spk = join(root, 'notes.spk');
    await writeFile(spk, packageOf(NOTES));
    await writeFile(join(root, 'tool'), 'the tool');
    const made = await create({ offline: true, packages: [spk], tool: join(root, 'tool') });
    expect(names(made)).toEqual(['sandstorm-airgap', `${packageIdFor(NOTES)}.spk`, 'RUNBOOK.md']);
    await expect(create({ offline: true, release: { kind: 'build', build: 309 } })).rejects.toMatchObject({
      code: 'E_INPUT_NEEDED',
    });
    await expect(create({ offline: true, allApps: true })).rejects.toMatchObject({ code: 'E_INPUT_NEEDED' });
    expect(upstream.asked).toEqual([]);
  });

  it('takes no package that is not genuine', async () => {
    const { create, root } = await connected();
    const spk = join(root, 'notes.spk');
    const bytes = packageOf(NOTES);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 200) ^ 1, bytes.length - 200);
    await writeFile(spk, bytes);
    await expect(create({ offline: true, packages: [spk] })).rejects.toMatchObject({
      code: expect.stringMatching(/^E_SPK_/) as string,
    });
  });

  it('makes parts that become the same files again', async () => {
    const { create, root, key } = await connected();
    const tool = join(root, 'tool');
    await writeFile(tool, Buffer.alloc(300_000, 'tool '));
    const made = await create({ offline: true, tool, split: 128 * 1024 });
    expect((await readdir(join(made.path, 'files'))).filter((name) => name.startsWith('sandstorm'))).toEqual([
      'sandstorm-airgap.001',
      'sandstorm-airgap.002',
      'sandstorm-airgap.003',
    ]);
    const { folder } = await (await offline(key)).receive(made.path);
    expect(await readFile(join(folder, 'sandstorm-airgap'))).toEqual(await readFile(tool));
    expect((await stat(join(folder, 'sandstorm-airgap'))).mode & 0o777).toBe(0o755);
    await expect(create({ path: join(root, 'k.tar'), split: 128 * 1024 })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
  });

  it('gives each kit a higher serial, also when the clock goes back', async () => {
    const { host, root, create } = await connected();
    const tool = join(root, 'tool');
    const serials: number[] = [];
    for (const [path, now] of [
      ['a', '2026-06-01T00:00:00Z'],
      ['b', '2026-05-01T00:00:00Z'],
    ] as const) {
      await writeFile(tool, path);
      Object.assign(host, { clock: { ...host.clock, now: () => new Date(now) } });
      const made = await create({ offline: true, tool, path: join(root, path) });
      serials.push((await verifyKit(made.path, host, quietUi)).manifest.serial);
    }
    expect(serials[1]).toBe((serials[0] ?? 0) + 1);
  });
});

describe('a kit for a request', () => {
  it('holds only what the server lacks, and none is made when it lacks nothing', async () => {
    const { create, key, upstream, root } = await connected();
    const server = await offline(key);
    await server.receive((await create({ allApps: true })).path);

    const first = await server.request();
    expect(first.request).toMatchObject({ build: null, kits: [expect.any(String)], trusts: [key.key] });
    expect(first.request.packages).toHaveLength(2);
    const none = await create({ allApps: true, request: first.file, path: join(root, 'none') });
    expect(none).toMatchObject({ changed: false, id: undefined });
    await expect(stat(join(root, 'none'))).rejects.toThrow('ENOENT');

    const newer = { name: 'Notes', version: 2 };
    putApps(upstream.files, [newer, TASKS]);
    upstream.asked.length = 0;
    const next = await create({ allApps: true, request: first.file, path: join(root, 'next') });
    expect(names(next)).toEqual([`${packageIdFor(newer)}.spk`, 'RUNBOOK.md']);
    expect(upstream.asked.filter((one) => one.includes('/packages/'))).toHaveLength(1);
    expect((await server.receive(next.path)).changed).toBe(true);

    const elsewhere = await offline(key);
    await expect(elsewhere.receive(next.path)).rejects.toMatchObject({ code: 'E_KIT_BASE' });
  });

  it('leaves out the release that runs there', async () => {
    const { create, key, upstream } = await connected();
    const server = await offline(key);
    const { file, request } = await server.request();
    await writeFile(file, JSON.stringify({ ...request, build: 309 }));
    upstream.asked.length = 0;
    const made = await create({ request: file, apps: { apps: [], categories: ['Office'] } });
    expect(made.builds).toEqual([]);
    expect(upstream.asked.some((one) => one.includes('tar.xz'))).toBe(false);
  });

  it('is refused when the server would not take it, or it is no request', async () => {
    const { create, root, key } = await connected();
    const stranger = await offline({ ...key, key: `${'0'.repeat(62)}ff` });
    const { file } = await stranger.request();
    await expect(create({ request: file })).rejects.toMatchObject({ code: 'E_KIT_UNTRUSTED' });
    await writeFile(join(root, 'other'), '{"format":"sandstorm-airgap-request-1"}');
    await expect(create({ request: join(root, 'other') })).rejects.toMatchObject({ code: 'E_KIT_REQUEST' });
    await expect(create({ request: file, base: file })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('a difference to a kit holds the rest', async () => {
    const { create, key, root } = await connected();
    const whole = await create({ apps: { apps: [], categories: [] } });
    const more = await create({ base: whole.path, allApps: true, path: join(root, 'more') });
    expect(more.builds).toEqual([]);
    expect(names(more).filter((name) => !name.endsWith('.spk'))).toEqual(['RUNBOOK.md']);
    const server = await offline(key);
    await expect(server.receive(more.path)).rejects.toMatchObject({ code: 'E_KIT_BASE' });
    await server.receive(whole.path);
    expect((await server.receive(more.path)).changed).toBe(true);
  });
});
