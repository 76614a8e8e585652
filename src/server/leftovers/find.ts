import { dirname, isAbsolute, join, normalize, relative } from 'node:path';
import { deadLocks } from '../../journal/lock.js';
import { stateDirs } from '../../journal/state-dir.js';
import type { FileStat, Host } from '../../system/host.js';
import {
  namedById,
  namedHalfWritten,
  namedInHome,
  namedStaged,
  type Candidate,
  type Named,
} from './kinds.js';

/** What is looked for where. */
interface Place {
  /** May be reached through links: an administrator has `var` on another disk. */
  readonly base: string;
  /** Made by us, so without links: one there would lead us to remove what lies elsewhere. */
  readonly below: string;
  readonly named: (name: string) => Named | undefined;
}

/**
 * Everything in and around HOME that bears the name of a leftover. Few small reads: `status` does this every
 * time, and whatever costs more waits until something was found.
 */
export async function findCandidates(home: string, host: Host): Promise<Candidate[]> {
  const real = await realPath(home, host);
  const places = [
    ...(real === undefined ? [] : await placesInHome(real, host)),
    ...(await placesOfOurs(home, host)),
  ];
  const found = await Promise.all([
    ...places.map((place) => lookInto(place, real ?? home, host)),
    locks(home, host),
    brokenLinks(home, real ?? home, host),
  ]);
  return found.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function placesInHome(home: string, host: Host): Promise<Place[]> {
  const conf = await realPath(join(home, 'sandstorm.conf'), host);
  const confFolder = conf === undefined ? home : dirname(conf);
  const own = '.sandstorm-airgap';
  return [
    { base: home, below: '', named: namedInHome },
    ...(confFolder === home ? [] : [{ base: confFolder, below: '', named: namedHalfWritten }]),
    { base: home, below: own, named: namedHalfWritten },
    { base: home, below: `${own}/incoming`, named: namedById('incoming') },
    { base: home, below: `${own}/aside`, named: namedById('aside') },
    { base: home, below: `${own}/snapshots`, named: namedById('snapshot') },
    { base: join(home, 'var'), below: own, named: namedById('snapshot-data') },
  ];
}

async function placesOfOurs(home: string, host: Host): Promise<Place[]> {
  const base = host.layout.stateDir;
  const { root, runs, backups, staging } = stateDirs(home, host);
  const runFolders = (await namesIn(runs, host)).map((run) => join(runs, run));
  const below = (folder: string): string => relative(base, folder);
  return [
    ...[base, root, backups, ...runFolders].map((folder) => ({
      base,
      below: below(folder),
      named: namedHalfWritten,
    })),
    { base, below: below(staging), named: namedStaged },
  ];
}

async function lookInto({ base, below, named }: Place, home: string, host: Host): Promise<Candidate[]> {
  const names = (await namesIn(join(base, below), host)).flatMap((name) => {
    const is = named(name);
    return is === undefined ? [] : [{ name, is }];
  });
  if (names.length === 0) return [];
  const [realBase, folder] = await Promise.all([realPath(base, host), realPath(join(base, below), host)]);
  // Through no link, then, and named as the kernel names what a process has open.
  if (realBase === undefined || folder === undefined || folder !== join(realBase, below)) return [];
  const placeIsOurs = await isOurs(folder, host);
  const found = await Promise.all(
    names.map(async ({ name, is }): Promise<Candidate[]> => {
      const path = join(folder, name);
      const stat = await lstat(path, host);
      if (stat === undefined || (await isFinishedSnapshot(is, home, host))) return [];
      return [{ ...is, path, stat, placeIsOurs }];
    }),
  );
  return found.flat();
}

/** Whatever lies where its snapshot.json should be: somebody has to look at it before its data may go. */
async function isFinishedSnapshot({ kind, owner = '' }: Named, home: string, host: Host): Promise<boolean> {
  if (kind !== 'snapshot' && kind !== 'snapshot-data') return false;
  const path = join(home, '.sandstorm-airgap/snapshots', owner, 'snapshot.json');
  // One that may not be looked at counts as there.
  return host.files.lstat(path).then(
    (stat) => stat !== undefined,
    () => true,
  );
}

async function locks(home: string, host: Host): Promise<Candidate[]> {
  const found = await Promise.all(
    (await deadLocks(home, host)).map(async (path): Promise<Candidate[]> => {
      const stat = await lstat(path, host);
      return stat === undefined ? [] : [{ kind: 'lock', path, stat, placeIsOurs: true }];
    }),
  );
  return found.flat();
}

/** The links that install.sh makes, where they lead nowhere; outside HOME only those that point into it. */
async function brokenLinks(home: string, real: string, host: Host): Promise<Candidate[]> {
  const links = [
    join(home, 'latest'),
    join(home, 'sandstorm'),
    join(host.layout.binDir, 'sandstorm'),
    join(host.layout.binDir, 'spk'),
  ];
  const found = await Promise.all(
    links.map(async (path): Promise<Candidate[]> => {
      const target = await host.files.readLink(path).catch(() => undefined);
      if (target === undefined || (await leadsSomewhere(path, host))) return [];
      const leadsTo = normalize(isAbsolute(target) ? target : join(dirname(path), target));
      if (![home, real].some((folder) => leadsTo.startsWith(`${folder}/`))) return [];
      const stat = await lstat(path, host);
      return stat?.kind === 'symlink' ? [{ kind: 'broken-link', path, stat, target, placeIsOurs: true }] : [];
    }),
  );
  return found.flat();
}

/**
 * Nobody but root and this user can put things there, or put another folder in its place or above it. In one
 * with the sticky bit (/tmp) everybody has his own.
 */
async function isOurs(folder: string, host: Host): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const stat = await lstat(path, host);
    if (stat?.kind !== 'directory' || ((stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0)) return false;
    if (stat.uid !== 0 && stat.uid !== host.user.uid) return false;
    if (path === dirname(path)) return true;
  }
}

/** Where it may not be looked at, it may lead somewhere. */
async function leadsSomewhere(link: string, host: Host): Promise<boolean> {
  return host.files.stat(link).then(
    (stat) => stat !== undefined,
    () => true,
  );
}

async function namesIn(folder: string, host: Host): Promise<string[]> {
  return host.files.list(folder).catch(() => []);
}

async function realPath(path: string, host: Host): Promise<string | undefined> {
  return host.files.realPath(path).catch(() => undefined);
}

async function lstat(path: string, host: Host): Promise<FileStat | undefined> {
  return host.files.lstat(path).catch(() => undefined);
}
