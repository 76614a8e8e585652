import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastRun } from '../../../src/journal/journal.js';
import { withLock } from '../../../src/journal/lock.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
import { contentsOf, dataOf, next, setConf, writeData } from '../../helpers/server-contents.js';
import { untilItDies } from '../../helpers/cut-off.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';

const ready = canHaveServers('updating in a throw-away world');

let one: ThrowAwayServer;
let home = '';
let old = '';
let newer = '';

const sandstorm = (...args: string[]): Promise<unknown> =>
  one.host.commands.run(join(home, 'sandstorm'), args);

const setChannel = (to: string): Promise<void> =>
  setConf(home, (text) => text.replace(/^UPDATE_CHANNEL=.*$/m, `UPDATE_CHANNEL=${to}`));

async function began(): Promise<void> {
  one = await throwAwayServer();
  home = one.world.home;
  old = await one.world.makeRelease(308);
  newer = await one.world.makeRelease(309);
  await one.install(old);
}

describe.skipIf(!ready)('a server of build 308', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('shows the plan in a dry run and changes nothing at all', async () => {
    const before = await one.tree();
    const planned = await one.update(newer, { dryRun: true });
    expect(planned).toMatchObject({ changed: false, run: null, from: 308, to: 309 });
    expect(planned.plan?.steps.map((step) => step.do)).toEqual([
      'unpack',
      'keep',
      'stop',
      'place',
      'snapshot',
      'sandstorm-update',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(await one.tree()).toBe(before);
  });

  it('has nothing to do for the same build', async () => {
    const before = await one.tree();
    const pid = await one.pid();
    expect(await one.update(old)).toMatchObject({
      changed: false,
      healthy: true,
      from: 308,
      to: 308,
      run: null,
    });
    expect(await one.pid()).toBe(pid);
    expect(withoutFolderTimes(await one.tree())).toEqual(withoutFolderTimes(before));
  });

  it('refuses a lower build', async () => {
    const lower = await one.world.makeRelease(307);
    const pid = await one.pid();
    const refusal = await refusalOf(one.update(lower), 'E_DOWNGRADE');
    expect(refusal).toMatchObject({ exitCode: 3, changed: false });
    expect(refusal.hint).toContain('--allow-downgrade');
    expect(await one.pid()).toBe(pid);
  });

  it('keeps its process when the tarball is cut short', async () => {
    const before = await contentsOf(one);
    const pid = await one.pid();
    const refusal = await refusalOf(one.update(await one.world.makeTruncated(newer)), 'E_TARBALL_CORRUPT');
    expect(refusal).toMatchObject({ exitCode: 5, changed: false });
    expect(await one.pid()).toBe(pid);
    expect(pid).toBeDefined();
    expect(await contentsOf(one)).toEqual(before);
  });

  it('refuses to begin beside another run', async () => {
    await withLock(home, 'config', one.host, async () => {
      expect((await refusalOf(one.update(newer), 'E_BUSY')).message).toContain('is running config on');
      expect((await status(home, one.host)).pending).toMatchObject({
        operation: 'config',
        owner: { pid: process.pid },
      });
    });
    expect((await status(home, one.host)).pending).toBeNull();
  });

  it('is left alone when the person says no', async () => {
    const before = await one.tree();
    const asked: string[] = [];
    const refusal = await refusalOf(
      one.update(newer, {}, one.host, (question) => {
        asked.push(question);
        return Promise.resolve(false);
      }),
      'E_CANCELLED',
    );
    expect(asked).toHaveLength(1);
    expect(refusal.changed).toBe(false);
    expect(withoutFolderTimes(await one.tree())).toEqual(withoutFolderTimes(before));
  });

  it('is left alone when it was changed between the plan and the lock', async () => {
    const pid = await one.pid();
    const host: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        makeDir: async (path, mode) => {
          if (path.endsWith('/locks')) await setChannel('dev');
          await one.host.files.makeDir(path, mode);
        },
      },
    };
    await refusalOf(one.update(newer, {}, host), 'E_BUSY');
    await setChannel('none');
    expect(await one.pid()).toBe(pid);
  });
});

describe.skipIf(!ready)('an update', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('brings the newer build, one run of the journal, and a way back', async () => {
    await writeData(home, 'ours');
    const { from, to, tarball } = await next(one);
    const done = await one.update(tarball);
    expect(done).toMatchObject({ changed: true, healthy: true, from, to });
    expect(done.pauseMs).toBeGreaterThan(0);
    expect(await readlink(join(home, 'latest'))).toBe(`sandstorm-${String(to)}`);
    expect(await lastRun(home, one.host)).toMatchObject({
      operation: 'update',
      outcome: 'done',
      plan: done.plan,
      stepsDone: done.plan?.steps.map((step) => step.do),
    });
    expect((await dataOf(home)).text).toContain('ours\n');
    expect(await status(home, one.host)).toMatchObject({
      build: to,
      healthy: true,
      pending: null,
      wayBack: { release: `sandstorm-${String(from)}`, scope: 'database' },
      leftovers: [],
    });
    expect(await one.update(tarball)).toMatchObject({ changed: false });
  });

  it('hands `sandstorm update` an empty folder only, so that the pause holds no unpacking', async () => {
    const { to, tarball } = await next(one);
    const given: string[] = [];
    const host: Host = {
      ...one.host,
      commands: {
        ...one.host.commands,
        async run(file, args, options) {
          if (args[0] === 'update') {
            const listed = await one.host.commands.run('tar', ['-tJf', args[1] ?? '']);
            given.push(listed.stdout);
          }
          return one.host.commands.run(file, args, options);
        },
      },
    };
    await one.update(tarball, {}, host);
    expect(given).toEqual([`sandstorm-${String(to)}/`]);
  });

  it('turns the channel off, and keeps every other line', async () => {
    const { tarball } = await next(one);
    await setChannel('dev');
    await setConf(home, (text) => `${text}# ours\n`);
    const before = await readFile(join(home, 'sandstorm.conf'), 'utf8');
    expect((await one.update(tarball)).plan?.steps).toContainEqual({ do: 'set-channel', from: 'dev' });
    expect(await readFile(join(home, 'sandstorm.conf'), 'utf8')).toBe(before.replace('=dev', '=none'));
  });

  it('starts a server that was stopped before', async () => {
    const { tarball } = await next(one);
    await sandstorm('stop');
    expect(await one.update(tarball)).toMatchObject({ changed: true, healthy: true, pauseMs: null });
  });

  it('does not trust a folder of the new build’s name', async () => {
    const { to, tarball } = await next(one);
    const folder = `sandstorm-${String(to)}`;
    await mkdir(join(home, folder));
    await writeFile(join(home, folder, 'half'), '');
    const done = await one.update(tarball);
    expect(done.plan?.steps).toContainEqual({ do: 'place', replaces: true });
    expect(done.healthy).toBe(true);
    expect(existsSync(join(home, folder, 'half'))).toBe(false);
    expect(await status(home, one.host)).toMatchObject({ leftovers: [] });
  });

  it('uses a folder of the new build’s name that is the very release', async () => {
    const { to, tarball } = await next(one);
    const folder = join(home, `sandstorm-${String(to)}`);
    await one.host.commands.run('tar', ['-xoJf', tarball, '-C', home]);
    const { ino } = await stat(join(folder, 'sandstorm'));
    const done = await one.update(tarball);
    expect(done.plan?.steps).toContainEqual(expect.objectContaining({ do: 'unpack', reuse: true }));
    expect(done.plan?.steps.map((step) => step.do)).not.toContain('place');
    expect((await stat(join(folder, 'sandstorm'))).ino).toBe(ino);
  });

  it('keeps as many snapshots as it is told', async () => {
    const kept = (): string[] => readdirSync(join(home, '.sandstorm-airgap/snapshots'));
    expect(kept()).toHaveLength(1);
    await one.update((await next(one)).tarball, { keep: 2 });
    expect(kept()).toHaveLength(2);
    expect(readdirSync(join(home, 'var/.sandstorm-airgap'))).toHaveLength(2);
    await one.update((await next(one)).tarball, { keep: 1 });
    expect(kept()).toHaveLength(1);
    expect(readdirSync(join(home, 'var/.sandstorm-airgap'))).toHaveLength(1);
  });

  it('goes down when told, on data that fit', async () => {
    const { from } = await next(one);
    const lower = await one.world.makeRelease(from - 1);
    await sandstorm('stop');
    // As from a backup of before.
    const mongo = join(home, 'var/mongo');
    await rename(join(mongo, `data.${String(from)}`), join(mongo, `data.${String(from - 1)}`));
    const done = await one.update(lower, { allowDowngrade: true });
    expect(done).toMatchObject({ changed: true, healthy: true, from, to: from - 1 });
    expect((await status(home, one.host)).build).toBe(from - 1);
  });

  it('with --strategy live signals the server, which goes on under the same pid', async () => {
    const { to, tarball } = await next(one);
    const pid = await one.pid();
    const done = await one.update(tarball, { strategy: 'live' });
    expect(done.plan?.steps.map((step) => step.do)).not.toContain('stop');
    expect(done).toMatchObject({ to, healthy: true });
    expect(await one.pid()).toBe(pid);
    expect(await status(home, one.host)).toMatchObject({ wayBack: { scope: 'none' } });
  });

  it('is refused with --strategy live where the server does not run', async () => {
    const { tarball } = await next(one);
    await sandstorm('stop');
    const refusal = await refusalOf(one.update(tarball, { strategy: 'live' }), 'E_STRATEGY');
    expect(refusal).toMatchObject({ exitCode: 3, changed: false });
    await one.update(tarball);
  });

  it('is refused where the database could not be put back by renaming', async () => {
    const { tarball } = await next(one);
    await sandstorm('stop');
    await rename(join(home, 'var/mongo'), join(one.world.root, 'elsewhere'));
    await one.host.files.replaceLink(join(home, 'var/mongo'), join(one.world.root, 'elsewhere'));
    const refusal = await refusalOf(one.update(tarball), 'E_SNAPSHOT_PLACE');
    expect(refusal).toMatchObject({ exitCode: 3, changed: false });
    expect(refusal.hint).toContain('--snapshot none');
    expect(await one.update(tarball, { scope: 'none' })).toMatchObject({ healthy: true });
  });
});

describe.skipIf(!ready)('an update to the build that is there', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('only turns the channel off, and unpacks nothing', async () => {
    await setChannel('dev');
    const { ino } = await stat(join(home, 'sandstorm-308/sandstorm'));
    const pid = await one.pid();
    const done = await one.update(old);
    expect(done.plan?.steps.map((step) => step.do)).toEqual([
      'keep',
      'set-channel',
      'stop',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(done).toMatchObject({ changed: true, healthy: true });
    expect((await stat(join(home, 'sandstorm-308/sandstorm'))).ino).toBe(ino);
    // The running one had read the old setting.
    expect(await one.pid()).not.toBe(pid);
    expect(existsSync(join(home, '.sandstorm-airgap'))).toBe(false);
  });

  it.each(['begun', 1, 'done'] as const)(
    'turns the channel on again when it is given up at its last step (%s)',
    async (at) => {
      await setChannel('dev');
      await untilItDies(one, { step: 'commit', at }, (host) => one.update(old, {}, host));
      expect(await one.abort()).toMatchObject({ changed: true, outcome: 'undone' });
      expect(await readFile(join(home, 'sandstorm.conf'), 'utf8')).toMatch(/^UPDATE_CHANNEL=dev$/m);
      await setChannel('none');
    },
  );

  it('starts it when it does not run', async () => {
    await sandstorm('stop');
    const done = await one.update(old);
    expect(done.plan?.steps.map((step) => step.do)).toEqual(['keep', 'start', 'prove-healthy', 'commit']);
    expect(done).toMatchObject({ changed: true, healthy: true, pauseMs: null });
  });

  it('puts it in place once more when told', async () => {
    await rm(join(home, 'sandstorm-308/buildstamp'));
    const done = await one.update(old, { reinstall: true });
    expect(done.plan?.steps).toContainEqual({ do: 'place', replaces: true });
    expect(done).toMatchObject({ changed: true, healthy: true });
    expect(existsSync(join(home, 'sandstorm-308/buildstamp'))).toBe(true);
  });
});

/** Without what making and removing a folder leaves on the one above it. */
function withoutFolderTimes(tree: string): string[] {
  return tree.split('\n').filter((line) => !/^state\S* 4/.test(line));
}
