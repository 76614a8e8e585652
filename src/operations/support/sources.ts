import { join } from 'node:path';
import { lastRun } from '../../journal/journal.js';
import { stateDirs } from '../../journal/state-dir.js';
import { schedulePlaces, unitName } from '../../schedule/places.js';
import { findServiceManager } from '../../service/find-service-manager.js';
import { wholeLines } from '../../support/manifest.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { preflight } from '../preflight.js';
import { status } from '../status.js';
import { listTrust } from '../trust.js';

/** One thing for the bundle, got when its turn comes: never two are in memory. */
export interface Source {
  readonly name: string;
  /** undefined: there is none, and that is no loss. What it throws is named in the manifest. */
  get(): Promise<Found | undefined>;
}

export interface Found {
  readonly text: string;
  readonly cut: boolean;
}

/** Of each log. */
export const LOG_BYTES = 1024 * 1024;
const MOST_LOGS = 20;
const MOST_RUNS = 10;
const JOURNAL_LINES = 2000;

/** All that is gathered, in the order of its names. */
export async function sourcesOf(home: string, version: string, host: Host, ui: Ui): Promise<Source[]> {
  const { runs } = stateDirs(home, host);
  const places = schedulePlaces(home, host);
  // os-release, resolv.conf, perhaps sandstorm.conf are links, in folders that only root writes to.
  const file = (name: string, path: string): Source => ({
    name,
    get: async () => tailOf((await host.files.realPath(path)) ?? path, host),
  });
  const recent = (await host.files.list(runs)).reverse().slice(0, MOST_RUNS);
  return [
    command('machine/disks.txt', ['df', '-PT'], host),
    command('machine/inodes.txt', ['df', '-Pi'], host),
    command('machine/uname.txt', ['uname', '-a'], host),
    file('machine/os-release.txt', join(host.layout.etc, 'os-release')),
    file('machine/resolv.conf', join(host.layout.etc, 'resolv.conf')),
    file('machine/meminfo.txt', join(host.layout.proc, 'meminfo')),
    file('machine/loadavg.txt', join(host.layout.proc, 'loadavg')),
    json('checks/status.json', () => status(home, host)),
    json('checks/preflight.json', () =>
      preflight(asInstalled(home, host), host, { ...ui, check: () => undefined }),
    ),
    json('tool/versions.json', () =>
      Promise.resolve({ tool: version, node: process.version, arch: process.arch }),
    ),
    json('tool/trust.json', () => listTrust(host)),
    json('tool/last-run.json', async () => (await lastRun(home, host)) ?? null),
    ...recent.flatMap((run) => [
      file(`tool/runs/${run}/journal.ndjson`, join(runs, run, 'journal.ndjson')),
      file(`tool/runs/${run}/transcript.log`, join(runs, run, 'transcript.log')),
    ]),
    file('tool/schedule/tried.json', places.record),
    file('tool/schedule/hold.json', places.hold),
    file('tool/schedule/update.service', places.service),
    file('tool/schedule/update.timer', places.timer),
    file('tool/schedule/crontab.txt', places.cron),
    file('server/sandstorm.conf', join(home, 'sandstorm.conf')),
    { name: 'server/files.txt', get: () => filesIn(home, host) },
    ...(await logsOf(join(home, 'var/log'), host)),
    ...(await serviceSources(home, host)),
  ];
}

function json(name: string, make: () => Promise<unknown>): Source {
  return { name, get: async () => ({ text: `${JSON.stringify(await make(), undefined, 2)}\n`, cut: false }) };
}

function command(name: string, [program = '', ...args]: readonly string[], host: Host): Source {
  return {
    name,
    async get() {
      const { stdout, stderr, exitCode } = await host.commands.run(program, args, { maxBytes: LOG_BYTES });
      // What it says when it fails is worth as much.
      const ended = exitCode === 0 ? '' : `\n${stderr}\nexit ${String(exitCode)}`;
      return { text: `${stdout}${ended}\n`, cut: false };
    },
  };
}

async function tailOf(path: string, host: Host): Promise<Found | undefined> {
  if ((await host.files.lstat(path)) === undefined) return undefined;
  const { size, bytes } = await host.files.readOwnTail(path, LOG_BYTES);
  const cut = size > bytes.length;
  return { text: wholeLines(bytes, cut), cut };
}

/** The newest first; names in a folder that the server writes to are not ours. */
async function logsOf(folder: string, host: Host): Promise<Source[]> {
  const found: { readonly name: string; readonly time: number }[] = [];
  for (const name of (await host.files.list(folder)).slice(0, 1000)) {
    const stat = await host.files.lstat(join(folder, name)).catch(() => undefined);
    if (stat !== undefined && stat.kind !== 'directory') found.push({ name, time: stat.mtime.getTime() });
  }
  return found
    .sort((a, b) => b.time - a.time)
    .slice(0, MOST_LOGS)
    .map(({ name }) => ({ name: `server/log/${name}`, get: () => tailOf(join(folder, name), host) }));
}

/** What lies in HOME, one line each. */
async function filesIn(home: string, host: Host): Promise<Found> {
  const lines: string[] = [];
  for (const folder of ['', 'var', 'var/log']) {
    for (const name of (await host.files.list(join(home, folder))).slice(0, 200)) {
      const path = join(folder, name);
      const stat = await host.files.lstat(join(home, path)).catch(() => undefined);
      if (stat === undefined) continue;
      const { kind, mode, uid, gid, size, mtime } = stat;
      const link = kind === 'symlink' ? ` -> ${(await host.files.readLink(join(home, path))) ?? ''}` : '';
      const rights = (mode & 0o7777).toString(8).padStart(4, '0');
      lines.push(
        `${kind.padEnd(9)} ${rights} ${String(uid)}:${String(gid)} ${String(size)} ${mtime.toISOString()} ${path}${link}`,
      );
    }
  }
  return { text: `${lines.join('\n')}\n`, cut: false };
}

async function serviceSources(home: string, host: Host): Promise<Source[]> {
  const manager = await findServiceManager(home, host);
  const about = json('service/manager.json', async () => ({
    manager: manager.describe(),
    ...(await manager.status()),
  }));
  const unit =
    manager.kind === 'systemd' ? (await manager.status().catch(() => undefined))?.unit?.name : undefined;
  if (unit === undefined) return [about];
  const updates = unitName(home);
  return [
    about,
    command('service/unit.txt', ['systemctl', '--no-pager', 'cat', '--', unit], host),
    command('service/timers.txt', ['systemctl', '--no-pager', 'list-timers', '--all'], host),
    journal('service/journal.log', unit, host),
    journal('service/updates.log', updates, host),
  ];
}

/** The newest lines come first, so that it is the old ones that fall off; and are put back into their order. */
function journal(name: string, unit: string, host: Host): Source {
  const args = [
    '--no-pager',
    '--quiet',
    '--reverse',
    '-o',
    'short-iso',
    '-n',
    String(JOURNAL_LINES),
    '-u',
    unit,
  ];
  return {
    name,
    async get() {
      const { stdout, stderr, exitCode } = await host.commands.run('journalctl', args, {
        maxBytes: LOG_BYTES,
      });
      if (exitCode !== 0) throw new Error(`journalctl: ${stderr.trim()}`);
      if (stdout === '') return undefined;
      const lines = stdout.split('\n');
      const cut = lines.length >= JOURNAL_LINES || Buffer.byteLength(stdout) >= LOG_BYTES;
      return { text: `${lines.reverse().join('\n')}\n`, cut };
    },
  };
}

/** As the server is, and nothing else. */
function asInstalled(home: string, host: Host): Parameters<typeof preflight>[0] {
  const nothing = { phase: undefined, tarball: undefined, baseUrl: undefined, wildcardHost: undefined };
  return {
    ...nothing,
    home,
    ports: undefined,
    bindIp: undefined,
    serverUser: 'sandstorm',
    resolvers: [],
    expectAddress: undefined,
    waive: [],
    unprivileged: host.user.uid !== 0,
    ldap: undefined,
  };
}
