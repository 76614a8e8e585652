import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clean } from '../../../src/operations/clean.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
import type { Ui } from '../../../src/ui.js';
import { requireReal } from '../../helpers/real-parts.js';
import { throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';
import { until } from '../../helpers/until.js';

const ready = requireReal('cleaning up after a killed sandstorm update', [
  'script',
  'bash',
  'perl',
  'tar',
  'xz',
  'openssl',
]);

let one: ThrowAwayServer;
let later: Host;
const agree: Ui = {
  say: () => undefined,
  saySecret: () => undefined,
  check: () => undefined,
  step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
  confirm: () => Promise.resolve(true),
};

describe.skipIf(!ready)('a sandstorm update that is killed', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    one = await throwAwayServer();
    await one.install(await one.world.makeRelease(308));
    const { clock } = one.host;
    later = { ...one.host, clock: { ...clock, now: () => new Date(clock.now().getTime() + 3_600_000) } };
  });
  afterAll(() => one.end());

  it('keeps what it unpacks as long as it lives, and leaves it to clean', async () => {
    const { home } = one.world;
    const pid = await one.pid();
    const tarball = await one.world.makeRelease(309);
    const update = spawn(join(home, 'sandstorm'), ['update', tarball], {
      stdio: 'ignore',
      env: { ...process.env, STAND_IN_UNPACK_PAUSE_MS: '60000' },
    });
    const gone = new Promise((resolve) => update.once('exit', resolve));
    const folder = (): string => readdirSync(home).find((name) => name.startsWith('downloading.')) ?? '';
    const inFolder = (): string[] => (folder() === '' ? [] : readdirSync(join(home, folder())));
    await until('it has unpacked', () => inFolder().includes('sandstorm-309'));

    // tar has ended or is about to, nothing need be open any more, and by the clock it has been so for an hour.
    await until('tar has ended', async () => {
      const why = (await status(home, later)).leftovers[0]?.why ?? '';
      return why.includes('sandstorm update (pid ');
    });
    expect(await clean(home, false, later, agree)).toMatchObject({ removed: [] });
    expect(inFolder()).toContain('sandstorm-309');

    update.kill('SIGKILL');
    await gone;
    expect((await status(home, one.host)).leftovers).toMatchObject([{ stale: false }]);
    const path = join(home, folder());
    expect((await status(home, later)).leftovers).toMatchObject([{ path, stale: true, bytes: null }]);
    const done = await clean(home, false, later, agree);
    expect(done.removed).toEqual([path]);
    expect(done.freedBytes).toBeGreaterThan(0);
    expect(folder()).toBe('');
    expect(await clean(home, false, later, agree)).toMatchObject({ leftovers: [] });
    expect(await status(home, later)).toMatchObject({ build: 308, pid, healthy: true, leftovers: [] });
  });
});
