import { Refusal } from '../errors.js';
import { lastRun } from '../journal/journal.js';
import { lockOwner } from '../journal/lock.js';
import type { RunRecord } from '../journal/record.js';
import type { Host } from '../system/host.js';
import { isServerPlan } from '../update/step.js';
import { moment } from '../words.js';

/** The last run on this HOME, when it was cut off, or failed both ways. One that goes on right now is not. */
export async function pendingRun(home: string, host: Host): Promise<RunRecord | undefined> {
  const record = await lastRun(home, host);
  if (record === undefined || !isOpen(record)) return undefined;
  return (await lockOwner(home, host)) === undefined ? record : undefined;
}

export function isOpen({ outcome }: Pick<RunRecord, 'outcome'>): boolean {
  return outcome !== 'done' && outcome !== 'undone';
}

/**
 * Nothing new is begun on a server in the middle of something. An interrupted installation has a way of its own.
 * @throws Refusal E_PENDING
 */
export async function requireNothingPending(home: string, host: Host): Promise<void> {
  const record = await pendingRun(home, host);
  if (record !== undefined && record.operation !== 'install') throw pending(record);
}

export function pending(record: RunRecord): Refusal {
  return new Refusal('E_PENDING', whatHappened(record), {
    hint: whatToType(record),
    result: { run: record.dir, step: record.stepOpen ?? null },
  });
}

/** "The update to sandstorm-309 of 2026-11-22 02:13 UTC was cut off at stop." */
export function whatHappened(record: RunRecord): string {
  const { operation, plan, startedAt, outcome, stepOpen, turnedBack, stepsDone } = record;
  const aim = isServerPlan(plan) && operation !== 'snapshot' ? ` to ${plan.to}` : '';
  const what = `The ${operation}${aim} of ${moment(startedAt)}`;
  const after = stepsDone.at(-1);
  const where =
    stepOpen !== undefined
      ? ` at ${stepOpen}`
      : after !== undefined
        ? ` after ${after}`
        : ' before its first step';
  if (outcome === 'failed') return `${what} failed, and so did the way back: ${record.message ?? ''}`;
  return `${what} was cut off${turnedBack ? ' on its way back,' : ''}${where}.`;
}

/** The commands that take it up. */
export function waysOn({ turnedBack, outcome }: RunRecord): ('resume' | 'abort')[] {
  return turnedBack || outcome === 'failed' ? ['abort'] : ['resume', 'abort'];
}

export function whatToType(record: RunRecord): string {
  const { operation } = record;
  if (!waysOn(record).includes('resume')) return 'sandstorm-airgap abort   (goes all the way back)';
  const back = operation === 'install' ? 'takes it away again' : 'goes back';
  return `sandstorm-airgap resume   (goes on), or sandstorm-airgap abort   (${back})`;
}
