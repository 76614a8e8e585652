import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { beforeAll, afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { tmpdir } from 'node:os';
import { lockOwner, withLock } from '../../../src/journal/lock.js';
import { stateDirs } from '../../../src/journal/state-dir.js';
import type { Host } from '../../../src/system/host.js';
import { privateMachine } from '../../helpers/machine-host.js';
import { until } from '../../helpers/until.js';

const HOME = '/opt/sandstorm';

let bundled = '';
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-lock-'));
  bundled = join(dir, 'taker.mjs');
  await build({
    entryPoints: [new URL('./taker.ts', import.meta.url).pathname],
    outfile: bundled,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['execa'],
    logLevel: 'silent',
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A process that takes the lock again and again; see taker.ts. */
function taker(state: string, shared: string, rounds: number): ChildProcess {
  const child = spawn(process.execPath, [bundled, state, HOME, shared, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const piece of child.stdout ?? []) text += String(piece);
  return text;
}

async function locksOf(host: Host): Promise<string> {
  const { locks } = stateDirs(HOME, host);
  await mkdir(locks, { recursive: true });
  return locks;
}

describe('the lock of a HOME', () => {
  it('is held while the work goes on, and gone afterwards', async () => {
    const { host } = await privateMachine();
    expect(await lockOwner(HOME, host)).toBeUndefined();
    const seen = await withLock(HOME, 'update', host, () => lockOwner(HOME, host));
    expect(seen).toMatchObject({ pid: process.pid, operation: 'update', user: host.user.name });
    expect(Date.parse(seen?.since ?? '')).not.toBeNaN();
    expect(await lockOwner(HOME, host)).toBeUndefined();
    expect(await readdir(await locksOf(host))).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    const { host } = await privateMachine();
    await expect(withLock(HOME, 'update', host, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withLock(HOME, 'update', host, () => Promise.resolve('in'))).resolves.toBe('in');
  });

  it('refuses a second one, and says who has it', async () => {
    const { host } = await privateMachine();
    await withLock(HOME, 'update', host, async () => {
      await expect(withLock(HOME, 'install', host, () => Promise.resolve())).rejects.toMatchObject({
        code: 'E_BUSY',
        exitCode: 8,
        message: expect.stringMatching(
          `^${host.user.name} is running update on ${HOME} since 20..-.* \\(pid ${String(process.pid)}\\)$`,
        ) as string,
        result: { owner: { pid: process.pid, operation: 'update' } },
      });
      // Another server is another matter.
      await expect(withLock('/srv/other', 'install', host, () => Promise.resolve('in'))).resolves.toBe('in');
    });
  });

  it('is gone with an owner that was killed', async () => {
    const { host, root } = await privateMachine();
    const child = taker(host.layout.stateDir, root, -1);
    await once(child.stdout ?? child, 'data');
    await expect(withLock(HOME, 'update', host, () => Promise.resolve())).rejects.toMatchObject({
      code: 'E_BUSY',
    });
    child.kill('SIGKILL');
    await until('it is dead', () => child.signalCode !== null);
    expect(await readdir(await locksOf(host))).toHaveLength(1);
    expect(await lockOwner(HOME, host)).toBeUndefined();
    await expect(withLock(HOME, 'update', host, () => Promise.resolve('in'))).resolves.toBe('in');
    expect(await readdir(await locksOf(host))).toEqual([]);
  });

  it('is gone with a killed owner that nobody has reaped', async () => {
    const { host, root } = await privateMachine();
    // The shell becomes a sleeper that does not wait for its children.
    const script = '"$@" & exec sleep 60';
    const parent = spawn(
      'sh',
      ['-c', script, 'sh', process.execPath, bundled, host.layout.stateDir, HOME, root, '-1'],
      {
        stdio: 'ignore',
      },
    );
    onTestFinished(() => void parent.kill('SIGKILL'));
    await until('it is in', async () => (await lockOwner(HOME, host)) !== undefined);
    const owner = await lockOwner(HOME, host);
    process.kill(owner?.pid ?? 0, 'SIGKILL');
    await until('it is a zombie', async () =>
      (await readFile(`/proc/${String(owner?.pid)}/stat`, 'utf8')).includes(' Z '),
    );
    await expect(withLock(HOME, 'update', host, () => Promise.resolve('in'))).resolves.toBe('in');
  });

  it.each([
    [
      'another start time: the number was given out again',
      (self: string[]) => [self[0], '1', self[2], self[3]],
    ],
    ['another boot', (self: string[]) => [self[0], self[1], '11111111-2222-3333-4444-555555555555', self[3]]],
    ['a process that is no more', (self: string[]) => ['4194303', self[1], self[2], self[3]]],
  ])('does not count with %s', async (_, change) => {
    const { host } = await privateMachine();
    const locks = await locksOf(host);
    const [own = ''] = await withLock(HOME, 'update', host, () => readdir(locks));
    const dead = change(own.split('.')).join('.');
    expect(dead).not.toBe(own);
    await writeFile(join(locks, dead), '{"operation":"update","user":"root","since":"2026-11-22T02:13:00Z"}');
    expect(await lockOwner(HOME, host)).toBeUndefined();
    await expect(withLock(HOME, 'update', host, () => Promise.resolve('in'))).resolves.toBe('in');
    expect(await readdir(locks)).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['torn', '{"operation":"upd'],
    ['garbage', '\0\0\0\0'],
    ['no object', 'null'],
    ['of a time that is none', '{"operation":"update","user":"root","since":"soon"}'],
  ])('counts though its file is %s, while its owner lives', async (_, text) => {
    const { host } = await privateMachine();
    const locks = await locksOf(host);
    const [own = ''] = await withLock(HOME, 'update', host, () => readdir(locks));
    await writeFile(join(locks, own.replace(/[^.]*$/, '00')), text);
    await expect(withLock(HOME, 'update', host, () => Promise.resolve())).rejects.toMatchObject({
      code: 'E_BUSY',
    });
  });

  it('takes a file of another name for no lock', async () => {
    const { host } = await privateMachine();
    await writeFile(join(await locksOf(host), 'notes.txt'), 'x');
    await expect(withLock(HOME, 'update', host, () => Promise.resolve('in'))).resolves.toBe('in');
    expect(await readdir(await locksOf(host))).toEqual(['notes.txt']);
  });

  it('lets exactly one in of many promises, and always one', async () => {
    const { host } = await privateMachine();
    for (let round = 0; round < 10; round += 1) {
      let inside = 0;
      let most = 0;
      let refused = 0;
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () =>
          withLock(HOME, 'update', host, async () => {
            inside += 1;
            most = Math.max(most, inside);
            // Held until all others have tried, however busy the machine is.
            await until('the others were refused', () => refused === 7);
            inside -= 1;
          }).catch((error: unknown) => {
            refused += 1;
            throw error;
          }),
        ),
      );
      expect(most).toBe(1);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it(
    'lets one in at a time of eight processes that find a dead lock again and again',
    { timeout: 60_000 },
    async () => {
      const { host, root } = await privateMachine();
      const locks = await locksOf(host);
      const bury = setInterval(
        () => void writeFile(join(locks, `4194303.1.0.${Date.now().toString(16)}`), ''),
        5,
      );
      onTestFinished(() => clearInterval(bury));
      const said = await Promise.all(
        Array.from({ length: 8 }, () => outputOf(taker(host.layout.stateDir, root, 60))),
      );
      clearInterval(bury);
      const words = said.join('').split('\n');
      expect(words.filter((word) => word === 'not alone')).toEqual([]);
      expect(words.filter((word) => word === 'in').length).toBeGreaterThan(20);
      expect(words.filter((word) => word === 'done')).toHaveLength(8);
    },
  );
});

it('is free again after an interruption ended the process', async () => {
  const { host, root } = await privateMachine();
  const child = taker(host.layout.stateDir, root, -1);
  await once(child.stdout ?? child, 'data');
  // Twice: the first signal only asks, and one that follows at once is its echo.
  child.kill('SIGTERM');
  await sleep(700);
  expect(await lockOwner(HOME, host)).toBeDefined();
  await until('it has ended', () => {
    // On a busy machine the first may still be waiting, and two that wait are one.
    child.kill('SIGTERM');
    return child.exitCode !== null;
  });
  expect(child.exitCode).toBe(143);
  expect(await lockOwner(HOME, host)).toBeUndefined();
});
