import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/system/clock.js';
import { systemCommands } from '../../src/system/commands.js';
import { systemFiles } from '../../src/system/files.js';
import type { Clock, CommandResult, Commands, Host, Log } from '../../src/system/host.js';
import { systemProcesses } from '../../src/system/processes.js';

/** A machine in a temporary folder: real files and processes, everything outside HOME below `root`. */
export interface Machine {
  readonly root: string;
  readonly home: string;
  readonly host: Host;
  readonly log: string[];
  path(...parts: string[]): string;
  write(path: string, text: string | Uint8Array, mode?: number): Promise<void>;
  remove(): Promise<void>;
}

export interface MachineWish {
  readonly commands?: Commands;
  readonly clock?: Clock;
  readonly uid?: number;
  /** The true /proc; default: a folder of its own, where the test puts what is needed. */
  readonly realProc?: boolean;
}

export async function makeMachine(wish: MachineWish = {}): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), 'conf-host-'));
  const path = (...parts: string[]): string => join(root, ...parts);
  const home = path('opt/sandstorm');
  await mkdir(home, { recursive: true });
  const log: string[] = [];
  const host: Host = {
    env: process.env,
    cwd: root,
    user: { uid: wish.uid ?? 0, name: 'root', home: root },
    layout: {
      stateDir: path('state'),
      binDir: path('bin'),
      systemdUnitDirs: [
        path('etc/systemd/system'),
        path('run/systemd/system'),
        path('usr/lib/systemd/system'),
      ],
      initDir: path('etc/init.d'),
      proc: wish.realProc === true ? '/proc' : path('proc'),
      etc: path('etc'),
    },
    clock: wish.clock ?? systemClock,
    files: systemFiles,
    commands: wish.commands ?? systemCommands(process.env),
    processes: systemProcesses('/proc'),
    dns: { query: unused, lookup: unused, systemServers: () => [], ownAddresses: () => [] },
    http: { get: unused },
    web: { client: unused, serve: unused, openBelow: unused },
    ldap: { open: unused },
    tcp: { greeting: unused },
    tls: { handshake: unused, serving: unused },
    interrupted: new AbortController().signal,
    unbroken: (work) => work(),
    log: Object.assign((line: string) => void log.push(line), {
      hide: (secret: string) => void log.push(`hide ${secret}`),
    }) satisfies Log,
  };
  return {
    root,
    home,
    host,
    log,
    path,
    async write(at, text, mode = 0o644) {
      await mkdir(dirname(path(at)), { recursive: true });
      await writeFile(path(at), text, { mode });
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A release folder with `latest` and `sandstorm` pointing at it, as install.sh leaves it. */
export async function installRelease(
  machine: Machine,
  build: number,
  command = '#!/bin/sh\n',
): Promise<string> {
  const folder = join(machine.home, `sandstorm-${build}`);
  await machine.write(`opt/sandstorm/sandstorm-${build}/sandstorm`, command, 0o755);
  await mkdir(join(machine.home, 'var/pid'), { recursive: true });
  await mkdir(join(machine.home, 'var/log'), { recursive: true });
  await rm(join(machine.home, 'latest'), { force: true });
  await symlink(`sandstorm-${build}`, join(machine.home, 'latest'));
  await rm(join(machine.home, 'sandstorm'), { force: true });
  await symlink('latest/sandstorm', join(machine.home, 'sandstorm'));
  return folder;
}

export function result(part: Partial<CommandResult> = {}): CommandResult {
  return { exitCode: 0, signal: undefined, stdout: '', stderr: '', ...part };
}

/** Goes ahead by as much as anybody sleeps, without waiting. */
export function quickClock(): Clock {
  let now = 0;
  return {
    now: () => new Date(Date.UTC(2026, 10, 22) + now),
    monotonic: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
}

function unused(): never {
  throw new Error('this part of the Host is not for these tests');
}
