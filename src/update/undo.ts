import { stepsNamed, type ServerPlan, type StepName, type UndoStep } from './step.js';

/** What must be known of the moment besides the plan. */
export interface Seen {
  /** Steps whose beginning is in the journal. */
  readonly begun: ReadonlySet<string>;
  /** Steps of an earlier try of the way back whose end is in the journal. */
  readonly undone: ReadonlySet<string>;
  /** Text of the `latest` link. */
  readonly latest: string | undefined;
  /** A server runs on HOME now. */
  readonly running: boolean;
  /** What had been kept is gone: the end of a way back takes it away. */
  readonly dropped: boolean;
}

/**
 * Pure: the way back from wherever a plan came to, in order. Every step can be made again, so that a way back
 * that was itself cut off is simply begun anew; but the data and a folder that have come back are not touched twice,
 * and a server that was seen well again is left alone.
 */
export function planUndo(plan: ServerPlan, seen: Seen): UndoStep[] {
  const { begun, undone, latest } = seen;
  const has = (...names: readonly StepName[]): boolean => names.some((name) => begun.has(name));
  const reinstall = plan.from === plan.to;
  const otherRuns = !reinstall && latest === plan.to;
  const linkMoved = has('sandstorm-update', 'relink');

  // After a power cut the machine starts whatever `latest` names, and nothing writes that into our journal.
  const dataTouched =
    has('migrate-mongo', 'bring-data') || (has('start') && !isSnapshot(plan)) || (linkMoved && otherRuns);
  const kept = stepsNamed(plan);
  // Without a snapshot there is still the copy that `migrate-mongo` makes.
  const dataKept = kept.has('snapshot') || kept.has('bring-data') || kept.has('migrate-mongo');
  const buildTouched = linkMoved || has('place');
  const touched = dataTouched || buildTouched || (has('start') && !isSnapshot(plan));
  // Stopped when this was planned: by now the machine, or a person, has started the old build.
  const startedSince = seen.running && latest === plan.from && !has('start');
  const startAgain = (plan.running || startedSince) && (touched || has('stop'));

  const needed: Record<UndoStep, boolean> = {
    stop: touched,
    'restore-data': dataTouched && dataKept && !undone.has('restore-data'),
    'relink-old': buildTouched,
    'remove-placed': has('place') && !undone.has('remove-placed'),
    'remove-unpacked': has('unpack', 'bring-build'),
    'restore-conf': has('set-channel'),
    start: startAgain,
    'prove-old': startAgain,
    'drop-snapshot': has('keep', 'snapshot'),
  };
  // A run that keeps no build drops the rest as it ends, and not only on its way back.
  const keepsBuild = plan.steps.some((step) => step.do === 'keep' && step.build);
  const isBack = (seen.dropped && (keepsBuild || !has('commit'))) || undone.has('prove-old');
  return (reinstall ? REINSTALL_ORDER : UNDO_ORDER).filter(
    (step) => needed[step] && (!isBack || TIDYING.has(step)),
  );
}

/** The server is well by then: what cannot be removed now is no reason to call it a failure. `clean` finds it. */
export const TIDYING: ReadonlySet<UndoStep> = new Set(['remove-unpacked', 'drop-snapshot']);

/**
 * The server first has what it runs on, and is seen well before anything that could still help is removed.
 * The link before the data: cut off in between, the machine starts the old build on data that are thrown away
 * anyhow. The other way round it would start the new one on the only copy of the old data, and convert that.
 */
const UNDO_ORDER: readonly UndoStep[] = [
  'stop',
  'relink-old',
  'restore-data',
  'remove-placed',
  'restore-conf',
  'start',
  'prove-old',
  'remove-unpacked',
  'drop-snapshot',
];

/** Old and new have one name: the new one has to go first. */
const REINSTALL_ORDER: readonly UndoStep[] = [
  'stop',
  'remove-placed',
  'relink-old',
  'restore-data',
  'restore-conf',
  'start',
  'prove-old',
  'remove-unpacked',
  'drop-snapshot',
];

function isSnapshot(plan: ServerPlan): boolean {
  return plan.operation === 'snapshot';
}
