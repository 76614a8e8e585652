import { Refusal } from '../errors.js';
import type { HomeState, InstalledServer } from '../server/home-state.js';
import type { UpdatePlan } from '../update/plan.js';

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

/**
 * What must not be tried with the server running.
 * @throws Refusal E_STRATEGY
 */
export function requireLivePossible(plan: UpdatePlan, hasMongod7: boolean): void {
  if (plan.strategy !== 'live') return;
  const why = hasMongod7
    ? `${plan.to} has MongoDB 7, and its data are converted with the server stopped`
    : plan.from === plan.to
      ? 'there is no new build to change to'
      : plan.running
        ? undefined
        : 'the server does not run';
  if (why === undefined) return;
  throw new Refusal('E_STRATEGY', `--strategy live: ${why}`, {
    hint: 'leave --strategy away: safe is the default',
  });
}

export function snapshotPlace(path: string): Refusal {
  return new Refusal(
    'E_SNAPSHOT_PLACE',
    `${path} is a link or a filesystem of its own: it could not be put back by renaming`,
    {
      hint: 'make a snapshot of it by your own means, then give --snapshot none',
    },
  );
}
