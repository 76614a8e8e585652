import { join } from 'node:path';
import { Refusal, type ErrorCode } from '../errors.js';
import { complaints, type HealthReading } from '../server/health.js';
import { placesOf } from '../snapshot/places.js';
import type { CommandResult, Host } from '../system/host.js';
import { stepsNamed, type ServerPlan } from '../update/step.js';
import { logTail } from './install-refusals.js';

const UNDONE = {
  update: 'E_UPDATE_UNDONE',
  rollback: 'E_ROLLBACK_UNDONE',
  snapshot: 'E_SNAPSHOT_UNDONE',
} as const satisfies Record<ServerPlan['operation'], ErrorCode>;
const FAILED = {
  update: 'E_UPDATE_FAILED',
  rollback: 'E_ROLLBACK_FAILED',
  snapshot: 'E_SNAPSHOT_FAILED',
} as const satisfies Record<ServerPlan['operation'], ErrorCode>;

/** By a signal, in the middle of the work. */
export function changeInterrupted(): Refusal {
  return new Refusal('E_UPDATE_FAILED', 'It was told to stop.');
}

export function snapshotGone(id: string): Refusal {
  return new Refusal('E_NO_SNAPSHOT', `the snapshot ${id} is not there, or not whole`, {
    hint: 'sandstorm-airgap snapshot list shows which are',
  });
}

/** @param ran undefined: it was not even started */
export function updateCommandFailed(ran: CommandResult | undefined, what: string, plan: ServerPlan): Refusal {
  const said =
    ran === undefined
      ? ''
      : `: exit ${String(ran.exitCode)}: ${[ran.stderr, ran.stdout].join(' ').replaceAll(/\s+/g, ' ').trim().slice(-500)}`;
  return new Refusal('E_UPDATE_FAILED', `sandstorm update did not bring ${plan.to}: ${what}${said}`);
}

/** @param release the build that was to run */
export async function notWell(
  plan: ServerPlan,
  release: string,
  reading: HealthReading,
  host: Host,
): Promise<Refusal> {
  const log = await logTail(plan.home, host);
  return new Refusal(
    'E_SERVER_UNHEALTHY',
    [`${release} is in place but not well`, ...complaints(reading)].join('; '),
    { ...(log.length === 0 ? {} : { hint: log.join('\n') }), result: { reading } },
  );
}

/** It failed, and all is as before. @param failure why */
export function changeUndone(plan: ServerPlan, failure: unknown, run: { readonly dir: string }): Refusal {
  const message = failure instanceof Error ? failure.message : String(failure);
  const now = plan.running ? `${plan.from} runs again` : `${plan.from} is as it was, not running`;
  const live = 'strategy' in plan && plan.strategy === 'live';
  const data = live ? '; its data are those the new build has left' : ' with its data';
  const logs = failure instanceof Refusal && failure.hint !== undefined ? [failure.hint] : [];
  return new Refusal(
    UNDONE[plan.operation],
    `The ${plan.operation}${plan.operation === 'snapshot' ? '' : ` to ${plan.to}`} failed and was undone: ${now}${data}. ${message}`,
    {
      hint: [
        ...logs,
        `mend the cause and type the same command again; the transcript is ${join(run.dir, 'transcript.log')}`,
      ].join('\n'),
      cause: failure,
      result: { plan, run: run.dir, undone: true },
    },
  );
}

/**
 * It failed, and what was to bring back the former state failed too: in which state things are, and what to type.
 * @param failure what led to it; undefined when only the way back was wanted
 */
export function stuck(
  plan: ServerPlan,
  failure: unknown,
  backFailure: unknown,
  run: { readonly id: string; readonly dir: string },
): Refusal {
  const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const places = placesOf(plan.home, run.id);
  const hasData = stepsNamed(plan).has('snapshot') || stepsNamed(plan).has('bring-data');
  return new Refusal(
    FAILED[plan.operation],
    [
      ...(failure === undefined ? [] : [`The ${plan.operation} to ${plan.to} failed: ${say(failure)}`]),
      `Going back to ${plan.from} failed as well: ${say(backFailure)}`,
    ].join('. '),
    {
      hint: [
        'mend the cause, then: sandstorm-airgap abort (goes back once more)',
        'or put it right by hand, and then: sandstorm-airgap abort --leave',
        'sandstorm-airgap status shows what is there now',
        `kept: ${plan.from} in ${places.build} or already back in ${plan.home}`,
        ...(hasData
          ? [`kept: the data of before in ${places.data} or already back in ${plan.home}/var`]
          : []),
        `the transcript is ${join(run.dir, 'transcript.log')}`,
      ].join('\n'),
      cause: backFailure,
      result: { plan, run: run.dir, kept: { build: places.build, data: hasData ? places.data : null } },
      changed: true,
    },
  );
}
