import { join } from 'node:path';
import { readRun } from '../../journal/journal.js';
import { stateDirs } from '../../journal/state-dir.js';
import type { Host } from '../../system/host.js';
import { judgeHome, observeHome, type HomeState } from '../home-state.js';
import type { Fate, Surroundings } from './judge.js';
import { workersOn } from './workers.js';

/** Looks at everything that decides about these owners' leftovers. `first`: see Surroundings. */
export async function lookAround(
  given: string,
  owners: readonly string[],
  first: string | undefined,
  host: Host,
): Promise<Surroundings> {
  const home = (await host.files.realPath(given).catch(() => undefined)) ?? given;
  const [state, names, bootedAt, mounts, fates] = await Promise.all([
    observeHome(given, host).then(judgeHome),
    host.files.list(home).catch(() => []),
    bootTime(host),
    mountPoints(host),
    Promise.all(owners.map(async (id) => [id, await fateOf(id, given, host)] as const)),
  ]);
  const processes = host.processes.all();
  return {
    home,
    uid: host.user.uid,
    now: host.clock.now().getTime(),
    bootedAt,
    first,
    server: serverIn(state, names),
    repair: await repairOf(home, names, host),
    processes,
    workers: workersOn(home, processes, host.processes.self),
    mounts,
    fates: new Map(fates),
  };
}

function serverIn(state: HomeState, names: readonly string[]): Surroundings['server'] {
  if (state.kind === 'server') return 'whole';
  // A folder that may not be looked into could hold anything.
  if (state.kind === 'unfit' || state.kind === 'interrupted') return 'parts';
  const isPart = (name: string): boolean => ['sandstorm.conf', 'var'].includes(name) || isRelease(name);
  return names.some(isPart) ? 'parts' : 'none';
}

function isRelease(name: string): boolean {
  return /^sandstorm-(?:\d{1,9}|custom\..+)$/.test(name);
}

/** The command that gives a server with a broken `latest` its newest build again. */
async function repairOf(home: string, names: readonly string[], host: Host): Promise<string | undefined> {
  const builds = names.flatMap((name) => /^sandstorm-(\d{1,9})$/.exec(name)?.[1] ?? []).map(Number);
  for (const build of builds.sort((a, b) => b - a)) {
    const folder = `sandstorm-${String(build)}`;
    const program = await host.files.stat(join(home, folder, 'sandstorm')).catch(() => undefined);
    if (program?.kind === 'file') return `ln -sfn ${folder} ${join(home, 'latest')}`;
  }
  return undefined;
}

async function bootTime(host: Host): Promise<number | undefined> {
  const stat = await host.files.readText(join(host.layout.proc, 'stat')).catch(() => undefined);
  const seconds = /^btime (\d{1,12})$/m.exec(stat ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** From /proc/self/mountinfo, see proc(5): the fifth field, with space and the like as octal digits. */
async function mountPoints(host: Host): Promise<string[]> {
  const text = await host.files.readText(join(host.layout.proc, 'self/mountinfo')).catch(() => undefined);
  return (text ?? '').split('\n').flatMap((line) => {
    const at = line.split(' ')[4];
    if (at === undefined) return [];
    return [at.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))];
  });
}

async function fateOf(id: string, home: string, host: Host): Promise<Fate> {
  const { runs } = stateDirs(home, host);
  const ids = await host.files.list(runs);
  if (!ids.includes(id)) return 'unknown';
  const record = await readRun(id, home, host);
  if (record === undefined) return 'unreadable';
  if (isOver(record.outcome)) return 'over';
  // Their names are in the order of time: see freshStamp.
  for (const later of ids.filter((one) => one > id)) {
    if (isOver((await readRun(later, home, host))?.outcome)) return 'over';
  }
  return record.outcome === 'failed' ? 'failed' : 'open';
}

function isOver(outcome: string | undefined): boolean {
  return outcome === 'done' || outcome === 'undone';
}
