import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IndexEntry } from '../../../src/app-index/format.js';
import { freePorts } from '../../../src/system/free-ports.js';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { readPublished } from '../../helpers/mirroring.js';
import { requireReal } from '../../helpers/real-parts.js';
import { until } from '../../helpers/until.js';
import { makeUpstream, writeUpstream, type UpstreamApp } from '../../helpers/upstream-index.js';
import { seeded } from '../../helpers/archives.js';

/* The built tool against a real nginx with a few hundred apps: run to its end, and killed at random. */

const ready = requireReal('a mirror of a larger index', ['nginx']);
const APPS = 200;
const LARGE = 4;
const ROUNDS = Number(process.env.SANDSTORM_AIRGAP_MIRROR_ROUNDS ?? 5);
const SEED = Number(process.env.SANDSTORM_AIRGAP_MIRROR_SEED ?? 7);

let folder = '';
let command: BuiltCommand;
let url = '';
let stopNginx: () => Promise<void>;

/** Every tenth app has a new version with each edition. */
function edition(number: number): UpstreamApp[] {
  return Array.from({ length: APPS }, (_, at) => ({
    name: `App ${String(at)}`,
    versionNumber: at % 10 === 0 ? number : 1,
    bytes: at < LARGE ? 3_000_000 : 500 + at,
    screenshots: at % 2,
  }));
}

beforeAll(async () => {
  if (!ready) return;
  folder = await mkdtemp(join(tmpdir(), 'mirror-killed-'));
  command = await buildCommand();
  await writeUpstream(join(folder, 'site'), makeUpstream(edition(1)));
  const [port = 0] = await freePorts(1);
  url = `http://127.0.0.1:${String(port)}`;
  stopNginx = await startNginx(port);
});
afterAll(async () => {
  if (!ready) return;
  await stopNginx();
  await command.remove();
  await rm(folder, { recursive: true, force: true });
});

async function startNginx(port: number): Promise<() => Promise<void>> {
  const work = join(folder, 'nginx');
  await mkdir(work);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    join(work, 'nginx.conf'),
    `daemon off; pid ${work}/pid; error_log ${work}/error.log; user root; events {}
     http { log_format plain '$request_method $uri $status'; access_log ${work}/access.log plain;
     ${temporary.map((one) => `${one}_temp_path ${work}/${one};`).join(' ')}
     server { listen 127.0.0.1:${String(port)}; root ${folder}/site; } }`,
  );
  const child = spawn('nginx', ['-p', work, '-c', join(work, 'nginx.conf')], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'ignore',
  });
  await until(
    'nginx answers',
    async () => (await fetch(`${url}/apps/index.json`).catch(() => undefined))?.ok === true,
  );
  return async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  };
}

async function requests(): Promise<string[]> {
  return (await readFile(join(folder, 'nginx/access.log'), 'utf8')).trim().split('\n');
}

const args = (dir: string): string[] => ['index', 'mirror', url, dir, '--json'];

describe.skipIf(!ready)('a mirror of a larger index', { timeout: 300_000 }, () => {
  it('is whole, and asks once when nothing has changed', async () => {
    const dir = join(folder, 'whole');
    const ran = await command.run(args(dir));
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: true,
      changed: true,
      result: { apps: APPS, packages: APPS },
    });
    expect(await readPublished(dir)).toHaveLength(APPS);

    const before = (await requests()).length;
    const again = await command.run(args(dir));
    expect(JSON.parse(again.stdout)).toMatchObject({
      ok: true,
      changed: false,
      result: { fetched: { files: 0 } },
    });
    expect((await requests()).slice(before)).toEqual(['GET /apps/index.json 304']);
  });

  it(`killed ${String(ROUNDS)} times at random, it is whole each time and comes to its end`, async () => {
    const random = seeded(SEED);
    const counts = { killed: 0, ended: 0, nothing: 0, former: 0, newer: 0 };
    // One that is there and only brought up to date, and one that is fetched from nothing.
    const mirrors = [
      { dir: join(folder, 'whole'), takes: await timeOf(join(folder, 'whole'), 2), latest: 2 },
      { dir: join(folder, 'fresh'), takes: await timeOf(join(folder, 'measured'), 2), latest: 0 },
    ];
    for (let round = 1; round <= ROUNDS; round += 1) {
      await publishEdition(2 + Math.ceil(round / 3));
      const mirror = mirrors[round % 2] ?? raise();
      const ended = await killedAfter(random() * 1.1 * mirror.takes, args(mirror.dir));
      counts[ended ? 'ended' : 'killed'] += 1;
      if (!(await exists(join(mirror.dir, 'public')))) {
        counts.nothing += 1;
        continue;
      }
      const latest = latestOf(await readPublished(mirror.dir));
      expect(latest).toBeGreaterThanOrEqual(mirror.latest);
      counts[latest > mirror.latest ? 'newer' : 'former'] += 1;
      mirror.latest = latest;
    }
    console.log(`mirror killed at random, seed ${String(SEED)}: ${JSON.stringify(counts)}`);
    expect(counts.killed).toBeGreaterThan(0);

    for (const { dir } of mirrors) {
      expect((await command.run(args(dir))).exitCode).toBe(0);
      expect(latestOf(await readPublished(dir))).toBe(2 + Math.ceil(ROUNDS / 3));
      const before = (await requests()).length;
      expect((await command.run(args(dir))).exitCode).toBe(0);
      expect((await requests()).slice(before)).toEqual(['GET /apps/index.json 304']);
    }
  });
});

async function publishEdition(number: number): Promise<void> {
  await writeUpstream(join(folder, 'site'), makeUpstream(edition(number)));
}

/** Milliseconds that a run to its end takes with that edition. */
async function timeOf(dir: string, number: number): Promise<number> {
  await publishEdition(number);
  const began = performance.now();
  expect((await command.run(args(dir))).exitCode).toBe(0);
  return performance.now() - began;
}

/** The highest version of all, once every app is there. */
function latestOf(apps: readonly IndexEntry[]): number {
  expect(apps).toHaveLength(APPS);
  return Math.max(...apps.map(({ versionNumber }) => versionNumber));
}

function raise(): never {
  throw new Error('there are two mirrors');
}

/** Whether it came to its end before. */
async function killedAfter(ms: number, all: readonly string[]): Promise<boolean> {
  const env = { PATH: process.env.PATH, HOME: folder, SANDSTORM_AIRGAP_STATE_DIR: join(folder, 'state') };
  const child = spawn(process.execPath, [command.file, ...all], { env, stdio: 'ignore' });
  const exited = once(child, 'exit');
  await Promise.race([sleep(ms), exited]);
  const ended = child.exitCode !== null;
  if (!ended) child.kill('SIGKILL');
  await exited;
  return ended;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
