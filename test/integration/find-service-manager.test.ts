import { symlink, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServiceManager } from '../../src/service/find-service-manager.js';
import type { CommandResult, Host } from '../../src/system/host.js';
import { installRelease, makeMachine, result, type Machine } from '../helpers/conf-host.js';

let machine: Machine;
let shown: CommandResult;
beforeEach(async () => {
  shown = result({ stdout: 'LoadState=not-found\nSourcePath=\n' });
  machine = await makeMachine({
    commands: {
      run: () => Promise.resolve(shown),
      which: (name) => Promise.resolve(`/usr/bin/${name}`),
      openPty: () => {
        throw new Error('not here');
      },
      filter: () => {
        throw new Error('not here');
      },
    },
  });
  await installRelease(machine, 308);
  await machine.write('proc/1/comm', 'systemd\n');
});
afterEach(() => machine.remove());

const found = async (host: Host = machine.host): Promise<string> =>
  (await findServiceManager(machine.home, host)).describe().replace(machine.root, '');
const unit = (command: string): string => `[Unit]\nDescription=x\n[Service]\nExecStart=${command}\n`;
const command = (): string => join(machine.home, 'sandstorm');

const COMMAND = '/opt/sandstorm/sandstorm';
const UNIT = 'systemd unit sandstorm.service';

describe('a systemd unit', () => {
  it('is found where install.sh puts it', async () => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(`${command()} start`));
    expect(await found()).toBe(UNIT);
  });

  it('is found with `latest` dangling after a broken update', async () => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(`${command()} start`));
    await rm(join(machine.home, 'sandstorm-308'), { recursive: true });
    expect(await found()).toBe(UNIT);
  });

  it('is found by real paths: HOME behind a link, the command behind another', async () => {
    await symlink(machine.home, machine.path('srv'));
    await mkdir(machine.path('bin'));
    await symlink(machine.path('srv/sandstorm'), machine.path('bin/sandstorm'));
    await machine.write(
      'usr/lib/systemd/system/sandstorm.service',
      unit(`${machine.path('bin/sandstorm')} start`),
    );
    expect(await found()).toBe(UNIT);
  });

  it.each(['latest/sandstorm start', 'sandstorm-308/sandstorm start'])('is found by HOME/%s', async (way) => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(join(machine.home, way)));
    expect(await found()).toBe(UNIT);
  });

  it('is found behind a shell', async () => {
    await machine.write(
      'etc/systemd/system/sandstorm.service',
      unit(`/bin/sh -c "sleep 1; ${command()} start; true"`),
    );
    expect(await found()).toBe(UNIT);
  });

  it('is found under another name', async () => {
    await machine.write('etc/systemd/system/grains.service', unit(`${command()} start`));
    expect(await found()).toBe('systemd unit grains.service');
  });

  it('is found by its drop-in alone', async () => {
    await machine.write('usr/lib/systemd/system/box.service', unit('/usr/bin/false'));
    await machine.write(
      'etc/systemd/system/box.service.d/10-x.conf',
      `[Service]\nExecStart=\nExecStart=${command()} start\n`,
    );
    expect(await found()).toBe('systemd unit box.service');
  });

  it('is not ours when a drop-in makes it start another HOME', async () => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(`${command()} start`));
    await machine.write(
      'run/systemd/system/sandstorm.service.d/x.conf',
      '[Service]\nExecStart=\nExecStart=/srv/b/sandstorm start\n',
    );
    expect(await found()).toBe(COMMAND);
  });

  it('the stronger folder hides the weaker', async () => {
    await machine.write('etc/systemd/system/sandstorm.service', unit('/srv/other/sandstorm start'));
    await machine.write('usr/lib/systemd/system/sandstorm.service', unit(`${command()} start`));
    expect(await found()).toBe(COMMAND);
  });

  it('a masked one manages nothing', async () => {
    await mkdir(machine.path('etc/systemd/system'), { recursive: true });
    await symlink('/dev/null', machine.path('etc/systemd/system/sandstorm.service'));
    await machine.write('usr/lib/systemd/system/sandstorm.service', unit(`${command()} start`));
    expect(await found()).toBe(COMMAND);
  });

  it.each([
    ['another HOME', '/srv/sandstorm/sandstorm start'],
    ['a HOME whose name only begins alike', 'HOME-2/sandstorm start'],
    ['another program in HOME', 'HOME/sandstorm-308/bin/sandstorm start'],
    ['another use of the command', 'HOME/sandstorm admin-token'],
    ['a timer that restarts it', 'HOME/sandstorm restart'],
    ['a relative path', 'sandstorm start'],
    ['no command', ''],
  ])('of %s is not touched', async (_, line) => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(line.replace('HOME', machine.home)));
    expect(await found()).toBe(COMMAND);
  });

  it('survives what else may lie in those folders', async () => {
    await mkdir(machine.path('etc/systemd/system/folder.service'), { recursive: true });
    await symlink('/dev/zero', machine.path('etc/systemd/system/zero.service'));
    await symlink('loop.service', machine.path('etc/systemd/system/loop.service'));
    await machine.write('etc/systemd/system/huge.service', unit(`${command()} start`) + '#'.repeat(100_000));
    await machine.write('etc/systemd/system/bin.service', Buffer.from([0, 255, 0x5b, 10]));
    await machine.write('etc/systemd/system/z@.service', unit(`${command()} start`));
    expect(await found()).toBe(COMMAND);
  });

  it('counts for nothing where systemd does not run', async () => {
    await machine.write('etc/systemd/system/sandstorm.service', unit(`${command()} start`));
    await machine.write('proc/1/comm', 'init\n');
    expect(await found()).toBe(COMMAND);
    await machine.write('proc/1/comm', 'systemd\n');
    const without: Host = {
      ...machine.host,
      commands: { ...machine.host.commands, which: () => Promise.resolve(undefined) },
    };
    expect(await found(without)).toBe(COMMAND);
  });
});

describe('an init script', () => {
  const script = (home: string): string =>
    `#! /bin/bash\nDAEMON=${home}/sandstorm\nexec -a "x" $DAEMON "$@"\n`;

  it('is found where there is no systemd', async () => {
    await machine.write('proc/1/comm', 'init\n');
    await machine.write('etc/init.d/sandstorm', script(machine.home));
    expect(await found()).toBe('init script /etc/init.d/sandstorm');
  });

  it('of another HOME is not touched', async () => {
    await machine.write('proc/1/comm', 'init\n');
    await machine.write('etc/init.d/sandstorm', script('/srv/other'));
    expect(await found()).toBe(COMMAND);
  });

  it('wrapped by systemd goes through systemd', async () => {
    await machine.write('etc/init.d/sandstorm', script(machine.home));
    shown = result({ stdout: `LoadState=loaded\nSourcePath=${machine.path('etc/init.d/sandstorm')}\n` });
    expect(await found()).toBe(UNIT);
  });

  it('gives way to a unit', async () => {
    await machine.write('etc/init.d/sandstorm', script(machine.home));
    await machine.write('etc/systemd/system/sandstorm.service', unit(`${command()} start`));
    expect(await found()).toBe(UNIT);
    await rm(machine.path('etc/systemd/system/sandstorm.service'));
    expect(await found()).toBe('init script /etc/init.d/sandstorm');
  });
});
