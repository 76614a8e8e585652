import { stepsNamed, type ServerPlan, type StepName, type UndoStep } from './step.js';

/** What must be known of the moment besides the plan. */
export interface Seen {
  /** Steps whose beginning is in the journal. */
  readonly begun: ReadonlySet<string>;
  /** Text of the `latest` link. */
  readonly latest: string | undefined;
}

/**
 * Pure: the way back from wherever a plan came to, in order. Every step can be made again, so that a way back
 * that was itself cut off is simply begun anew.
 */
export function planUndo(plan: ServerPlan, { begun, latest }: Seen): UndoStep[] {
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
  const startAgain = plan.running && (touched || has('stop'));

  const needed: Record<UndoStep, boolean> = {
    stop: touched,
    'restore-data': dataTouched && dataKept,
    'relink-old': buildTouched,
    'remove-placed': has('place'),
    'remove-unpacked': has('unpack', 'bring-build'),
    'restore-conf': has('set-channel'),
    start: startAgain,
    'prove-old': startAgain,
    'drop-snapshot': has('keep', 'snapshot'),
  };
  return (reinstall ? REINSTALL_ORDER : UNDO_ORDER).filter((step) => needed[step]);
}

/** The server first has what it runs on, and is seen well before anything that could still help is removed. */
const UNDO_ORDER: readonly UndoStep[] = [
  'stop',
  'restore-data',
  'relink-old',
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
  'restore-data',
  'remove-placed',
  'relink-old',
  'restore-conf',
  'start',
  'prove-old',
  'remove-unpacked',
  'drop-snapshot',
];

function isSnapshot(plan: ServerPlan): boolean {
  return plan.operation === 'snapshot';
}
