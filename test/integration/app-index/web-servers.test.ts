import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SITE_HEADERS } from '../../../src/app-index/serve/site-headers.js';
import { apacheConfig, APACHE_MODULES } from '../../../src/app-index/web-config/apache.js';
import { caddyConfig } from '../../../src/app-index/web-config/caddy.js';
import { nginxConfig } from '../../../src/app-index/web-config/nginx.js';
import { webSite, type WebSite } from '../../../src/app-index/web-config/site.js';
import { serveIndex, type ServingIndex } from '../../../src/operations/app-index/serve.js';
import { freePorts } from '../../../src/system/free-ports.js';
import { systemFiles } from '../../../src/system/files.js';
import { createTranscript } from '../../../src/system/log.js';
import { realHost } from '../../../src/system/real-host.js';
import { appIdOf } from '../../helpers/market-models.js';
import { requireReal } from '../../helpers/real-parts.js';
import { until } from '../../helpers/until.js';
import { makeUpstreamApp, writeUpstream, type UpstreamFiles } from '../../helpers/upstream-index.js';

/* One table of questions and answers, for our own server and for each real one with the configuration we print. */

interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const SECRET = 'not for others';
const made = makeUpstreamApp({ name: 'Notes', bytes: 100_000 });
const { packageId, imageId = '' } = made.entry;
const spk = made.files.get(`packages/${packageId}`) ?? Buffer.alloc(0);
const files: UpstreamFiles = new Map([
  ...made.files,
  ['apps/index.json', Buffer.from('{"apps":[]}\n')],
  ['index.html', Buffer.from('<!doctype html><title>Apps</title>')],
  ['market.css', Buffer.from('p{}')],
  ['market.js', Buffer.from('1;')],
]);

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'web-servers-'));
  const site = join(dir, 'generations/1/site');
  await mkdir(site, { recursive: true });
  await systemFiles.plant(dir, [{ path: 'app-index.json', data: SECRET }]);
  await writeUpstream(site, files);
  await writeFile(join(site, '.hidden'), SECRET);
  await writeFile(join(site, 'apps/.hidden'), SECRET);
  await symlink('../../../../app-index.json', join(site, 'apps/link.json'));
  await symlink('../../..', join(site, 'out'));
  await symlink('generations/1/site', join(dir, 'public'));
  // Whoever serves it is another user.
  await systemFiles.plant(site, []);
  for (const folder of ['', 'generations', 'generations/1']) await systemFiles.plant(join(dir, folder), []);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly programs: readonly string[];
  readonly followsLinks?: boolean;
  start(port: number): Promise<Running>;
}

const site = (port: number): WebSite =>
  webSite(dir, ['localhost', '127.0.0.1'], { address: '127.0.0.1', port });

const KINDS: readonly Kind[] = [
  {
    name: 'index serve',
    programs: [],
    start: async () => {
      const stop = new AbortController();
      const host = realHost(
        createTranscript(() => new Date()),
        { signal: stop.signal, unbroken: (work) => work() },
      );
      const serving: ServingIndex = await serveIndex(
        dir,
        { address: '127.0.0.1', port: 0 },
        host,
        () => undefined,
      );
      const ended = serving.untilStopped();
      return {
        port: serving.port,
        stop: async () => {
          stop.abort();
          await ended;
        },
      };
    },
  },
  {
    name: 'nginx',
    programs: ['nginx'],
    start: async (port) => {
      const work = await workFolder('nginx');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      await writeFile(
        join(work, 'nginx.conf'),
        [
          'daemon off;',
          `pid ${work}/pid;`,
          `error_log ${work}/error.log;`,
          'events {}',
          'http {',
          '  access_log off;',
          ...temporary.map((one) => `  ${one}_temp_path ${work}/${one};`),
          nginxConfig(site(port)),
          '}',
        ].join('\n'),
      );
      return running('nginx', ['-p', work, '-c', join(work, 'nginx.conf')], port);
    },
  },
  {
    name: 'apache',
    programs: ['apache2'],
    start: async (port) => {
      const work = await workFolder('apache');
      const modules = [...APACHE_MODULES, 'mpm_event'];
      await writeFile(
        join(work, 'apache.conf'),
        [
          ...modules.map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`),
          `PidFile ${work}/pid`,
          `ErrorLog ${work}/error.log`,
          `DefaultRuntimeDir ${work}`,
          'User www-data',
          'Group www-data',
          'ServerName localhost',
          'TypesConfig /dev/null',
          '<Directory />\n  Options FollowSymLinks\n  AllowOverride None\n  Require all denied\n</Directory>',
          apacheConfig(site(port)),
        ].join('\n'),
      );
      return running('apache2', ['-D', 'FOREGROUND', '-f', join(work, 'apache.conf')], port);
    },
  },
  {
    name: 'caddy',
    programs: ['caddy'],
    followsLinks: true,
    start: async (port) => {
      const work = await workFolder('caddy');
      const file = join(work, 'Caddyfile');
      await writeFile(file, `{\n\tadmin off\n}\n${caddyConfig(site(port))}\n`);
      return running('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port);
    },
  },
];

async function workFolder(name: string): Promise<string> {
  const work = join(dir, 'work', name);
  await mkdir(work, { recursive: true });
  return work;
}

async function running(program: string, args: readonly string[], port: number): Promise<Running> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  await until(`${program} answers`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    return ask(port, { path: '/' }).then(
      () => true,
      () => false,
    );
  });
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

function ask(port: number, { method = 'GET', path, headers = {} }: Question): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces) }),
      );
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** As it is typed: node's client would refuse some of these targets. */
function askRaw(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}

/** Path, type, kind of headers. */
const FILES: readonly (readonly [string, string, keyof typeof SITE_HEADERS])[] = [
  ['/', 'text/html; charset=utf-8', 'pages'],
  ['/index.html', 'text/html; charset=utf-8', 'pages'],
  ['/market.css', 'text/css; charset=utf-8', 'pages'],
  ['/market.js', 'text/javascript; charset=utf-8', 'pages'],
  ['/apps/index.json', 'application/json', 'pages'],
  [`/apps/${appIdOf('Notes')}.json`, 'application/json', 'pages'],
  [`/packages/${packageId}`, 'application/octet-stream', 'packages'],
  [`/images/${imageId}`, 'image/svg+xml', 'images'],
  [`/images/${made.details.screenshots[0]?.imageId ?? ''}`, 'image/png', 'images'],
];
const spkPath = `/packages/${packageId}`;
const size = String(spk.length);

/** Range, status, Content-Range, the bytes. */
const RANGES: readonly (readonly [string, number, string | undefined, Buffer | undefined])[] = [
  ['bytes=0-99', 206, `bytes 0-99/${size}`, spk.subarray(0, 100)],
  ['bytes=99900-', 206, `bytes 99900-99999/${size}`, spk.subarray(99_900)],
  ['bytes=-100', 206, `bytes 99900-99999/${size}`, spk.subarray(-100)],
  ['bytes=99990-200000', 206, `bytes 99990-99999/${size}`, spk.subarray(99_990)],
  ['bytes=-200000', 206, `bytes 0-99999/${size}`, spk],
  ['bytes=100000-', 416, `bytes */${size}`, undefined],
];

const MISSING = [
  `/packages/${'0'.repeat(32)}`,
  '/images/none.svg',
  '/apps/none.json',
  '/.hidden',
  '/apps/.hidden',
  '/packages/',
  '/apps',
  '/apps/',
];
const CLIMBING = [
  '/../app-index.json',
  '/../../app-index.json',
  '/apps/../../../../app-index.json',
  '/%2e%2e/%2e%2e/%2e%2e/app-index.json',
  '/apps/..%2f..%2f..%2f..%2fapp-index.json',
  '/apps/%2e%2e%5c%2e%2e%5capp-index.json',
  '//../app-index.json',
  '/apps/index.json%00.html',
  '/%c0%ae%c0%ae/app-index.json',
];

describe.each(KINDS)('$name', ({ name, programs, followsLinks, start }) => {
  const ready = requireReal(`an app index served by ${name}`, programs);
  let server: Running;
  beforeAll(async () => {
    if (!ready) return;
    const [port = 0] = await freePorts(1);
    server = await start(port);
  });
  afterAll(async () => {
    if (ready) await server.stop();
  });

  describe.skipIf(!ready)('answers', () => {
    it.each(FILES)('%s as %s', async (path, type, kind) => {
      const reply = await ask(server.port, { path });
      expect(reply.status).toBe(200);
      expect(reply.body).toEqual(files.get(path === '/' ? 'index.html' : path.slice(1)));
      expect(String(reply.headers['content-type']).toLowerCase()).toBe(type);
      const expected = Object.entries(SITE_HEADERS[kind]).map(([key, value]) => [key.toLowerCase(), value]);
      expect(reply.headers).toMatchObject(Object.fromEntries(expected) as object);
      if (kind !== 'pages') expect(reply.headers).not.toHaveProperty('referrer-policy');
      expect(reply.headers['accept-ranges']).toBe('bytes');
    });

    it('HEAD with the same headers and no body', async () => {
      const [got, head] = [
        await ask(server.port, { path: spkPath }),
        await ask(server.port, { path: spkPath, method: 'HEAD' }),
      ];
      expect(head.status).toBe(200);
      expect(head.body).toHaveLength(0);
      for (const key of ['content-length', 'content-type', 'etag', 'cache-control'] as const)
        expect(head.headers[key]).toBe(got.headers[key]);
    });

    it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s with 405', async (method) => {
      expect((await ask(server.port, { path: '/apps/index.json', method })).status).toBe(405);
    });

    it.each([spkPath, '/apps/index.json', `/images/${imageId}`])(
      '%s with 304 to its own tag',
      async (path) => {
        const { etag = '', 'last-modified': modified = '' } = (await ask(server.port, { path })).headers;
        expect(etag).toMatch(/^"[^"]+"$/);
        const again = await ask(server.port, { path, headers: { 'If-None-Match': String(etag) } });
        expect(again.status).toBe(304);
        expect(again.body).toHaveLength(0);
        expect(
          (await ask(server.port, { path, headers: { 'If-Modified-Since': String(modified) } })).status,
        ).toBe(304);
        expect((await ask(server.port, { path, headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
      },
    );

    it.each(RANGES)('%s with %i', async (range, status, contentRange, bytes) => {
      const reply = await ask(server.port, { path: spkPath, headers: { Range: range } });
      expect(reply.status).toBe(status);
      // Apache leaves it out of a 416.
      if (status === 206 || name !== 'apache') expect(reply.headers['content-range']).toBe(contentRange);
      if (bytes !== undefined) expect(reply.body.equals(bytes)).toBe(true);
    });

    it('a range of another file with the whole', async () => {
      const headers = { Range: 'bytes=10-19', 'If-Range': '"other"' };
      const reply = await ask(server.port, { path: spkPath, headers });
      expect(reply.status).toBe(200);
      expect(reply.body.equals(spk)).toBe(true);
    });

    it.each(MISSING)('%s with not found, not to be remembered', async (path) => {
      const reply = await ask(server.port, { path });
      expect([403, 404]).toContain(reply.status);
      expect(reply.headers['cache-control'] ?? '').not.toContain('immutable');
      expect(reply.body.toString()).not.toContain(SECRET);
      expect(reply.body.toString()).not.toContain(packageId);
    });

    it.each(CLIMBING)('%s without leaving the site', async (target) => {
      const said = await askRaw(server.port, target);
      expect(said).toMatch(/^HTTP\/1\.1 (?:400|403|404|301|308) /);
      expect(said).not.toContain(SECRET);
    });

    it.skipIf(followsLinks).each(['/apps/link.json', '/out/app-index.json'])(
      '%s: no link is followed',
      async (path) => {
        const reply = await ask(server.port, { path });
        expect([403, 404]).toContain(reply.status);
        expect(reply.body.toString()).not.toContain(SECRET);
      },
    );
  });
});
