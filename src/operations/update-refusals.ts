import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { complaints, type HealthReading } from '../server/health.js';
import type { HomeState, InstalledServer } from '../server/home-state.js';
import type { CommandResult, Host } from '../system/host.js';
import type { UpdatePlan } from '../update/plan.js';
import { logTail } from './install-refusals.js';

export function noServer(home: string, state: HomeState): Refusal {
  if (state.kind === 'interrupted') {
    return new Refusal('E_PENDING', `an installation in ${home} was interrupted`, {
      hint: 'run the same sandstorm-airgap install command again: it cleans up or goes on',
    });
  }
  const why = state.kind === 'leftovers' ? `it lacks ${state.missing.join(', ')}` : `there is none`;
  return new Refusal('E_NO_SERVER', `no whole Sandstorm server in ${home}: ${why}`, {
    hint: 'name its folder with --home DIR, or install one: sandstorm-airgap install --help',
  });
}

export function downgradeRefused(state: InstalledServer, offered: number): Refusal {
  return new Refusal('E_DOWNGRADE', `build ${String(offered)} is older than the installed ${state.folder}`, {
    hint: 'the data may not fit an older build; --allow-downgrade does it all the same',
  });
}

export function updateCommandFailed(
  ran: CommandResult,
  latest: string | undefined,
  plan: UpdatePlan,
): Refusal {
  const said = [ran.stderr, ran.stdout].join(' ').replaceAll(/\s+/g, ' ').trim().slice(-500);
  return new Refusal(
    'E_UPDATE_FAILED',
    `sandstorm update did not bring ${plan.to}: exit ${String(ran.exitCode)}, latest is ${latest ?? 'gone'}: ${said}`,
    { hint: 'sandstorm-airgap status shows what is there now', changed: true },
  );
}

/** By a signal, at a moment when the former build is still the one in `latest`. */
export function updateInterrupted(): Refusal {
  return new Refusal('E_UPDATE_FAILED', 'It was told to stop.', {
    hint: 'sandstorm-airgap status shows what is there now',
    changed: true,
  });
}

/** @param channelSet UPDATE_CHANNEL had been set to none by then, and stays so */
export function updateUndone(
  plan: UpdatePlan,
  failure: unknown,
  run: { readonly dir: string },
  channelSet: boolean,
): Refusal {
  const message = failure instanceof Error ? failure.message : String(failure);
  const wasRunning = plan.steps.some((step) => step.do === 'stop');
  const now = wasRunning ? `${plan.from} runs again` : `${plan.from} is as it was, not running`;
  const channel = channelSet ? ', with UPDATE_CHANNEL=none' : '';
  return new Refusal('E_UPDATE_UNDONE', `The update to ${plan.to} failed; ${now}${channel}. ${message}`, {
    hint: `the transcript is ${join(run.dir, 'transcript.log')}`,
    cause: failure,
    changed: channelSet,
  });
}

export async function unhealthyUpdate(
  plan: UpdatePlan,
  reading: HealthReading,
  host: Host,
): Promise<Refusal> {
  return new Refusal(
    'E_UPDATE_UNHEALTHY',
    [`${plan.to} is in place but not well`, ...complaints(reading)].join('; '),
    {
      hint: [
        ...(await logTail(plan.home, host)),
        'mend the cause, then: sandstorm-airgap service restart; sandstorm-airgap status',
      ].join('\n'),
      result: { reading, plan },
      changed: true,
    },
  );
}
