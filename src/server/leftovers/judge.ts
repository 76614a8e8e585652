import { moment } from '../../words.js';
import { MAY_BE_NEEDED, type Candidate, type LeftoverKind } from './kinds.js';
import type { Worker } from './workers.js';
import type { ProcessGlance } from '../../system/host.js';
import { whoHolds } from './workers.js';

/** What has become of a run. One that was cut off counts as over once a later one has come to its end. */
export type Fate = 'over' | 'failed' | 'open' | 'unreadable' | 'unknown';

/** All that decides, looked at once for all candidates. Times in milliseconds since 1970. */
export interface Surroundings {
  readonly home: string;
  readonly uid: number;
  readonly now: number;
  /** undefined where the machine does not tell. */
  readonly bootedAt: number | undefined;
  /** What is going on or was cut off, and so comes first. */
  readonly first: string | undefined;
  readonly server: 'whole' | 'parts' | 'none';
  /** What makes the links right again, where that is known. */
  readonly repair: string | undefined;
  readonly processes: readonly ProcessGlance[];
  readonly workers: readonly Worker[];
  readonly mounts: readonly string[];
  readonly fates: ReadonlyMap<string, Fate>;
}

export interface Verdict {
  /** Proven: nobody needs it and nobody will come back to it. */
  readonly stale: boolean;
  readonly why: string;
}

/**
 * Between two system calls the maker of a folder may have nothing open in it (tar has ended, the rename is
 * to come). A machine that swaps or was suspended can be in there for a while; minutes later nobody is.
 */
const QUIET_MS = 10 * 60_000;
/** How far the moment of boot, which is worked out from the clock, may be off. */
const BOOT_SLACK_MS = 60_000;

/**
 * Whether a candidate may be removed; undefined when it is no leftover at all, because a run that is not over
 * or a snapshot owns it. Doubt never removes anything.
 */
export function judgeLeftover(candidate: Candidate, around: Surroundings): Verdict | undefined {
  const fate = candidate.owner === undefined ? undefined : around.fates.get(candidate.owner);
  if (fate === 'open') return undefined;
  const doubt =
    wrongKind(candidate) ??
    wrongOwner(candidate, around) ??
    around.first ??
    inUse(candidate, around) ??
    tooYoung(candidate, around) ??
    neededPerhaps(candidate, fate, around);
  return doubt === undefined
    ? { stale: true, why: `${origin(candidate, fate)}, last changed ${moment(candidate.stat.ctime)}` }
    : { stale: false, why: doubt };
}

const FOLDERS: ReadonlySet<LeftoverKind> = new Set([
  'unpacking',
  'install-download',
  'staged',
  'replaced',
  'incoming',
  'aside',
  'snapshot',
  'snapshot-data',
]);
/** As mkdtemp, mktemp -d and we ourselves make them. */
const PRIVATE: ReadonlySet<LeftoverKind> = new Set(['unpacking', 'install-download', 'staged']);

function wrongKind({ kind, stat, placeIsOurs }: Candidate): string | undefined {
  const wanted = FOLDERS.has(kind)
    ? 'directory'
    : kind === 'new-link' || kind === 'broken-link'
      ? 'symlink'
      : 'file';
  if (stat.kind !== wanted) return `it is not what is usually left under that name (${stat.kind})`;
  // Where others can write, what is looked at is not what will be removed.
  if (!placeIsOurs) return 'others can change the folder that it lies in';
  const others = PRIVATE.has(kind) ? 0o077 : 0o022;
  return wanted === 'directory' && (stat.mode & others) !== 0
    ? 'others may get at it, so it was made by something else'
    : undefined;
}

function wrongOwner({ stat }: Candidate, { uid }: Surroundings): string | undefined {
  if (stat.uid === uid) return undefined;
  if (stat.uid === 0) return 'it belongs to root: run it as root';
  return uid === 0
    ? `it belongs to user ${String(stat.uid)}: run it as that user`
    : 'it belongs to somebody else';
}

function inUse(candidate: Candidate, around: Surroundings): string | undefined {
  const { path, stat, writer, kind } = candidate;
  const holder = whoHolds(path, stat, around.processes);
  if (holder !== undefined) return holder;
  const worker = around.workers.find(({ makes }) => makes.has(kind));
  if (worker !== undefined) return `${worker.what} (pid ${String(worker.pid)}) is at work and may need it`;
  if (around.mounts.some((at) => at === path || at.startsWith(`${path}/`)))
    return 'something is mounted in it';
  const writes = (process: ProcessGlance): boolean => process.pid === writer;
  return around.processes.some(writes) && !beforeBoot(candidate, around)
    ? `a process with the number of its writer (pid ${String(writer)}) lives`
    : undefined;
}

/**
 * What is older than this boot was left by a process of another one. A clock that was put right since can
 * make it look so, which is why this stands only beside the look at the processes.
 */
function beforeBoot({ stat }: Candidate, { bootedAt }: Surroundings): boolean {
  return bootedAt !== undefined && stat.ctime.getTime() < bootedAt - BOOT_SLACK_MS;
}

function tooYoung(candidate: Candidate, around: Surroundings): string | undefined {
  // The name of a lock says which process it is of, and that one is dead.
  if (candidate.kind === 'lock' || candidate.kind === 'broken-link') return undefined;
  const age = around.now - candidate.stat.ctime.getTime();
  if (age >= QUIET_MS || beforeBoot(candidate, around)) return undefined;
  if (age < -BOOT_SLACK_MS)
    return `it was changed at ${moment(candidate.stat.ctime)}, which is yet to come: was the clock set back?`;
  return `it was changed ${String(Math.max(0, Math.floor(age / 60_000)))} min ago; after ${String(QUIET_MS / 60_000)} min, or a reboot, it counts as left over`;
}

function neededPerhaps(
  { kind, owner, path, target }: Candidate,
  fate: Fate | undefined,
  { home, server, repair }: Surroundings,
): string | undefined {
  if (kind === 'broken-link') {
    if (server === 'none') return undefined;
    const way = repair ?? `no release with a sandstorm program is left in ${home}`;
    return `it leads to ${target ?? '?'}, which is not there; to put it right: ${way}`;
  }
  if (fate === 'failed') return `the run ${owner ?? ''} failed, and what it left may be the way back`;
  if (fate === 'unreadable') return `the journal of the run ${owner ?? ''} cannot be read`;
  if ((kind === 'replaced' || kind === 'aside') && fate === 'unknown')
    return `no journal tells whether the run ${owner ?? ''} is over: look into ${path}, and remove it by hand`;
  return MAY_BE_NEEDED.has(kind) && server !== 'whole'
    ? `there is no whole server in ${home}, and this may be the only copy`
    : undefined;
}

function origin({ kind, owner = '', target = '' }: Candidate, fate: Fate | undefined): string {
  const run = fate === 'unknown' ? 'a run without a journal' : `the run ${owner}, which is over`;
  switch (kind) {
    case 'unpacking':
      return 'unpacked by a sandstorm update that was cut off';
    case 'new-link':
      return 'link of a sandstorm update that was cut off';
    case 'install-download':
      return 'download of an install.sh that was cut off';
    case 'half-written':
      return 'half-written file of a run that was cut off';
    case 'staged':
      return 'copy of a tarball, of a run that was cut off';
    case 'replaced':
    case 'aside':
      return `set aside by ${run}`;
    case 'incoming':
      return `unpacked by ${run}`;
    case 'snapshot':
      return 'snapshot that was never finished';
    case 'snapshot-data':
      return 'data of a snapshot that is not there';
    case 'lock':
      return 'lock of a process that has died';
    case 'broken-link':
      return `leads to ${target}, and there is no server any more`;
  }
}
