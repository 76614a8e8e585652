import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runningServer } from '../../src/server/running.js';
import { findServiceManager } from '../../src/service/find-service-manager.js';
import { installRelease, makeMachine, type Machine } from '../helpers/conf-host.js';

/**
 * The part of the sandstorm command's contract that counts here: a daemon with its release folder as
 * working directory, its output in the log, a pid file that outlives it.
 */
const SANDSTORM = `#!/bin/bash
here=$(dirname "$(readlink -f "$0")"); cd "$here"
pid=$(cat ../var/pid/sandstorm.pid 2>/dev/null)
running() { [ -n "$pid" ] && [ "$(readlink /proc/$pid/cwd)" != "" ] && kill -0 "$pid" 2>/dev/null; }
echo "$1" >> ../calls
case "$1" in
  start)
    if grep -q oops ../sandstorm.conf; then echo "Invalid config line" >&2; exit 1; fi
    if running; then echo "Sandstorm is already running.  PID = $pid"; exit 0; fi
    setsid sleep 300 </dev/null >>../var/log/sandstorm.log 2>&1 &
    echo $! > ../var/pid/sandstorm.pid
    if [ -e ../port-taken ]; then echo "bind(): Address already in use" >> ../var/log/sandstorm.log; kill $!; fi
    echo "Sandstorm started. PID = $!" ;;
  stop)
    if running && [ ! -e ../immortal ]; then kill "$pid"; while running; do sleep 0.05; done; fi
    echo "Sandstorm server stopped." ;;
esac
`;

let machine: Machine;
beforeEach(async () => {
  machine = await makeMachine({ realProc: true });
  await installRelease(machine, 308, SANDSTORM);
  await machine.write(
    'opt/sandstorm/sandstorm.conf',
    'SERVER_USER=s\nPORT=6080\nBASE_URL=http://x\nWILDCARD_HOST=*.x\n',
  );
});
afterEach(async () => {
  const server = await running();
  if (server !== undefined) process.kill(server.pid, 'SIGKILL');
  await machine.remove();
});

const running = () => runningServer(machine.home, machine.host);
const calls = async (): Promise<string> => readFile(join(machine.home, 'calls'), 'utf8').catch(() => '');
const put = (path: string, text = '') => writeFile(join(machine.home, path), text);
/** The unit folders and init scripts are the temporary ones, whatever runs the machine under test. */
const find = () => findServiceManager(machine.home, machine.host);

describe('the sandstorm command', () => {
  it('starts, is content when it runs, restarts, stops', async () => {
    const manager = await find();
    expect(manager.kind).toBe('command');

    await manager.start();
    const first = await running();
    expect(first).toMatchObject({ build: 308, folder: join(machine.home, 'sandstorm-308') });
    await manager.start();
    expect(await calls()).toBe('start\n');

    await manager.restart();
    const second = await running();
    expect(second?.pid).not.toBe(first?.pid);
    expect(await calls()).toBe('start\nstop\nstart\n');

    await manager.stop();
    expect(await manager.status()).toMatchObject({
      running: undefined,
      stalePid: second?.pid,
      unit: undefined,
    });
    await manager.stop();
    expect(await calls()).toBe('start\nstop\nstart\nstop\n');
  });

  it('says what the command said when it refuses', async () => {
    await appendFile(join(machine.home, 'sandstorm.conf'), 'oops\n');
    await expect((await find()).start()).rejects.toMatchObject({
      code: 'E_SERVICE_START',
      hint: expect.stringContaining('Invalid config line') as string,
    });
  });

  it('does not take "started" for started', async () => {
    await put('port-taken');
    await put('var/log/sandstorm.log', 'last year\n');
    await expect((await find()).start()).rejects.toMatchObject({
      code: 'E_SERVICE_START',
      hint: 'last lines of sandstorm.log:\n  bind(): Address already in use',
    });
  });

  it('leaves the server alone when it would not come up again', async () => {
    const manager = await find();
    await manager.start();
    const before = await running();
    await appendFile(join(machine.home, 'sandstorm.conf'), 'oops\n');
    await expect(manager.restart()).rejects.toMatchObject({ code: 'E_CONF_WOULD_KILL' });
    expect(await running()).toEqual(before);
  });

  it('says so when there is no command', async () => {
    await rename(join(machine.home, 'sandstorm'), join(machine.home, 'gone'));
    await expect((await find()).start()).rejects.toMatchObject({ code: 'E_SERVICE_START' });
  });
});

it('an init script is called in its stead', async () => {
  const script = `#! /bin/bash\nDAEMON=${machine.home}/sandstorm\necho "init $1" >> ${machine.home}/calls\nexec -a "service sandstorm" $DAEMON "$@"\n`;
  await machine.write('etc/init.d/sandstorm', script, 0o755);
  const host = {
    ...machine.host,
    commands: { ...machine.host.commands, which: () => Promise.resolve(undefined) },
  };
  const manager = await findServiceManager(machine.home, host);
  expect(manager.kind).toBe('sysvinit');
  await manager.start();
  expect(await running()).toBeDefined();
  await manager.stop();
  expect(await running()).toBeUndefined();
  expect(await calls()).toBe('init start\nstart\ninit stop\nstop\n');
});

describe('runningServer', () => {
  const inFolder = async (folder: string, check: (pid: number) => Promise<void>): Promise<void> => {
    await mkdir(folder, { recursive: true });
    const child = spawn('sleep', ['300'], { cwd: folder, stdio: 'ignore' });
    await once(child, 'spawn');
    const gone = once(child, 'exit');
    try {
      await put('var/pid/sandstorm.pid', `${child.pid ?? 0}\n`);
      await check(child.pid ?? 0);
    } finally {
      child.kill('SIGKILL');
      await gone;
    }
  };

  it.each([
    ['sandstorm-309', 309],
    ['sandstorm-custom.2026-01-01_10-00-00', undefined],
  ])('knows the build by the folder it runs in: %s', async (name, build) => {
    const folder = join(machine.home, name);
    await inFolder(folder, async (pid) => expect(await running()).toMatchObject({ pid, build, folder }));
  });

  it('knows it still when that folder was removed', () =>
    inFolder(join(machine.home, 'sandstorm-307'), async (pid) => {
      await rm(join(machine.home, 'sandstorm-307'), { recursive: true });
      expect(await running()).toMatchObject({ pid, build: 307 });
    }));

  it.each(['sandstorm-x', 'var/sandstorm-308', '../other/sandstorm-308', '.', '../..'])(
    'a recycled pid is no server: working directory HOME/%s',
    (folder) => inFolder(join(machine.home, folder), async () => expect(await running()).toBeUndefined()),
  );

  it.each(['', 'x\n', '-1\n', '0\n', '1\n', '99999999999\n', '12 34\n', '1e3\n', '4194305\n'])(
    'a pid file of %j is no server',
    async (text) => {
      await put('var/pid/sandstorm.pid', text);
      expect(await running()).toBeUndefined();
    },
  );

  it('no pid file, no server', async () => expect(await running()).toBeUndefined());
});
