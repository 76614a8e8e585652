import type { SnapshotScope } from '../update/step.js';

/** What is written beside a snapshot: snapshot.json. */
export interface SnapshotRecord {
  readonly version: 1;
  /** Also the id of the run that made it, and the name of its folder. */
  readonly id: string;
  /** ISO 8601: the moment of its data. */
  readonly takenAt: string;
  /** Folder name of the build: "sandstorm-308". */
  readonly release: string;
  readonly scope: SnapshotScope;
  /** Of the data. */
  readonly bytes: number;
  /** "update to sandstorm-309" */
  readonly reason: string;
  /** Only then it can be gone back to: until its run is done it belongs to that run. */
  readonly complete: boolean;
  /** Folders in `var` that a migration of the database makes, and that were there before. */
  readonly migrationFolders: readonly string[];
}

/** What `sandstorm migrate-mongo` leaves in `var`. */
export const MIGRATION_FOLDERS = ['mongo-2.6-backup', 'mongo-backup'] as const;

/** Folders of `var` that a snapshot of that scope holds. */
export function dataFolders(scope: SnapshotScope): readonly string[] {
  switch (scope) {
    case 'none':
      return [];
    case 'database':
      return ['mongo'];
    case 'full':
      return ['mongo', 'sandstorm'];
  }
}

/** Pure; undefined for anything else than this tool writes. */
export function parseSnapshot(text: string): SnapshotRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is SnapshotRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { version, id, takenAt, release, scope, bytes, reason, complete, migrationFolders } = value as Record<
    string,
    unknown
  >;
  return (
    version === 1 &&
    typeof id === 'string' &&
    typeof takenAt === 'string' &&
    !Number.isNaN(Date.parse(takenAt)) &&
    typeof release === 'string' &&
    /^sandstorm-(?:\d{1,9}|custom\.[^/]+)$/.test(release) &&
    (scope === 'none' || scope === 'database' || scope === 'full') &&
    typeof bytes === 'number' &&
    typeof reason === 'string' &&
    typeof complete === 'boolean' &&
    Array.isArray(migrationFolders) &&
    migrationFolders.every((name) => MIGRATION_FOLDERS.some((known) => known === name))
  );
}
