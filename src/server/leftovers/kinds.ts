import type { FileStat } from '../../system/host.js';

/** What killed runs leave, Sandstorm's own and ours. */
export type LeftoverKind =
  /** HOME/downloading.XXXXXX: mkdtemp of unpackUpdate in run-bundle.c++. */
  | 'unpacking'
  /** HOME/latest.<build>: the link that unpackUpdate renames to `latest`. */
  | 'new-link'
  /** HOME/sandstorm-installer.XXXXXXXXXX: mktemp of install.sh, which is in HOME by then, for its own download. */
  | 'install-download'
  /** `.PID.xxxxxxxx.tmp`, our own, beside a file that was being replaced. */
  | 'half-written'
  /** Our private copy of a tarball. */
  | 'staged'
  /** HOME/replaced-<release>.<run>: a folder that an update of version 0.1 set aside. */
  | 'replaced'
  /** A release being unpacked beside the running one, by run. */
  | 'incoming'
  /** What an update moved out of the way, by run. */
  | 'aside'
  /** A snapshot without its snapshot.json, and the data of one. */
  | 'snapshot'
  | 'snapshot-data'
  | 'lock'
  | 'broken-link';

/** Something of the right name in the right place. Whether it is left over is for judge.ts to say. */
export interface Candidate {
  readonly kind: LeftoverKind;
  /** As the kernel names it, but for links and locks. */
  readonly path: string;
  readonly stat: FileStat;
  /** Id of the run or snapshot it belongs to, where its name tells. */
  readonly owner?: string;
  /** The process that wrote it, where its name tells. */
  readonly writer?: number;
  /** Text of a link. */
  readonly target?: string;
  /** The folder it lies in, and all above, can be changed by root or this user only. */
  readonly placeIsOurs: boolean;
}

export type Named = Pick<Candidate, 'kind' | 'owner' | 'writer'>;

/** A name directly in HOME. The X of mkdtemp(3) and of coreutils' mktemp are letters and digits. */
export function namedInHome(name: string): Named | undefined {
  if (/^downloading\.[A-Za-z0-9]{6}$/.test(name)) return { kind: 'unpacking' };
  if (/^latest\.\d{1,9}$/.test(name)) return { kind: 'new-link' };
  if (/^sandstorm-installer\.[A-Za-z0-9]{10}$/.test(name)) return { kind: 'install-download' };
  const replaced = /^replaced-sandstorm-(?:\d{1,9}|custom\.[^/]+?)\.(\d{4}-\d\d-\d\dT\d{9}Z-[a-z]+)$/.exec(
    name,
  );
  if (replaced?.[1] !== undefined) return { kind: 'replaced', owner: replaced[1] };
  return namedHalfWritten(name);
}

/** The name that an atomic write of ours uses, see system/files.ts. */
export function namedHalfWritten(name: string): Named | undefined {
  const pid = /^\.(\d{1,7})\.[0-9a-f]{8}\.tmp$/.exec(name)?.[1];
  return pid === undefined ? undefined : { kind: 'half-written', writer: Number(pid) };
}

export function namedStaged(name: string): Named | undefined {
  return /^release-[0-9a-f]{16}$/.test(name) ? { kind: 'staged' } : undefined;
}

/** Folders whose name is the id of a run or snapshot. */
export function namedById(kind: 'incoming' | 'aside' | 'snapshot' | 'snapshot-data') {
  return (name: string): Named | undefined =>
    /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}$/.test(name) ? { kind, owner: name } : undefined;
}

/** The kinds that may hold the only copy of a build or of data. */
export const MAY_BE_NEEDED: ReadonlySet<LeftoverKind> = new Set([
  'replaced',
  'aside',
  'snapshot',
  'snapshot-data',
]);
