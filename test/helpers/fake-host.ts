import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemFiles } from '../../src/system/files.js';
import type {
  Clock,
  CommandResult,
  Commands,
  Dns,
  Files,
  Host,
  Http,
  Layout,
  PortHolder,
  Processes,
  RunOptions,
  Tcp,
} from '../../src/system/host.js';
import type { Web } from '../../src/system/web.js';
import type { Ldap } from '../../src/system/ldap/types.js';

/** What a program answers: its stdout with exit code 0, or more exactly. */
export type Answer = string | Partial<CommandResult>;

export interface FakeOverrides {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  readonly user?: Partial<Host['user']>;
  readonly layout?: Partial<Layout>;
  /** A moment: the clock stands still there, and moves on by what is slept. */
  readonly now?: string;
  readonly clock?: Partial<Clock>;
  /** Instead of the real ones on the temporary folder. */
  readonly files?: Partial<Files>;
  /** By whole command line ("uname -sm"), the program without its folder. Anything else that is run is a test's mistake. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** What `which` finds, in /usr/bin. Default: the first word of each answer. */
  readonly programs?: readonly string[];
  readonly commands?: Partial<Commands>;
  readonly processes?: Partial<Processes>;
  /** Shorthand for processes.listening. */
  readonly listening?: readonly PortHolder[];
  /** By pid: shorthand for the other questions about processes. */
  readonly running?: Readonly<Record<number, { parent?: number; cwd?: string; name?: string }>>;
  readonly dns?: Partial<Dns>;
  readonly http?: Partial<Http>;
  readonly web?: Partial<Web>;
  readonly ldap?: Partial<Ldap>;
  readonly tcp?: Partial<Tcp>;
}

export interface FakeHost extends Host {
  /** Temporary folder, removed when the test is over; `layout` lies in it. */
  readonly root: string;
  /** Command lines that were run, in order. */
  readonly ran: string[];
  readonly logged: string[];
}

/** A Host whose machine is a temporary folder: real files, scripted programs, no network. */
export async function fakeHost(overrides: FakeOverrides = {}): Promise<FakeHost> {
  const root = await tempDir();
  const ran: string[] = [];
  const logged: string[] = [];
  const layout: Layout = {
    stateDir: join(root, 'state'),
    binDir: join(root, 'bin'),
    systemdUnitDirs: [join(root, 'etc/systemd/system')],
    initDir: join(root, 'etc/init.d'),
    proc: join(root, 'proc'),
    etc: join(root, 'etc'),
    ...overrides.layout,
  };
  return {
    root,
    ran,
    logged,
    env: overrides.env ?? { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: overrides.cwd ?? root,
    user: { uid: 0, name: 'root', home: root, ...overrides.user },
    layout,
    clock: { ...stoppedClock(overrides.now ?? '2026-11-22T03:00:00Z'), ...overrides.clock },
    files: { ...systemFiles, ...overrides.files },
    commands: { ...scripted(overrides, ran), ...overrides.commands },
    processes: { ...told(overrides), ...overrides.processes },
    dns: { ...silent, ...overrides.dns },
    http: { get: notScripted('http.get'), ...overrides.http },
    web: {
      client: notScripted('web.client'),
      serve: notScripted('web.serve'),
      openBelow: notScripted('web.openBelow'),
      ...overrides.web,
    },
    ldap: { open: notScripted('ldap.open'), ...overrides.ldap },
    tcp: { greeting: notScripted('tcp.greeting'), ...overrides.tcp },
    tls: { handshake: notScripted('tls.handshake'), serving: notScripted('tls.serving') },
    interrupted: new AbortController().signal,
    unbroken: (work) => work(),
    log: Object.assign((line: string) => void logged.push(line), { hide: () => undefined }),
  };
}

/** A temporary folder that is removed when the test is over. */
export async function tempDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A file's text, a link's target, or null for an empty folder. */
export type Entry = string | { readonly link: string } | null;

/** Makes files, links and folders below `root`; folders above them come by themselves. */
export async function writeTree(root: string, entries: Readonly<Record<string, Entry>>): Promise<void> {
  for (const [name, entry] of Object.entries(entries)) {
    const path = join(root, name);
    await mkdir(entry === null ? path : dirname(path), { recursive: true });
    if (typeof entry === 'string') await writeFile(path, entry);
    else if (entry !== null) await symlink(entry.link, path);
  }
}

/** The parts of a whole server, for writeTree. */
export function serverTree(home: string, folder: string): Record<string, Entry> {
  return {
    [`${home}/sandstorm.conf`]: 'SERVER_USER=sandstorm\nPORT=6080\n',
    [`${home}/var/mongo`]: null,
    [`${home}/var/pid`]: null,
    [`${home}/${folder}/sandstorm`]: '#!/bin/sh\n',
    [`${home}/latest`]: { link: folder },
    [`${home}/sandstorm`]: { link: 'latest/sandstorm' },
  };
}

function stoppedClock(start: string): Clock {
  const from = new Date(start).getTime();
  let passed = 0;
  return {
    now: () => new Date(from + passed),
    monotonic: () => passed,
    sleep: (ms) => {
      passed += ms;
      return Promise.resolve();
    },
  };
}

function scripted({ answers = {}, programs }: FakeOverrides, ran: string[]): Commands {
  const known = programs ?? Object.keys(answers).map((line) => line.split(' ')[0] ?? '');
  return {
    run: (file: string, args: readonly string[], options?: RunOptions) => {
      const line = [file.replace(/^.*\//, ''), ...args].join(' ');
      ran.push(options?.input === undefined ? line : `${line} < ${options.input}`);
      const answer = answers[line];
      if (answer === undefined) return Promise.reject(new Error(`no answer was scripted for: ${line}`));
      const exact = typeof answer === 'string' ? { stdout: answer } : answer;
      return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '', ...exact });
    },
    which: (name) => Promise.resolve(known.includes(name) ? `/usr/bin/${name}` : undefined),
    openPty: notScripted('commands.openPty'),
    filter: notScripted('commands.filter'),
  };
}

function told({ listening = [], running = {} }: FakeOverrides): Processes {
  return {
    self: process.pid,
    alive: (pid) => pid in running,
    cwd: (pid) => Promise.resolve(running[pid]?.cwd),
    name: (pid) => Promise.resolve(running[pid]?.name),
    parent: (pid) => Promise.resolve(running[pid]?.parent),
    startTime: (pid) => Promise.resolve(pid in running ? String(pid) : undefined),
    listening: (port) => Promise.resolve(listening.filter((holder) => holder.port === port)),
    all: () => [],
  };
}

const silent: Dns = {
  query: () => Promise.resolve({ kind: 'timeout' }),
  lookup: () => Promise.resolve([]),
  systemServers: () => [],
  ownAddresses: () => ['127.0.0.1', '::1'],
};

function notScripted(what: string): () => never {
  return () => {
    throw new Error(`${what} was not scripted`);
  };
}
