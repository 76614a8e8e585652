import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginRun, lastRun } from '../../../src/journal/journal.js';
import { withLock } from '../../../src/journal/lock.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
import { until } from '../../helpers/until.js';
import { requireReal } from '../../helpers/real-parts.js';
import { refusalOf, throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';

const ready = requireReal('updating in a throw-away world', [
  'script',
  'bash',
  'perl',
  'tar',
  'xz',
  'openssl',
]);

let one: ThrowAwayServer;
let home = '';
let old = '';
let newer = '';

const sandstorm = (...args: string[]): Promise<unknown> =>
  one.host.commands.run(join(home, 'sandstorm'), args);

async function setConf(key: string, value: string): Promise<void> {
  const path = join(home, 'sandstorm.conf');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`));
}

async function began(): Promise<void> {
  one = await throwAwayServer();
  home = one.world.home;
  old = await one.world.makeRelease(308);
  newer = await one.world.makeRelease(309);
  await one.install(old);
}

describe.skipIf(!ready)('a server of build 308', { timeout: 60_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('shows the plan in a dry run and changes nothing at all', async () => {
    const before = await one.tree();
    const planned = await one.update(newer, { dryRun: true });
    expect(planned).toMatchObject({ changed: false, run: null, from: 308, to: 309 });
    expect(planned.plan?.steps.map((step) => step.do)).toEqual([
      'stop',
      'sandstorm-update',
      'start',
      'prove-healthy',
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
    const pid = await one.pid();
    const refusal = await refusalOf(one.update(await one.world.makeTruncated(newer)), 'E_TARBALL_CORRUPT');
    expect(refusal).toMatchObject({ exitCode: 5, changed: false });
    expect(await one.pid()).toBe(pid);
    expect(pid).toBeDefined();
    expect(
      readdirSync(home).filter((name) => name.startsWith('downloading') || name.endsWith('309')),
    ).toEqual([]);
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
          if (path.endsWith('/locks')) await setConf('UPDATE_CHANNEL', 'dev');
          await one.host.files.makeDir(path, mode);
        },
      },
    };
    await refusalOf(one.update(newer, {}, host), 'E_BUSY');
    await setConf('UPDATE_CHANNEL', 'none');
    expect(await one.pid()).toBe(pid);
  });
});

describe.skipIf(!ready)('an update', { timeout: 60_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  /** The build that runs, and one more of the next number. */
  async function next(): Promise<{ from: number; to: number; tarball: string }> {
    const from = (await status(home, one.host)).build ?? 0;
    return { from, to: from + 1, tarball: await one.world.makeRelease(from + 1) };
  }

  it('brings the newer build, and one run of the journal', async () => {
    const { from, to, tarball } = await next();
    const done = await one.update(tarball);
    expect(done).toMatchObject({ changed: true, healthy: true, from, to });
    expect(done.pauseMs).toBeGreaterThan(0);
    expect(await readlink(join(home, 'latest'))).toBe(`sandstorm-${String(to)}`);
    expect(await lastRun(home, one.host)).toMatchObject({
      operation: 'update',
      outcome: 'done',
      plan: done.plan,
      stepsDone: ['stop', 'sandstorm-update', 'start', 'prove-healthy'],
    });
    expect(await status(home, one.host)).toMatchObject({ build: to, healthy: true, pending: null });
    expect(await one.update(tarball)).toMatchObject({ changed: false });
  });

  it('turns the channel off, and keeps every other line', async () => {
    const { tarball } = await next();
    await setConf('UPDATE_CHANNEL', 'dev');
    const path = join(home, 'sandstorm.conf');
    await writeFile(path, `${await readFile(path, 'utf8')}# ours\n`);
    const before = await readFile(path, 'utf8');
    expect((await one.update(tarball)).plan?.steps[0]).toEqual({ do: 'set-channel', from: 'dev' });
    expect(await readFile(path, 'utf8')).toBe(before.replace('=dev', '=none'));
  });

  it('starts a server that was stopped before', async () => {
    const { tarball } = await next();
    await sandstorm('stop');
    expect(await one.update(tarball)).toMatchObject({ changed: true, healthy: true, pauseMs: null });
  });

  it('does not trust a folder of the new build’s name', async () => {
    const { to, tarball } = await next();
    const folder = `sandstorm-${String(to)}`;
    await mkdir(join(home, folder));
    await writeFile(join(home, folder, 'half'), '');
    const done = await one.update(tarball);
    expect(done.plan?.steps).toContainEqual({ do: 'set-aside', folder });
    expect(done.healthy).toBe(true);
    expect(existsSync(join(home, folder, 'half'))).toBe(false);
    expect(asides()).toEqual([]);
  });

  it('that was cut off waits, and waits no more once its aim is there', async () => {
    const { to, tarball } = await next();
    const planned = await one.update(tarball, { dryRun: true });
    const run = await beginRun('update', home, planned.plan, one.host);
    await run.stepBegins('stop');
    await sandstorm('stop');
    expect((await status(home, one.host)).pending).toMatchObject({
      operation: 'update',
      step: 'stop',
      owner: null,
    });
    // By hand, as the next page of the manual says.
    await sandstorm('update', tarball);
    await sandstorm('start');
    await until('it is well', async () => (await status(home, one.host)).healthy);
    expect(await status(home, one.host)).toMatchObject({ build: to, pending: null });
  });

  it('goes down when told, on data that fit', async () => {
    const { from } = await next();
    const lower = await one.world.makeRelease(from - 1);
    await sandstorm('stop');
    // As from a backup of before.
    const mongo = join(home, 'var/mongo');
    await rename(join(mongo, `data.${String(from)}`), join(mongo, `data.${String(from - 1)}`));
    const done = await one.update(lower, { allowDowngrade: true });
    expect(done).toMatchObject({ changed: true, healthy: true, from, to: from - 1 });
    expect((await status(home, one.host)).build).toBe(from - 1);
  });

  it.each([
    ['dies at its start', 'dies=at-start\n'],
    ['comes up and dies', 'dies=after-ready\ndies_after_ms=200\n'],
    ['has another self-test', 'wrong_selftest=yes\n'],
    ['has a broken shell', 'base_status=500\n'],
    ['never answers', 'never_answers=yes\n'],
  ])('whose new build %s is not called done, and a matter for a person', async (_, behaviour) => {
    const { to } = await next();
    const patience = { startTimeoutMs: 3000, stableMs: 1500, scriptTimeoutMs: 60_000 };
    const ended = await one.update(await one.world.makeRelease(to, behaviour), { patience }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(ended).toMatchObject({ exitCode: 7, changed: true });
    expect(await lastRun(home, one.host)).toMatchObject({ outcome: 'failed' });
    expect(await status(home, one.host)).toMatchObject({
      build: to,
      healthy: false,
      pending: { operation: 'update', owner: null },
    });
    if (behaviour.startsWith('never')) expect(ended).toMatchObject({ code: 'E_UPDATE_UNHEALTHY' });
  });

  it('to a build that is well brings that to an end', async () => {
    const { tarball } = await next();
    expect(await one.update(tarball)).toMatchObject({ healthy: true });
    expect((await status(home, one.host)).pending).toBeNull();
  });
});

describe.skipIf(!ready)('an update to the build that is there', { timeout: 60_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('only turns the channel off, and unpacks nothing', async () => {
    await setConf('UPDATE_CHANNEL', 'dev');
    const { ino } = await stat(join(home, 'sandstorm-308/sandstorm'));
    const pid = await one.pid();
    const done = await one.update(old);
    expect(done.plan?.steps.map((step) => step.do)).toEqual([
      'set-channel',
      'stop',
      'start',
      'prove-healthy',
    ]);
    expect(done).toMatchObject({ changed: true, healthy: true });
    expect((await stat(join(home, 'sandstorm-308/sandstorm'))).ino).toBe(ino);
    // The running one had read the old setting.
    expect(await one.pid()).not.toBe(pid);
  });

  it('starts it when it does not run', async () => {
    await sandstorm('stop');
    const done = await one.update(old);
    expect(done.plan?.steps.map((step) => step.do)).toEqual(['start', 'prove-healthy']);
    expect(done).toMatchObject({ changed: true, healthy: true, pauseMs: null });
  });

  it('puts it in place once more when told', async () => {
    await rm(join(home, 'sandstorm-308/buildstamp'));
    const done = await one.update(old, { reinstall: true });
    expect(done.plan?.steps.map((step) => step.do)).toEqual([
      'stop',
      'set-aside',
      'sandstorm-update',
      'start',
      'prove-healthy',
    ]);
    expect(existsSync(join(home, 'sandstorm-308/buildstamp'))).toBe(true);
    expect(asides()).toEqual([]);
  });
});

describe.skipIf(!ready)('an update that fails in `sandstorm update`', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await began();
    const path = join(home, 'sandstorm-308/sandstorm');
    await rename(path, `${path}.real`);
    const half = 'cd "$(dirname "$0")/.."; mkdir downloading.abc; echo "tar failed" >&2; exit 1';
    const otherwise = 'exec perl "$(dirname "$(readlink -f "$0")")/sandstorm.real" "$@"';
    await writeFile(path, `#!/bin/sh\nif [ "$1" = update ]; then ${half}; fi\n${otherwise}\n`, {
      mode: 0o755,
    });
  });
  afterAll(() => one.end());

  it('runs the old build again', async () => {
    const pid = await one.pid();
    const refusal = await refusalOf(one.update(newer), 'E_UPDATE_UNDONE');
    expect(refusal).toMatchObject({ exitCode: 6, changed: false });
    expect(refusal.message).toMatch(/sandstorm-308 runs again\. .*tar failed/);
    expect(await one.pid()).not.toBe(pid);
    expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true, pending: null });
    expect(await lastRun(home, one.host)).toMatchObject({ outcome: 'undone' });
    expect(asides()).toEqual([]);
  });

  it('tells truly what it changed: the channel', async () => {
    await setConf('UPDATE_CHANNEL', 'dev');
    const refusal = await refusalOf(one.update(newer), 'E_UPDATE_UNDONE');
    expect(refusal.changed).toBe(true);
    expect(refusal.message).toContain('with UPDATE_CHANNEL=none');
  });

  it('puts back what it had set aside', async () => {
    await refusalOf(one.update(old, { reinstall: true }), 'E_UPDATE_UNDONE');
    expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true });
    expect(asides()).toEqual([]);
  });

  it('goes back also when the journal cannot be written any more', async () => {
    let full = false;
    const host: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        appendSynced: async (path, data) => {
          if (full) throw new Error('ENOSPC: no space left on device');
          await one.host.files.appendSynced(path, data);
          full = data.includes('"step-begins","step":"sandstorm-update"');
        },
      },
    };
    await refusalOf(one.update(newer, {}, host), 'E_UPDATE_UNDONE');
    expect(full).toBe(true);
    expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true });
  });

  it('leaves a server stopped that was stopped before', async () => {
    await sandstorm('stop');
    const refusal = await refusalOf(one.update(newer), 'E_UPDATE_UNDONE');
    expect(refusal.message).toContain('is as it was, not running');
    expect(await one.pid()).toBeUndefined();
  });
});

const asides = (): string[] => readdirSync(home).filter((name) => /^(downloading|replaced)/.test(name));

/** Without what making and removing a folder leaves on the one above it. */
function withoutFolderTimes(tree: string): string[] {
  return tree.split('\n').filter((line) => !/^state\S* 4/.test(line));
}
