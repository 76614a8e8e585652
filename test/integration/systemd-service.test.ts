import { appendFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServiceManager } from '../../src/service/find-service-manager.js';
import { runningServer } from '../../src/server/running.js';
import type { ServiceManager } from '../../src/service/service-manager.js';
import { FakeSystemd } from '../helpers/fake-systemd.js';

const UNIT = 'sandstorm.service';
const BY_HAND = '/user.slice/user-0.slice/session-3.scope';

let systemd: FakeSystemd;
let manager: ServiceManager;
beforeEach(async () => {
  systemd = await FakeSystemd.make();
  await systemd.installUnit();
  manager = await findServiceManager(systemd.machine.home, systemd.machine.host);
  expect(manager).toMatchObject({ kind: 'systemd' });
});
afterEach(() => systemd.remove());

const running = () => runningServer(systemd.machine.home, systemd.machine.host);

describe('start', () => {
  it('goes through systemctl, and leaves a running server alone', async () => {
    await manager.start();
    expect(systemd.deeds).toEqual([`systemctl reset-failed ${UNIT}`, `systemctl start ${UNIT}`]);
    expect(await manager.status()).toMatchObject({
      running: { pid: systemd.pid, build: 308 },
      stalePid: undefined,
      outsideUnit: false,
      unit: { name: UNIT, activeState: 'active', mainPid: systemd.pid },
    });
    systemd.calls.length = 0;
    await manager.start();
    expect(systemd.deeds).toEqual([]);
  });

  it('gets past the start limit', async () => {
    systemd.startLimitHit = true;
    systemd.unit.ActiveState = 'failed';
    await manager.start();
    expect(await running()).toBeDefined();
  });

  it('reads a changed unit file first', async () => {
    systemd.unit.NeedDaemonReload = 'yes';
    await manager.start();
    expect(systemd.deeds[0]).toBe('systemctl daemon-reload');
  });

  it('reads a unit file that systemd has not seen yet', async () => {
    systemd.unit.LoadState = 'not-found';
    await manager.start();
    expect(systemd.deeds[0]).toBe('systemctl daemon-reload');
  });

  it('refuses a masked unit', async () => {
    systemd.unit.LoadState = 'masked';
    await expect(manager.start()).rejects.toMatchObject({
      code: 'E_SERVICE_START',
      hint: `systemctl unmask ${UNIT}`,
    });
  });

  it('takes a server that was started by hand into the unit, never two at once', async () => {
    await systemd.startServer(BY_HAND);
    const old = systemd.pid;
    expect(await manager.status()).toMatchObject({ running: { pid: old }, outsideUnit: true });
    await manager.start();
    expect(systemd.deeds).toEqual([
      '/opt/sandstorm/sandstorm stop',
      `systemctl reset-failed ${UNIT}`,
      `systemctl start ${UNIT}`,
    ]);
    expect(await manager.status()).toMatchObject({ running: { pid: systemd.pid }, outsideUnit: false });
    expect(systemd.pid).not.toBe(old);
  });

  it('wakes a unit that is active with nothing in it', async () => {
    systemd.unit.ActiveState = 'active';
    await manager.start();
    expect(systemd.deeds).toEqual([
      `systemctl stop ${UNIT}`,
      `systemctl reset-failed ${UNIT}`,
      `systemctl start ${UNIT}`,
    ]);
  });

  it('knows a server of the unit by its control group where systemd does not know the main process', async () => {
    systemd.mainPidUnknown = true;
    await manager.start();
    expect(await manager.status()).toMatchObject({ outsideUnit: false, unit: { mainPid: undefined } });
  });

  it('knows it by the main process where the control group cannot be read', async () => {
    await manager.start();
    await rm(systemd.machine.path(`proc/${systemd.pid}/cgroup`));
    expect(await manager.status()).toMatchObject({ outsideUnit: false });
  });

  it('clears away what a failed unit left behind', async () => {
    await systemd.startServer(`/system.slice/${UNIT}`);
    const old = systemd.pid;
    systemd.unit.ActiveState = 'failed';
    expect(await manager.status()).toMatchObject({ outsideUnit: true });
    await manager.start();
    expect((await running())?.pid).not.toBe(old);
  });

  it('fails when the server dies in its first moment', async () => {
    const { home, host } = systemd.machine;
    const sleep = async (ms: number): Promise<void> => {
      if (ms >= 500) await systemd.endServer();
      await host.clock.sleep(ms);
    };
    const watched = await findServiceManager(home, { ...host, clock: { ...host.clock, sleep } });
    await expect(watched.start()).rejects.toMatchObject({ code: 'E_SERVICE_START' });
  });

  it('fails when the server dies at once, although systemd is content, and shows what is new in the log', async () => {
    const log = join(systemd.machine.home, 'var/log/sandstorm.log');
    await writeFile(log, 'long ago\n');
    systemd.diesAtOnce = true;
    const started = systemd.startServer.bind(systemd);
    systemd.startServer = async (cgroup) => {
      await appendFile(log, 'bind(): Address already in use\u001b[2J\n');
      await started(cgroup);
    };
    const failure: unknown = await manager.start().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'E_SERVICE_START', exitCode: 7 });
    expect(failure).toMatchObject({
      hint: 'last lines of sandstorm.log:\n  bind(): Address already in use?[2J',
    });
  });

  it('says what systemctl said', async () => {
    systemd.startLimitHit = true;
    // A limit that cannot be reset.
    Object.defineProperty(systemd, 'startLimitHit', { get: () => true, set: () => undefined });
    await expect(manager.start()).rejects.toMatchObject({
      code: 'E_SERVICE_START',
      message: expect.stringContaining('exit code 1') as string,
      hint: expect.stringContaining('repeated too quickly') as string,
    });
  });
});

describe('stop', () => {
  it('goes through systemctl and waits', async () => {
    await manager.start();
    systemd.calls.length = 0;
    await manager.stop();
    expect(systemd.deeds).toEqual([`systemctl stop ${UNIT}`]);
    expect(await manager.status()).toMatchObject({ running: undefined, stalePid: systemd.pid });
    await manager.stop();
    expect(systemd.deeds).toHaveLength(1);
  });

  it('stops one that was started by hand, which systemctl would not', async () => {
    await systemd.startServer(BY_HAND);
    await manager.stop();
    expect(systemd.deeds).toEqual(['/opt/sandstorm/sandstorm stop']);
    expect(await running()).toBeUndefined();
  });

  it('says so when the process stays', async () => {
    await manager.start();
    systemd.immortal = true;
    await expect(manager.stop()).rejects.toMatchObject({ code: 'E_SERVICE_STOP', exitCode: 7 });
  });
});

describe('restart', () => {
  it('goes through systemctl and ends with another process', async () => {
    await manager.start();
    const old = systemd.pid;
    systemd.calls.length = 0;
    await manager.restart();
    expect(systemd.deeds).toEqual([`systemctl reset-failed ${UNIT}`, `systemctl restart ${UNIT}`]);
    expect((await running())?.pid).not.toBe(old);
  });

  it('does not take the old process for the new one', async () => {
    await manager.start();
    systemd.restartDoesNothing = true;
    await expect(manager.restart()).rejects.toMatchObject({ code: 'E_SERVICE_START' });
  });

  it('starts one that does not run', async () => {
    await manager.restart();
    expect(systemd.deeds.at(-1)).toBe(`systemctl start ${UNIT}`);
  });

  it('touches nothing when the server would not come up again', async () => {
    await manager.start();
    systemd.calls.length = 0;
    await appendFile(join(systemd.machine.home, 'sandstorm.conf'), 'oops\n');
    await expect(manager.restart()).rejects.toMatchObject({ code: 'E_CONF_WOULD_KILL', exitCode: 3 });
    expect(systemd.deeds).toEqual([]);
    expect(await running()).toBeDefined();
  });

  it('brings one that was started by hand home', async () => {
    await systemd.startServer(BY_HAND);
    await manager.restart();
    expect(systemd.deeds[0]).toBe('/opt/sandstorm/sandstorm stop');
    expect(await manager.status()).toMatchObject({ outsideUnit: false });
  });
});

it('is for root only', async () => {
  const other = await FakeSystemd.make(1000);
  try {
    await other.installUnit();
    const theirs = await findServiceManager(other.machine.home, other.machine.host);
    await expect(theirs.restart()).rejects.toMatchObject({ code: 'E_NEEDS_ROOT' });
    expect(other.deeds).toEqual([]);
  } finally {
    await other.remove();
  }
});

it('an alias is known by its true name', async () => {
  await systemd.machine.write('etc/systemd/system/box.service', '');
  systemd.unit.Id = 'box.service';
  systemd.mainPidUnknown = true;
  await symlink('box.service', systemd.machine.path('etc/systemd/system/alias.service'));
  await manager.start();
  expect(await manager.status()).toMatchObject({ outsideUnit: false, unit: { name: 'box.service' } });
});
