import { join } from 'node:path';
import type { Subject } from './check.js';

/** What a release takes when none is known yet: about what 308 does, rounded up. */
export const ASSUMED_RELEASE = { packedBytes: 200e6, unpackedBytes: 800e6 } as const;

/** A new database preallocates some 400 MB, an old one grows; full, it does not start and logs nothing. */
const RESERVE = 500e6;

export interface DiskFacts {
  /** Size of HOME/var/mongo; 0 where there is none. */
  readonly mongoBytes: number;
  /** Of what the snapshot of an update copies; where the filesystem can reflink, it will take less. */
  readonly snapshotBytes: number;
  /** The database was made by an older MongoDB than the release's (var/mongo/version is not 7). */
  readonly mongoIsOld: boolean;
}

interface Need {
  readonly path: string;
  readonly bytes: number;
  /** As in "… for the unpacked release". */
  readonly what: string;
}

/**
 * Everything that is on the disk at once when most is, beyond what is there now. A release is unpacked once: it
 * is renamed into its place. The old build is kept by hard links, for nothing.
 */
export function worstMoment(subject: Subject, facts: DiskFacts): Need[] {
  const { packedBytes, unpackedBytes } = subject.release ?? ASSUMED_RELEASE;
  const database = join(subject.home, 'var/mongo');
  const needs: Need[] = [
    { path: subject.stagingDir, bytes: packedBytes, what: 'a private copy of the tarball' },
    { path: subject.home, bytes: unpackedBytes, what: 'the unpacked release' },
    { path: database, bytes: RESERVE, what: 'the database to grow' },
  ];
  if (subject.phase === 'install') return needs;

  const what = subject.snapshot === 'full' ? 'a snapshot of all data' : 'a snapshot of the database';
  needs.push({ path: database, bytes: facts.snapshotBytes, what });
  if (subject.release?.needsAvx === true && facts.mongoIsOld) {
    // The old one is renamed and stays; a dump and the new database come beside it.
    needs.push({ path: database, bytes: 2 * facts.mongoBytes, what: 'the migration to MongoDB 7' });
  }
  return needs.filter(({ bytes }) => bytes > 0);
}

interface Space {
  readonly mount: string;
  readonly free: number;
  readonly dev: number;
}

export interface FilesystemNeed {
  readonly mount: string;
  readonly needs: number;
  readonly has: number;
  readonly what: readonly string[];
}

/** Sums the needs of each filesystem; `spaces` are those of the needs' paths, in the same order. */
export function perFilesystem(needs: readonly Need[], spaces: readonly Space[]): FilesystemNeed[] {
  const sums = new Map<number, FilesystemNeed>();
  needs.forEach((need, index) => {
    const space = spaces[index];
    if (space === undefined) return;
    const sum = sums.get(space.dev) ?? { mount: space.mount, needs: 0, has: space.free, what: [] };
    sums.set(space.dev, { ...sum, needs: sum.needs + need.bytes, what: [...sum.what, need.what] });
  });
  return [...sums.values()];
}
