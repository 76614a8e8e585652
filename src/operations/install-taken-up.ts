import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { readRun, takeUpRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import type { RunRecord } from '../journal/record.js';
import { stateDirs } from '../journal/state-dir.js';
import { judgeHome, observeHome } from '../server/home-state.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { removeUnfinishedInstall } from './clean-up.js';
import { removeDeadStaging } from './dead-staging.js';
import { isInstallPlan, type InstallPlan } from './install-plan.js';
import { install } from './install.js';
import { whatHappened } from './pending.js';
import type { TakenUp, TakeUpRequest } from './resume.js';
import { cancelled } from './until-agreed.js';

/** The same installation once more, with what it was told the first time. */
export async function resumeInstall(
  record: RunRecord,
  request: TakeUpRequest,
  host: Host,
  ui: Ui,
): Promise<TakenUp> {
  const plan = planOf(record);
  const copy = join(record.dir, 'install.sh');
  const done = await install(
    {
      ...plan.wish,
      tarball: plan.tarball,
      // The very script that was begun with, where it had come to that.
      installScript: (await host.files.stat(copy)) === undefined ? plan.installScript : copy,
      proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
      knownProof: plan.proof,
      resolvers: [],
      expectAddress: plan.expectAddress ?? undefined,
      waive: plan.waive,
      scriptEnv: plan.scriptEnv,
      stagingDir: request.stagingDir,
      patience: request.patience,
      dryRun: request.dryRun,
      keepTranscript: request.keepTranscript,
    },
    host,
    ui,
  );
  const common = { home: record.home, operation: 'install', pauseMs: null };
  if (request.dryRun) return { ...common, changed: false, outcome: null, release: null, run: null };
  // It had come to its end and only its last word was missing: no new run was begun, so the old one is closed.
  if (!done.changed) await close(record, 'resume', 'done', host);
  return { ...common, changed: true, outcome: 'done', release: plan.release, run: done.run ?? record.dir };
}

/** Takes away what it had made, as long as nobody has used it. */
export async function abortInstall(
  record: RunRecord,
  request: TakeUpRequest,
  host: Host,
  ui: Ui,
): Promise<TakenUp> {
  const { home } = record;
  const plan = planOf(record);
  const state = judgeHome(await observeHome(home, host));
  if (state.kind === 'server') {
    throw new Refusal('E_PENDING', `${whatHappened(record)} By then the server was complete`, {
      hint: 'sandstorm-airgap resume   sees it well and ends the run; sandstorm uninstall takes a server away',
    });
  }
  ui.say(`  Everything the installation has made in ${home} is taken away.\n`);
  const nothing = { home, changed: false, operation: 'install', outcome: null, release: null, pauseMs: null };
  if (request.dryRun) return { ...nothing, run: null };
  if (!(await ui.confirm('Take it away?'))) throw cancelled();
  return withLock(home, 'abort', host, async () => {
    // The marker may still be that of a first try, which the second had been about to clean up.
    const of = state.kind === 'interrupted' ? state.run : record.id;
    const first = of === record.id ? undefined : await readRun(of, home, host);
    const releases = [plan, first?.plan].flatMap((one) => (isInstallPlan(one) ? [one.release] : []));
    await ui.step('Taken away', async (progress) => {
      await removeUnfinishedInstall({ home, run: of, releases, before: plan.before }, host);
      await removeDeadStaging(request.stagingDir ?? stateDirs(home, host).staging, host);
      progress.detail('everything the installation had made');
    });
    await (await takeUpRun(record, 'abort', host)).end('undone', 'it was given up');
    return { ...nothing, changed: true, outcome: 'undone', run: record.dir };
  });
}

async function close(record: RunRecord, by: string, outcome: 'done', host: Host): Promise<void> {
  await withLock(record.home, by, host, async () => {
    await (await takeUpRun(record, by, host)).end(outcome);
  });
}

function planOf(record: RunRecord): InstallPlan {
  if (isInstallPlan(record.plan)) return record.plan;
  throw new Refusal('E_PENDING', `${whatHappened(record)} Another version of this tool began it`, {
    hint: 'run the same sandstorm-airgap install command again: it cleans up or goes on',
  });
}
