import type { SnapshotScope, ServerPlan } from './step.js';

export interface RollbackPlan extends ServerPlan {
  readonly operation: 'rollback';
  /** Id of the snapshot that is gone back to. */
  readonly snapshot: string;
  /** ISO 8601: what was done after it is not in its data. null: it has none, the data stay as they are. */
  readonly dataOf: string | null;
}

export interface RollbackFacts {
  readonly home: string;
  readonly from: string;
  readonly to: string;
  readonly snapshot: string;
  readonly takenAt: string;
  /** Bytes of the snapshot's data; undefined when it holds none. */
  readonly dataBytes: number | undefined;
  readonly running: boolean;
  /** HOME has a folder of that build's name, other than the one in use. */
  readonly targetExists: boolean;
  readonly waive: readonly string[];
  readonly stableSeconds: number;
}

/** Pure: the way back by hand. What it replaces becomes a snapshot itself. */
export function planRollback(facts: RollbackFacts): RollbackPlan {
  const { home, from, to, snapshot, running, waive, stableSeconds, dataBytes } = facts;
  const otherBuild = from !== to;
  return {
    version: 2,
    operation: 'rollback',
    home,
    from,
    to,
    snapshot,
    dataOf: dataBytes === undefined ? null : facts.takenAt,
    running,
    waive,
    steps: [
      ...(otherBuild ? [{ do: 'bring-build', snapshot } as const] : []),
      { do: 'keep', build: true },
      ...(running ? [{ do: 'stop' } as const] : []),
      ...(otherBuild ? [{ do: 'place', replaces: facts.targetExists } as const] : []),
      // Before the link: cut off in between, the newer build starts on a copy of the old data, which it converts;
      // the other way round the old build would start on data that it cannot read.
      ...(dataBytes === undefined ? [] : [{ do: 'bring-data', snapshot, bytes: dataBytes } as const]),
      ...(otherBuild ? [{ do: 'relink' } as const] : []),
      { do: 'start' },
      { do: 'prove-healthy', stableSeconds },
      // Nothing is removed: the one gone back to, and the one left, both stay.
      { do: 'commit', keep: null },
    ],
  };
}

export interface SnapshotFacts {
  readonly home: string;
  readonly build: string;
  readonly running: boolean;
  readonly scope: SnapshotScope;
  readonly bytes: number;
  readonly waive: readonly string[];
  readonly stableSeconds: number;
}

/** Pure: a snapshot by hand. Files of a running database are no snapshot of it, so there is a short pause. */
export function planSnapshot(facts: SnapshotFacts): ServerPlan {
  const { home, build, running, scope, bytes, waive, stableSeconds } = facts;
  return {
    version: 2,
    operation: 'snapshot',
    home,
    from: build,
    to: build,
    running,
    waive,
    steps: [
      { do: 'keep', build: true },
      ...(running && scope !== 'none' ? [{ do: 'stop' } as const] : []),
      ...(scope === 'none' ? [] : [{ do: 'snapshot', scope, bytes } as const]),
      ...(running && scope !== 'none'
        ? [{ do: 'start' } as const, { do: 'prove-healthy', stableSeconds } as const]
        : []),
      { do: 'commit', keep: null },
    ],
  };
}
