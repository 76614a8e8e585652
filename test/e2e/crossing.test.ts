import { cp, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../src/rehearsal/signing-key.js';
import {
  CONTAINER_TIMEOUT,
  requireContainers,
  startContainer,
  type Container,
} from '../helpers/container.js';
import { ADDRESS, status, tool, trust, type Answer } from '../helpers/journey.js';
import { packaged, PACKAGE_TIMEOUT, requirePackaging } from '../helpers/packaged.js';
import { packageIdFor, publicFiles, putApps } from '../helpers/public-hosts.js';
import type { UpstreamFiles } from '../helpers/upstream-index.js';

/*
 * The whole crossing, as the README tells it: a connected machine and an offline server with no route between them. The
 * public hosts are a web server on the connected machine's own loopback; everything else goes by stick, the tool too: the
 * offline server has nothing but Debian, and no Node.
 */

const WHAT = 'the crossing';
const ready = requireContainers(WHAT) && requirePackaging(WHAT);

const signing = makeSigningKey();
const NOTES = { name: 'Notes', version: 1 };
const TASKS = { name: 'Tasks', version: 1 };
const NEW_NOTES = { name: 'Notes', version: 2 };
const HOSTS = ['dl', 'install', 'index'].flatMap((name, at) => [
  ['--download-url', '--install-url', '--index-url'][at] ?? '',
  `http://127.0.0.1:8000/${name}`,
]);
const SETTLE = ['--yes', '--json', '--stable-for', '2'];

/** Files by URL as routes.json names them; a route may change while it runs. */
const WEB_SERVER = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
createServer((request, response) => {
  const file = JSON.parse(readFileSync('/srv/public/routes.json', 'utf8'))[request.url.slice(1)];
  if (file === undefined) return response.writeHead(404).end();
  const body = readFileSync('/srv/public/' + file);
  response.writeHead(200, { 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}).listen(8000, '127.0.0.1');
`;

describe.skipIf(!ready)('from the internet to the server', () => {
  let folder = '';
  let here = '';
  let there = '';
  let published: UpstreamFiles;
  let connected: Container;
  let offline: Container;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossing-'));
    [here, there] = [join(folder, 'stick-here'), join(folder, 'stick-there')];
    const web = join(folder, 'public');
    for (const dir of [here, there, web]) await mkdir(dir);
    published = await publicFiles([308, 309], [NOTES, TASKS], signing);
    published.set('install/dev?from=0&type=install', Buffer.from('308\n'));
    await publish(web);
    await writeFile(join(web, 'server.js'), WEB_SERVER);
    const { program } = await packaged();
    const server = { [web]: '/srv/public', [process.execPath]: '/srv/node' };
    [connected, offline] = await Promise.all([
      startContainer({ init: 'none', withoutTool: true, show: server, share: { [here]: '/media/usb' } }),
      startContainer({ init: 'sysvinit', withoutTool: true, share: { [there]: '/media/usb' } }),
    ]);
    await connected.sh('setsid /srv/node /srv/public/server.js > /dev/null 2>&1 &');
    await connected.put(program, '/usr/local/bin/sandstorm-airgap');
    await offline.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
    // The offline server does not know the key of the release: there the house vouches for it.
    await trust(connected, signing);
  }, PACKAGE_TIMEOUT + CONTAINER_TIMEOUT);

  afterAll(async () => {
    await Promise.all([connected.stop(), offline.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const publish = async (web: string): Promise<void> => {
    const routes: Record<string, string> = {};
    for (const [index, [path, bytes]] of [...published].entries()) {
      routes[path] = String(index);
      await writeFile(join(web, String(index)), bytes);
    }
    await writeFile(join(web, 'routes.json'), JSON.stringify(routes));
  };
  /** Somebody pulls the stick, walks, and puts it in. */
  const carry = (from: string, to: string): Promise<void> => cp(from, to, { recursive: true, force: true });
  const ok = async (box: Container, ...args: string[]): Promise<Answer> => {
    const answer = await tool(box, [...args, '--json']);
    expect(answer, `${args.join(' ')}: ${JSON.stringify(answer.error)}`).toMatchObject({
      exitCode: 0,
      ok: true,
    });
    return answer;
  };
  const filesOf = ({ result }: Answer): string[] =>
    (result?.files as { readonly name: string }[]).map(({ name }) => name).sort();

  it('installs, asks, and updates, with nothing but files in between', { timeout: 240_000 }, async () => {
    // No way out of the offline server: only loopback is there.
    await expect(offline.sh('ip -o link | wc -l; ip route')).resolves.toBe('1');

    await ok(connected, 'key', 'create', '--name', 'Operations');
    await ok(connected, 'key', 'show', '--out', '/media/usb/house.key');
    const create = ['kit', 'create', '--all-apps', ...HOSTS];
    const planned = await ok(connected, ...create, '/media/usb/kit', '--dry-run');
    expect((planned.result?.toFetch as unknown[]).length).toBeGreaterThan(3);
    const made = await ok(connected, ...create, '/media/usb/kit', '--split', '40M');
    expect(made.result).toMatchObject({ builds: [308] });
    await ok(connected, 'kit', 'verify', '/media/usb/kit');
    await carry(here, there);

    // As the page says that comes with it: the tool is taken out, and compared with what was printed over there.
    await expect(offline.sh('command -v node sandstorm-airgap || echo none')).resolves.toBe('none');
    const [take, compare, sha256] = blockOf(await offline.sh('cat /media/usb/kit/files/RUNBOOK.md'));
    await offline.sh(take.replaceAll('KIT', '/media/usb/kit'));
    await expect(offline.sh(compare)).resolves.toBe(`${sha256}  /usr/local/bin/sandstorm-airgap`);
    await ok(offline, 'self-check');

    // A stranger's kit, until somebody has compared the key.
    const strange = await tool(offline, ['kit', 'verify', '/media/usb/kit', '--json']);
    expect(strange).toMatchObject({ exitCode: 5, error: { code: 'E_KIT_UNTRUSTED' } });
    await ok(offline, 'key', 'trust', '/media/usb/house.key', '--reason', 'compared with Ann');
    await ok(offline, 'kit', 'verify', '/media/usb/kit');
    await ok(offline, 'index', 'init', '/srv/app-index');
    const received = await ok(offline, 'kit', 'receive', '/media/usb/kit', '--index', '/srv/app-index');
    expect(received).toMatchObject({ changed: true, result: { packagesLeftOut: 0 } });
    await ok(offline, 'index', 'build', '/srv/app-index');
    await expect(packages()).resolves.toEqual([NOTES, TASKS].map(packageIdFor).sort());

    const installed = await ok(
      offline,
      'install',
      '/media/usb/kit',
      ...SETTLE.slice(0, 1),
      '--stable-for',
      '2',
      ...ADDRESS,
    );
    expect(installed).toMatchObject({ changed: true, result: { build: 308, healthy: true } });
    expect(installed.result).toMatchObject({ plan: { proof: { signedBy: [{ origin: 'house' }] } } });

    await ok(offline, 'kit', 'request', '/media/usb/server.request', '--index', '/srv/app-index');
    await carry(there, here);

    // Meanwhile there is a new release, and a new version of one app.
    published.set('install/dev?from=0&type=install', Buffer.from('309\n'));
    putApps(published, [NEW_NOTES, TASKS]);
    await publish(join(folder, 'public'));
    const next = await ok(connected, ...create, '/media/usb/next', '--for', '/media/usb/server.request');
    expect(filesOf(next)).toEqual(
      [
        'RUNBOOK.md',
        'catalogue.json',
        `${packageIdFor(NEW_NOTES)}.spk`,
        'sandstorm-309.tar.xz',
        'sandstorm-309.tar.xz.update-sig',
      ].sort(),
    );
    await carry(here, there);

    // The stick was bad; it says where, and nothing is taken in.
    await damage(join(there, 'next/files/sandstorm-309.tar.xz'));
    const bad = await tool(offline, ['kit', 'receive', '/media/usb/next', '--json']);
    expect(bad).toMatchObject({
      exitCode: 5,
      changed: false,
      error: { code: 'E_KIT_DAMAGED' },
      result: { findings: [{ name: 'sandstorm-309.tar.xz', state: 'damaged' }] },
    });
    await carry(here, there);

    const dry = await ok(offline, 'update', '/media/usb/next', '--yes', '--stable-for', '2', '--dry-run');
    expect(dry).toMatchObject({ changed: false, result: { from: 308, to: 309 } });
    await ok(offline, 'kit', 'receive', '/media/usb/next', '--index', '/srv/app-index');
    await ok(offline, 'index', 'build', '/srv/app-index');
    const updated = await ok(offline, 'update', '/media/usb/next', '--yes', '--stable-for', '2');
    expect(updated).toMatchObject({ changed: true, result: { from: 308, to: 309, healthy: true } });
    expect(await status(offline)).toMatchObject({ build: 309, healthy: true, channel: 'none' });
    await expect(packages()).resolves.toEqual([NOTES, NEW_NOTES, TASKS].map(packageIdFor).sort());

    // Once more, and everything is there already.
    expect(await ok(offline, 'kit', 'receive', '/media/usb/next')).toMatchObject({ changed: false });
    expect(await ok(offline, 'update', '/media/usb/next', '--yes', '--stable-for', '2')).toMatchObject({
      changed: false,
    });
    // Somebody brings the first kit back.
    expect(await tool(offline, ['update', '/media/usb/kit', ...SETTLE])).toMatchObject({
      exitCode: 5,
      error: { code: 'E_KIT_OLDER' },
    });
    // And asks for what is lacking: nothing.
    await ok(offline, 'kit', 'request', '/media/usb/server.request', '--index', '/srv/app-index');
    await carry(there, here);
    const none = await ok(connected, ...create, '/media/usb/none', '--for', '/media/usb/server.request');
    expect(none).toMatchObject({ changed: false, result: { kit: null } });
  });

  /** The lines of a page's first block: what to type to take the tool out, to compare it, and what that must say. */
  const blockOf = (page: string): [string, string, string] => {
    const [take = '', compare = '', sha256 = ''] = /```\n([\s\S]*?)```/.exec(page)?.[1]?.split('\n') ?? [];
    return [take, compare, sha256];
  };

  const packages = async (): Promise<string[]> =>
    (await offline.sh('ls /srv/app-index/public/packages')).split('\n').sort();
});

async function damage(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 2_000);
    byte.writeUInt8(byte.readUInt8(0) ^ 1);
    await file.write(byte, 0, 1, 2_000);
  } finally {
    await file.close();
  }
}
