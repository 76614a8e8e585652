import { badValue } from '../../errors.js';
import { defineCommand } from '../command.js';
import { formed, on, positional } from '../option.js';
import { parseKeep, PATIENCE_OPTIONS, SCOPE_OPTION, WAIVE_OPTIONS } from '../option-sets.js';

const { stableFor, startTimeout, staging } = PATIENCE_OPTIONS;

export const ROLLBACK_OPTIONS = {
  to: formed(
    '--to <build>',
    'go back to this build (default: the newest snapshot of another build)',
    parseBuild,
  ),
  ...WAIVE_OPTIONS,
  stableFor,
  startTimeout,
};

export const TAKE_UP_OPTIONS = { stableFor, startTimeout, staging };

export const ABORT_OPTIONS = {
  leave: on(
    '--leave',
    'change nothing: the server is as it should be, put right by hand; what was kept stays as a snapshot',
  ),
  ...TAKE_UP_OPTIONS,
};

export const CREATE_OPTIONS = { snapshot: SCOPE_OPTION, ...WAIVE_OPTIONS, stableFor, startTimeout };

export const RESTORE_OPTIONS = {
  id: positional('id', 'the snapshot, as snapshot list names it'),
  ...WAIVE_OPTIONS,
  stableFor,
  startTimeout,
};

export const PRUNE_OPTIONS = { keep: formed('--keep <n>', 'how many stay (default 1)', parseKeep) };

export const rollbackCommand = defineCommand({
  name: 'rollback',
  summary: 'go back to the build before the last update, with its data',
  description:
    'Says first what people will lose, and asks. What is replaced is kept as a snapshot: a second rollback\nleads to where you are now.',
  examples: ['sandstorm-airgap rollback --dry-run', 'sandstorm-airgap rollback --to 308'],
  options: ROLLBACK_OPTIONS,
  load: async () => (await import('./way-back.run.js')).rollbackRun,
});

export const resumeCommand = defineCommand({
  name: 'resume',
  summary: 'go on with what a crash or a power cut has interrupted',
  description: 'Looks at what is there, shows the steps that are left, and carries them out.',
  examples: ['sandstorm-airgap resume', 'sandstorm-airgap resume --yes --json'],
  options: TAKE_UP_OPTIONS,
  load: async () => (await import('./way-back.run.js')).resumeRun,
});

export const abortCommand = defineCommand({
  name: 'abort',
  summary: 'give up what was interrupted; the state before it comes back',
  examples: ['sandstorm-airgap abort', 'sandstorm-airgap abort --leave'],
  options: ABORT_OPTIONS,
  load: async () => (await import('./way-back.run.js')).abortRun,
});

export const snapshotListCommand = defineCommand({
  name: 'snapshot list',
  summary: 'print the snapshots that can be gone back to',
  examples: ['sandstorm-airgap snapshot list --json'],
  options: {},
  load: async () => (await import('./way-back.run.js')).listRun,
});

export const snapshotCreateCommand = defineCommand({
  name: 'snapshot create',
  summary: 'keep the build and a copy of its data; a short pause',
  examples: ['sandstorm-airgap snapshot create', 'sandstorm-airgap snapshot create --snapshot full'],
  options: CREATE_OPTIONS,
  load: async () => (await import('./way-back.run.js')).createRun,
});

export const snapshotRestoreCommand = defineCommand({
  name: 'snapshot restore',
  summary: 'go back to one snapshot, build and data; as rollback does',
  examples: ['sandstorm-airgap snapshot restore 2026-11-22T021300123Z-update'],
  options: RESTORE_OPTIONS,
  load: async () => (await import('./way-back.run.js')).restoreRun,
});

export const snapshotPruneCommand = defineCommand({
  name: 'snapshot prune',
  summary: 'remove old snapshots',
  examples: ['sandstorm-airgap snapshot prune --keep 2'],
  options: PRUNE_OPTIONS,
  load: async () => (await import('./way-back.run.js')).pruneRun,
});

/** 308, as in the name of a tarball; people also say 0.308. */
function parseBuild(value: string, what: string): number {
  const digits = /^(?:sandstorm-|0\.)?([1-9]\d{0,8})$/.exec(value)?.[1];
  if (digits === undefined) throw badValue(what, value, 'the number of a build, like 308');
  return Number(digits);
}
