import type { ServerPlan, Step, StepName } from './step.js';

export interface CutOff {
  /** Steps whose end is in the journal. */
  readonly done: ReadonlySet<string>;
  /** Text of the `latest` link. */
  readonly latest: string | undefined;
  /** HOME has a program in the folder of the build that is wanted. */
  readonly placed: boolean;
}

/** What goes on while the server runs, and stays as it is once it is done. */
const BEFORE_THE_PAUSE: ReadonlySet<StepName> = new Set(['unpack', 'bring-build', 'keep', 'set-channel']);
/** Brings the build into HOME. */
const FETCHES: ReadonlySet<StepName> = new Set(['unpack', 'bring-build', 'place']);
/** Looked at anew, whatever was seen before it was cut off. */
const ALWAYS: ReadonlySet<StepName> = new Set(['start', 'prove-healthy', 'commit']);

/**
 * Pure: what is left of a plan that was cut off. As long as `latest` names the old build, that one may have
 * been started since (by the machine as it came up, or by a person) and people may have worked with it: the
 * server is stopped once more and the snapshot made anew. From the link on it goes straight ahead.
 */
export function stepsLeft(plan: ServerPlan, { done, latest, placed }: CutOff): Step[] {
  // A build that was started meanwhile deletes every lower one: what had been put there may be gone again.
  const lost = done.has('place') && !placed;
  const link = plan.steps.findIndex(({ do: name }) => name === 'sandstorm-update' || name === 'relink');
  const linkName = plan.steps[link]?.do;
  const linked = linkName !== undefined && (plan.from === plan.to ? done.has(linkName) : latest === plan.to);
  return plan.steps.filter((step, index) => {
    if (ALWAYS.has(step.do)) return true;
    if (!linked && lost && FETCHES.has(step.do)) return true;
    if (BEFORE_THE_PAUSE.has(step.do)) return !done.has(step.do);
    if (!linked) return step.do !== 'place' || !done.has('place');
    // A migration wants the server down, and it may have been started meanwhile.
    if (step.do === 'stop')
      return plan.steps.some(({ do: name }) => name === 'migrate-mongo') && !done.has('migrate-mongo');
    return index > link && !done.has(step.do);
  });
}
