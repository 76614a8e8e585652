import { Refusal } from '../../errors.js';
import { abort, resume, type TakenUp } from '../../operations/resume.js';
import { rollback, type RollbackRequest } from '../../operations/rollback.js';
import {
  createSnapshot,
  listSnapshots,
  pruneSnapshotsByHand,
  snapshotWords,
} from '../../operations/snapshots.js';
import { count } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { patienceFor } from '../wishes.js';
import type {
  ABORT_OPTIONS,
  CREATE_OPTIONS,
  PRUNE_OPTIONS,
  RESTORE_OPTIONS,
  ROLLBACK_OPTIONS,
  TAKE_UP_OPTIONS,
} from './way-back.js';

const DRY = '  Dry run: nothing was changed.';

export async function rollbackRun(
  context: CommandContext<typeof ROLLBACK_OPTIONS>,
): Promise<OutcomeOf<'rollback'>> {
  const { to } = context.values;
  return goBack(context, to === undefined ? undefined : { build: to });
}

export async function restoreRun(
  context: CommandContext<typeof RESTORE_OPTIONS>,
): Promise<OutcomeOf<'snapshot restore'>> {
  const id = context.values.id;
  if (id === undefined) {
    throw new Refusal('E_INPUT_NEEDED', 'which snapshot?', {
      hint: 'sandstorm-airgap snapshot list names them; then: sandstorm-airgap snapshot restore ID',
    });
  }
  return goBack(context, { snapshot: id });
}

type Watched = Omit<typeof ROLLBACK_OPTIONS, 'to'>;

async function goBack(
  { host, ui, values, home, dryRun, keepTranscript }: CommandContext<Watched>,
  to: RollbackRequest['to'],
): Promise<OutcomeOf<'rollback'>> {
  const patience = patienceFor(values);
  const result = await rollback(
    { home, to, waive: values.waive ?? [], patience, dryRun, keepTranscript },
    host,
    ui,
  );
  return { changed: result.changed, result, text: dryRun ? DRY : '' };
}

export async function resumeRun(
  context: CommandContext<typeof TAKE_UP_OPTIONS>,
): Promise<OutcomeOf<'resume'>> {
  return takenUp(await resume(takeUp(context), context.host, context.ui), context.dryRun);
}

export async function abortRun(context: CommandContext<typeof ABORT_OPTIONS>): Promise<OutcomeOf<'abort'>> {
  const request = { ...takeUp(context), leave: context.values.leave ?? false };
  return takenUp(await abort(request, context.host, context.ui), context.dryRun);
}

function takeUp({ home, values, dryRun, keepTranscript }: CommandContext<typeof TAKE_UP_OPTIONS>) {
  return { home, patience: patienceFor(values), stagingDir: values.staging, dryRun, keepTranscript };
}

function takenUp(result: TakenUp, dryRun: boolean): OutcomeOf<'resume'> {
  const text =
    result.operation === null
      ? '  Nothing was interrupted: nothing to do.'
      : dryRun
        ? DRY
        : `\n  ${WORDS[result.outcome ?? 'done']}${result.release === null ? '' : ` ${result.release} runs.`}`;
  return { changed: result.changed, result, text };
}

const WORDS = {
  done: 'Done.',
  undone: 'Undone.',
  left: 'It counts as over; nothing was changed.',
};

export async function listRun({ home, host }: CommandContext): Promise<OutcomeOf<'snapshot list'>> {
  const snapshots = await listSnapshots(home, host);
  const text =
    snapshots.length === 0
      ? 'No snapshots. Every update makes one.'
      : snapshots.map((one) => `${one.id}   ${snapshotWords(one)}`).join('\n');
  return { changed: false, result: { snapshots }, text };
}

export async function createRun(
  context: CommandContext<typeof CREATE_OPTIONS>,
): Promise<OutcomeOf<'snapshot create'>> {
  const { host, ui, values, home, dryRun, keepTranscript } = context;
  const result = await createSnapshot(
    {
      home,
      scope: values.snapshot ?? 'database',
      waive: values.waive ?? [],
      patience: patienceFor(values),
      dryRun,
      keepTranscript,
    },
    host,
    ui,
  );
  return { changed: result.changed, result, text: dryRun ? DRY : `\n  Done. It is ${result.id ?? ''}.` };
}

export async function pruneRun(
  context: CommandContext<typeof PRUNE_OPTIONS>,
): Promise<OutcomeOf<'snapshot prune'>> {
  const { host, ui, values, home, dryRun } = context;
  const removed = await pruneSnapshotsByHand(home, values.keep ?? 1, dryRun, host, ui);
  const text =
    removed.length === 0
      ? '  Nothing to remove.'
      : dryRun
        ? DRY
        : `  ${count(removed.length, 'snapshot')} removed.`;
  return { changed: removed.length > 0 && !dryRun, result: { removed }, text };
}
