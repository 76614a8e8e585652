import { join } from 'node:path';

/**
 * Our own folder in HOME: on the same filesystem, so that a build is kept by hard links and put back by
 * renaming, and of no name that Sandstorm or install.sh know.
 */
export const OWN_FOLDER = '.sandstorm-airgap';

/** Where things of one run or snapshot lie; a snapshot has the id of the run that made it. */
export interface Places {
  readonly snapshots: string;
  /** Folder of this snapshot, with all that follows in it. */
  readonly snapshot: string;
  readonly record: string;
  readonly build: string;
  readonly conf: string;
  /** Beside the data, which may lie on another filesystem than HOME. */
  readonly dataRoot: string;
  readonly data: string;
  /** What a build is unpacked into. */
  readonly incoming: string;
  /** What was found under a name that is needed. */
  readonly aside: string;
}

export function placesOf(home: string, id: string): Places {
  const own = join(home, OWN_FOLDER);
  const snapshots = join(own, 'snapshots');
  const snapshot = join(snapshots, id);
  const dataRoot = join(home, 'var', OWN_FOLDER);
  return {
    snapshots,
    snapshot,
    record: join(snapshot, 'snapshot.json'),
    build: join(snapshot, 'build'),
    conf: join(snapshot, 'sandstorm.conf'),
    dataRoot,
    data: join(dataRoot, id),
    incoming: join(own, 'incoming', id),
    aside: join(own, 'aside', id),
  };
}

/** Folders of our own that are removed when nothing is left in them, innermost first. */
export function emptyFolders(home: string): readonly string[] {
  const own = join(home, OWN_FOLDER);
  return [
    join(own, 'incoming'),
    join(own, 'aside'),
    join(own, 'snapshots'),
    own,
    join(home, 'var', OWN_FOLDER),
  ];
}
