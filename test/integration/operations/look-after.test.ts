import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withLock } from '../../../src/journal/lock.js';
import { stateDirs } from '../../../src/journal/state-dir.js';
import { changeConfig } from '../../../src/operations/config.js';
import { restartService, serviceStatus, startService, stopService } from '../../../src/operations/service.js';
import { status } from '../../../src/operations/status.js';
import { requireReal } from '../../helpers/real-parts.js';
import { refusalOf, throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';

const ready = requireReal('looking after a throw-away server', [
  'script',
  'bash',
  'perl',
  'tar',
  'xz',
  'openssl',
]);

let one: ThrowAwayServer;
let home = '';
const confPath = (): string => join(home, 'sandstorm.conf');
const conf = (): Promise<string> => readFile(confPath(), 'utf8');
const CHANGE = { force: false, dryRun: false };

describe.skipIf(!ready)('looking after a server', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    one = await throwAwayServer();
    home = one.world.home;
    await one.install(await one.world.makeRelease(308));
  });
  afterAll(() => one.end());

  it('changes one setting, with a backup outside HOME', async () => {
    const before = await conf();
    const done = await changeConfig(
      home,
      [{ do: 'set', key: 'HIDE_TROUBLESHOOTING', value: 'true' }],
      CHANGE,
      one.host,
    );
    expect(done).toMatchObject({
      changed: true,
      diff: expect.stringContaining('+HIDE_TROUBLESHOOTING=true') as string,
    });
    expect(await conf()).toBe(`${before}HIDE_TROUBLESHOOTING=true\n`);
    expect(await readFile(done.backup ?? '', 'utf8')).toBe(before);
    expect(done.backup).toContain(stateDirs(home, one.host).backups);
    const again = await changeConfig(
      home,
      [{ do: 'set', key: 'HIDE_TROUBLESHOOTING', value: 'true' }],
      CHANGE,
      one.host,
    );
    expect(again).toMatchObject({ changed: false, diff: '', backup: null });
  });

  it('shows a change in a dry run and changes nothing at all', async () => {
    const before = await one.tree();
    const edit = { do: 'unset' as const, key: 'HIDE_TROUBLESHOOTING' };
    const planned = await changeConfig(home, [edit], { ...CHANGE, dryRun: true }, one.host);
    expect(planned).toMatchObject({ changed: true, backup: null });
    expect((await startService(home, true, one.host)).changed).toBe(false);
    expect((await stopService(home, true, one.host)).changed).toBe(true);
    expect((await restartService(home, true, one.host)).changed).toBe(true);
    expect(await serviceStatus(home, one.host)).toMatchObject({ running: true, changed: false });
    expect((await status(home, one.host)).healthy).toBe(true);
    expect(await one.tree()).toBe(before);
  });

  it('refuses what Sandstorm would not take or would die of, and two at a time', async () => {
    const before = await conf();
    const set = (key: string, value: string): Promise<unknown> =>
      changeConfig(home, [{ do: 'set', key, value }], CHANGE, one.host);
    await refusalOf(set('WILDCART_HOST', '*.x'), 'E_CONF_UNKNOWN_KEY');
    await refusalOf(set('PORT', 'many'), 'E_CONF_VALUE');
    await withLock(home, 'update', one.host, async () => {
      await refusalOf(set('PORT', '7080'), 'E_BUSY');
      await refusalOf(stopService(home, false, one.host), 'E_BUSY');
    });
    expect(await conf()).toBe(before);
    expect(await one.pid()).toBeDefined();
  });

  it('stops, starts and restarts it, and tells whether it did', async () => {
    const first = await one.pid();
    expect(await startService(home, false, one.host)).toMatchObject({
      changed: false,
      running: true,
      pid: first,
    });
    expect(await stopService(home, false, one.host)).toMatchObject({
      changed: true,
      running: false,
      pid: null,
    });
    expect(await stopService(home, false, one.host)).toMatchObject({ changed: false });
    expect(await status(home, one.host)).toMatchObject({
      installed: true,
      running: false,
      healthy: false,
      pid: null,
    });
    expect(await startService(home, false, one.host)).toMatchObject({ changed: true, running: true });
    const second = await one.pid();
    expect(await restartService(home, false, one.host)).toMatchObject({ changed: true, running: true });
    expect(await one.pid()).not.toBe(second);
  });

  it('does not take a server down that would not come up again', async () => {
    const before = await conf();
    const pid = await one.pid();
    await writeFile(confPath(), `${before}nonsense\n`);
    expect((await refusalOf(restartService(home, false, one.host), 'E_CONF_WOULD_KILL')).exitCode).toBe(3);
    await refusalOf(restartService(home, true, one.host), 'E_CONF_WOULD_KILL');
    expect(await one.pid()).toBe(pid);
    await writeFile(confPath(), before);
  });

  it('tells what it can of a server whose configuration does not say where it is', async () => {
    const before = await conf();
    await writeFile(confPath(), before.replace(/^WILDCARD_HOST=.*\n/m, ''));
    expect(await status(home, one.host)).toMatchObject({
      installed: true,
      build: 308,
      running: true,
      healthy: false,
      channel: 'none',
      wildcardHost: null,
      problems: [expect.stringContaining('WILDCARD_HOST')],
    });
    await writeFile(confPath(), before);
  });

  it('looks and leaves no trace, also where nothing is', async () => {
    const nowhere = join(one.world.root, 'nowhere');
    const before = await one.tree();
    expect(await status(nowhere, one.host)).toMatchObject({
      installed: false,
      state: 'absent',
      pending: null,
      lastOperation: null,
    });
    await refusalOf(serviceStatus(nowhere, one.host), 'E_NO_SERVER');
    await refusalOf(startService(nowhere, false, one.host), 'E_NO_SERVER');
    expect(await one.tree()).toBe(before);
    expect(existsSync(nowhere)).toBe(false);
    const kept = readdirSync(join(one.world.root, 'state'));
    expect(kept).toEqual([basename(stateDirs(home, one.host).root), 'trust.json']);
  });
});
