// `index mirror` against `wget -m`, both from nginx on loopback, checking and bringing to the disk included; a second
// run; and `index serve` against nginx. Needs nginx and wget.
import { spawn, spawnSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2b';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pairs, peak, report, row, run, toolCommand } from './measure.mjs';

const SMALL = 2_000;
const LARGE = 20;
const LARGE_BYTES = 10_000_000;
const ALPHABET = '0123456789acdefghjkmnpqrstuvwxyz';
const READINGS = 5;

export async function measureMirror() {
  const missing = ['nginx', 'wget', 'curl'].filter(
    (one) => spawnSync('sh', ['-c', `command -v ${one}`]).status !== 0,
  );
  if (missing.length > 0) return console.log(`Without ${missing.join(', ')} no mirror is measured.\n`);
  const work = mkdtempSync(join(tmpdir(), 'sandstorm-bench-'));
  const port = await freePort();
  makeIndex(join(work, 'site'));
  const stop = await startNginx(work, port);
  try {
    await mirrorAgainstWget(work, `http://127.0.0.1:${port}`);
    await serveAgainstNginx(work, port);
    report();
  } finally {
    await stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function mirrorAgainstWget(work, url) {
  const [theirs, ours] = [join(work, 'wget'), join(work, 'mirror')];
  // Both begin with nothing, and end with everything on the disk, as a mirror must.
  const wget = `rm -rf ${theirs} && wget -q -m -nH -P ${theirs} ${url}/list.html && sync -f ${theirs}`;
  const tool = toolCommand(['index', 'mirror', url, ours, '--json']).join(' ');
  const base = { name: 'wget -m', command: ['sh', '-c', wget] };
  pairs(
    `index mirror, ${SMALL} small and ${LARGE} large files`,
    READINGS,
    base,
    ['sh', '-c', `rm -rf ${ours} && ${tool}`],
    'at most 1.50',
  );
  rmSync(ours, { recursive: true });
  await peak('index mirror', ['index', 'mirror', url, ours, '--json'], 150);
  const log = join(work, 'access.log');
  const before = lines(log);
  run(['index', 'mirror', url, ours, '--json']);
  row('index mirror, nothing new', `${lines(log) - before} request`, '', 'at most 1');
}

/** The same large file, a hundred times over one connection. */
async function serveAgainstNginx(work, nginxPort) {
  const name = readFileSync(join(work, 'site/largest'), 'utf8');
  const server = spawn(
    ...split(toolCommand(['index', 'serve', join(work, 'mirror'), '--listen', '127.0.0.1:0', '--json'])),
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [said] = await once(server.stdout, 'data');
    const { port } = JSON.parse(said).result;
    const fetchAll = (at) => [
      'curl',
      '-sS',
      '-o',
      '/dev/null',
      `http://127.0.0.1:${at}/packages/${name}?[1-100]`,
    ];
    const base = { name: 'nginx', command: fetchAll(nginxPort) };
    pairs('index serve, 100 x 10 MB', READINGS, base, fetchAll(port), 'at most 1.25');
    const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
    row('index serve, memory', `${(kilobytes / 1024).toFixed(0)} MB`, '', 'at most 150 MB');
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

function split([file, ...args]) {
  return [file, args];
}

/** 670 apps are 2,010 small files; 20 of them have large packages. */
function makeIndex(site) {
  for (const folder of ['apps', 'packages', 'images']) mkdirSync(join(site, folder), { recursive: true });
  const apps = [];
  const paths = [];
  const put = (path, bytes) => {
    writeFileSync(join(site, path), bytes);
    paths.push(path);
  };
  const count = Math.floor((SMALL + LARGE) / 3);
  for (let at = 0; at < count; at += 1) {
    const spk = noise(`package ${at}`, at < LARGE ? LARGE_BYTES : 2_000 + ((at * 37) % 8_000));
    const packageId = createHash('sha256').update(spk).digest('hex').slice(0, 32);
    const appId = [...createHash('sha512').update(String(at)).digest().subarray(0, 52)]
      .map((one) => ALPHABET[one % 32])
      .join('');
    const icon = noise(`icon ${at}`, 3_000);
    const imageId = `${Buffer.from(blake2b(icon, { dkLen: 16 })).toString('hex')}.png`;
    put(`packages/${packageId}`, spk);
    put(`images/${imageId}`, icon);
    put(
      `apps/${appId}.json`,
      JSON.stringify({ description: 'x'.repeat(2_000), screenshots: [], license: 'MIT License' }),
    );
    if (at === 0) writeFileSync(join(site, 'largest'), packageId);
    apps.push({
      appId,
      name: `App ${at}`,
      version: '1',
      packageId,
      imageId,
      isOpenSource: true,
      categories: ['Office'],
      author: {},
      createdAt: '2020-01-01T00:00:00Z',
      versionNumber: 1,
    });
  }
  put('apps/index.json', JSON.stringify({ apps }));
  writeFileSync(join(site, 'list.html'), paths.map((path) => `<a href="/${path}">x</a>`).join('\n'));
}

function noise(name, length) {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

function lines(file) {
  return readFileSync(file, 'utf8').split('\n').length;
}

async function startNginx(work, port) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(work, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${work}/pid; error_log ${work}/error.log; user root; events {}
     http { access_log ${work}/access.log; sendfile on; keepalive_requests 100000; types { text/html html; }
     ${temporary.map((one) => `${one}_temp_path ${work}/${one};`).join(' ')}
     server { listen 127.0.0.1:${port}; root ${work}/site; } }`,
  );
  const child = spawn('nginx', ['-p', work, '-c', join(work, 'nginx.conf')], { stdio: 'inherit' });
  while (!existsSync(join(work, 'pid'))) await setTimeout(20);
  return async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
}

function freePort() {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    }),
  );
}
