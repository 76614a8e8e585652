import type { ServerPlan, Step, StepName } from './step.js';

export interface CutOff {
  /** Steps whose end is in the journal. */
  readonly done: ReadonlySet<string>;
  /** Steps whose beginning is. */
  readonly begun: ReadonlySet<string>;
  /** Text of the `latest` link. */
  readonly latest: string | undefined;
  /** HOME has a program in the folder of the build that is wanted. */
  readonly placed: boolean;
  /** A server runs on HOME now. */
  readonly running: boolean;
}

/** What goes on while the server runs, and stays as it is once it is done. */
const BEFORE_THE_PAUSE: ReadonlySet<StepName> = new Set(['unpack', 'bring-build', 'keep', 'set-channel']);
/** Brings the build into HOME. */
const FETCHES: ReadonlySet<StepName> = new Set(['unpack', 'bring-build', 'place']);
/** Looked at anew, whatever was seen before it was cut off. */
const ALWAYS: ReadonlySet<StepName> = new Set(['start', 'prove-healthy', 'commit']);
/** Works on the files of a database, which must be at rest. */
const AT_REST: ReadonlySet<StepName> = new Set(['repair-mongo', 'snapshot', 'bring-data', 'migrate-mongo']);

/**
 * Pure: what is left of a plan that was cut off. As long as `latest` names the old build, that one may have
 * been started since (by the machine as it came up, or by a person) and people may have worked with it: the
 * server is stopped once more and the snapshot made anew. From the link on it goes straight ahead.
 */
export function stepsLeft(plan: ServerPlan, seen: CutOff): Step[] {
  const { done, placed } = seen;
  // A build that was started meanwhile deletes every lower one: what had been put there may be gone again.
  const lost = done.has('place') && !placed;
  const turn = plan.steps.findIndex(({ do: name }) => name === turnOf(plan));
  const turned = hasTurned(plan, seen);
  const left = plan.steps.filter((step, index) => {
    if (ALWAYS.has(step.do)) return true;
    if (!turned && lost && FETCHES.has(step.do)) return true;
    if (BEFORE_THE_PAUSE.has(step.do)) return !done.has(step.do);
    if (!turned) return step.do !== 'place' || !done.has('place');
    // A migration wants the server down, and it may have been started meanwhile.
    if (step.do === 'stop')
      return plan.steps.some(({ do: name }) => name === 'migrate-mongo') && !done.has('migrate-mongo');
    return (index > turn || step.do === 'migrate-mongo') && !done.has(step.do);
  });
  return seen.running ? atRest(left) : left;
}

const TURNS: ReadonlySet<StepName> = new Set(['sandstorm-update', 'relink', 'migrate-mongo']);

/** From this step on the data are another build's, or converted: a copy of them would be no copy of before. */
function turnOf(plan: ServerPlan): StepName {
  return plan.steps.find((step) => TURNS.has(step.do))?.do ?? 'start';
}

function hasTurned(plan: ServerPlan, { done, begun, latest }: CutOff): boolean {
  const turn = turnOf(plan);
  if (turn === 'migrate-mongo') return begun.has(turn);
  return turn === 'start' || plan.from === plan.to ? done.has(turn) : latest === plan.to;
}

/** The server was not running when this was planned, and the machine has started it as it came up. */
function atRest(steps: readonly Step[]): Step[] {
  if (!steps.some((step) => AT_REST.has(step.do)) || steps.some((step) => step.do === 'stop'))
    return [...steps];
  const pause = steps.findIndex((step) => !BEFORE_THE_PAUSE.has(step.do));
  return [...steps.slice(0, pause), { do: 'stop' }, ...steps.slice(pause)];
}
