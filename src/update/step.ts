/** What undoes a step. Carried out in the order of `UNDO_ORDER`, each at most once; see undo.ts. */
export type UndoStep =
  | 'stop'
  | 'restore-data'
  | 'relink-old'
  | 'remove-placed'
  | 'remove-unpacked'
  | 'restore-conf'
  | 'start'
  | 'prove-old'
  | 'drop-snapshot';

/** What a snapshot holds besides the build and sandstorm.conf. */
export type SnapshotScope = 'none' | 'database' | 'full';

/**
 * One thing that is done to a server. Plain data. Each can be made again after it was cut off in the middle:
 * `resume` does.
 */
export type Step =
  /** Beside the running server, proven against the manifest, and on the disk. `reuse`: it lies there whole already. */
  | { readonly do: 'unpack'; readonly bytes: number; readonly reuse: boolean }
  /** The build of a snapshot, by hard links, beside the running server. */
  | { readonly do: 'bring-build'; readonly snapshot: string }
  /** The build in use (`build`), and sandstorm.conf. */
  | { readonly do: 'keep'; readonly build: boolean }
  | { readonly do: 'set-channel'; readonly from: string | null }
  | { readonly do: 'stop' }
  /** Into HOME under its name; `replaces`: a folder of that name is moved aside. */
  | { readonly do: 'place'; readonly replaces: boolean }
  | { readonly do: 'repair-mongo' }
  | { readonly do: 'snapshot'; readonly scope: SnapshotScope; readonly bytes: number }
  /** The data of a snapshot in the place of the present ones, which are kept. */
  | { readonly do: 'bring-data'; readonly snapshot: string; readonly bytes: number }
  /** `sandstorm update` finds the folder in its place and only moves `latest`. */
  | { readonly do: 'sandstorm-update' }
  | { readonly do: 'relink' }
  | { readonly do: 'migrate-mongo'; readonly bytes: number }
  | { readonly do: 'start' }
  | { readonly do: 'prove-healthy'; readonly stableSeconds: number }
  /** Makes the snapshot one to go back to, and removes those beyond `keep`; null: none. */
  | { readonly do: 'commit'; readonly keep: number | null };

export type StepName = Step['do'];

/** Plain data: printed by --dry-run, stored in the journal, carried out by the operation. */
export interface ServerPlan {
  readonly version: 2;
  readonly operation: 'update' | 'rollback' | 'snapshot';
  readonly home: string;
  /** Folder names: "sandstorm-308", "sandstorm-309". */
  readonly from: string;
  readonly to: string;
  /** It is stopped for the change, and started again should that fail. */
  readonly running: boolean;
  readonly waive: readonly string[];
  readonly steps: readonly Step[];
}

export function stepsNamed(plan: ServerPlan): ReadonlySet<StepName> {
  return new Set(plan.steps.map((step) => step.do));
}

/** For comparing plans: a running database grows between one look and the next. */
export function withoutSizes(plan: ServerPlan): unknown {
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step.do === 'snapshot' || step.do === 'migrate-mongo' ? { ...step, bytes: 0 } : step,
    ),
  };
}

/** Whether a journal's plan is one of ours. Journals are root's; a version of another build of this tool is not. */
export function isServerPlan(value: unknown): value is ServerPlan {
  if (typeof value !== 'object' || value === null) return false;
  const { version, operation, from, to, steps } = value as Record<string, unknown>;
  return (
    version === 2 &&
    (operation === 'update' || operation === 'rollback' || operation === 'snapshot') &&
    typeof from === 'string' &&
    typeof to === 'string' &&
    Array.isArray(steps)
  );
}
