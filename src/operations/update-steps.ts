import { join } from 'node:path';
import { editConf } from '../config/conf-file.js';
import { Refusal } from '../errors.js';
import { beginRun, readRun, type Run } from '../journal/journal.js';
import type { HealthTarget } from '../server/health.js';
import { findServiceManager } from '../service/find-service-manager.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import type { UpdatePlan, UpdateStep } from '../update/plan.js';
import { duration } from '../words.js';
import { backupTo, settingsAsEdits } from './conf-edits.js';
import { notWatchedToTheEnd } from './install-refusals.js';
import { logged } from './journal-trouble.js';
import type { ObtainedRelease } from './obtain-release.js';
import { proveWithProgress } from './prove.js';
import { unhealthyUpdate, updateCommandFailed, updateInterrupted, updateUndone } from './update-refusals.js';
import type { UpdateRequest, UpdateResult } from './update.js';

/**
 * Carries out a plan, each step on the disk before it is made. Hold the lock on HOME.
 * @throws Refusal E_UPDATE_UNDONE when it failed and the former build is as it was, else what it failed of
 */
export async function carryOutUpdate(
  plan: UpdatePlan,
  release: ObtainedRelease,
  target: HealthTarget,
  request: UpdateRequest,
  host: Host,
  ui: Ui,
): Promise<Pick<UpdateResult, 'changed' | 'healthy' | 'pauseMs' | 'run'>> {
  const { home } = plan;
  const run = await beginRun('update', home, plan, host);
  request.keepTranscript(join(run.dir, 'transcript.log'));
  const manager = await findServiceManager(home, host);
  // `sandstorm` finds HOME from its own place, and `latest` may be about to move.
  let command = join(home, plan.from, 'sandstorm');
  let stoppedAt: number | undefined;
  let answeredAt: number | undefined;
  let at: UpdateStep['do'] | undefined;

  try {
    for (const step of plan.steps) {
      // Until the new build is linked, stopping means going back; from then on only forward is safe.
      if (host.interrupted.aborted && BEFORE_THE_LINK.has(step.do)) throw updateInterrupted();
      at = step.do;
      await run.stepBegins(step.do);
      switch (step.do) {
        case 'set-channel':
          await ui.step('Updates off', async (progress) => {
            await editConf(home, settingsAsEdits({ UPDATE_CHANNEL: 'none' }), host, backupTo(home, host));
            progress.detail('UPDATE_CHANNEL=none');
          });
          break;
        case 'stop':
          await ui.step('Stopped', async (progress) => {
            stoppedAt = host.clock.monotonic();
            await manager.stop();
            progress.detail(`${plan.from}, through ${manager.describe()}`);
          });
          break;
        case 'set-aside': {
          const aside = asideName(step.folder, run);
          await host.files.rename(join(home, step.folder), join(home, aside));
          if (step.folder === plan.from) command = join(home, aside, 'sandstorm');
          break;
        }
        case 'sandstorm-update':
          await ui.step('Updated', async (progress) => {
            progress.detail('sandstorm update unpacks');
            await runSandstormUpdate(command, release, plan, host);
            progress.detail(`latest is ${plan.to}`);
          });
          break;
        case 'start':
          await ui.step('Started', async (progress) => {
            await manager.start();
            progress.detail(`through ${manager.describe()}`);
          });
          break;
        case 'prove-healthy': {
          const startedAt = host.clock.monotonic();
          const wanted = { ...target, release: plan.to };
          const proof = await proveWithProgress(wanted, request.patience, host, ui);
          if (!proof.healthy && host.interrupted.aborted) throw notWatchedToTheEnd(plan.to);
          if (!proof.healthy) throw await unhealthyUpdate(plan, proof.reading, host);
          answeredAt = startedAt + (proof.answeredAfterMs ?? 0);
          break;
        }
      }
      await run.stepEnds(step.do);
    }
    for (const aside of asides(plan, run)) {
      // The server is well: what cannot be removed now is no reason to call it a failure.
      await host.files.remove(join(home, aside.name)).catch(logged(host));
    }
    await run.end('done');
    const pauseMs =
      stoppedAt === undefined || answeredAt === undefined ? null : Math.round(answeredAt - stoppedAt);
    if (pauseMs !== null) ui.say(`\n  Done. Pause ${duration(pauseMs)}.`);
    return { changed: true, healthy: true, pauseMs, run: run.dir };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Once it has been started, the same build has no former one.
    const tooLate = plan.from === plan.to && (at === 'start' || at === 'prove-healthy');
    const undone = tooLate ? undefined : await goBack(plan, target, request, error, run, host, ui);
    await run.end(undone === undefined ? 'failed' : 'undone', message).catch(logged(host));
    throw undone ?? (error instanceof Refusal ? error.afterChanges() : error);
  }
}

const BEFORE_THE_LINK: ReadonlySet<UpdateStep['do']> = new Set([
  'set-channel',
  'stop',
  'set-aside',
  'sandstorm-update',
]);

async function runSandstormUpdate(
  command: string,
  release: ObtainedRelease,
  plan: UpdatePlan,
  host: Host,
): Promise<void> {
  const { home } = plan;
  const before = await host.files.list(home);
  const options = { timeoutMs: 30 * 60_000, signal: host.interrupted };
  const ran = await host.commands.run(command, ['update', release.path], options);
  host.log(`sandstorm update: exit ${String(ran.exitCode)} ${ran.stdout} ${ran.stderr}`);
  // It ends with 0 even when what it unpacked is no server.
  const latest = await host.files.readLink(join(home, 'latest'));
  const program = await host.files.stat(join(home, plan.to, 'sandstorm'));
  const linked = latest === plan.to && program?.kind === 'file';
  // It links last: told to stop too late to be of use, it has done its work.
  if (linked && (ran.exitCode === 0 || host.interrupted.aborted)) return;

  // Killed, it leaves what it had unpacked so far, and nothing ever removes that.
  for (const name of await host.files.list(home)) {
    if (!name.startsWith('downloading.') || before.includes(name)) continue;
    await host.files.remove(join(home, name)).catch(logged(host));
  }
  if (host.interrupted.aborted) throw updateInterrupted();
  throw updateCommandFailed(ran, latest, plan);
}

/**
 * When `latest` still names the old build, nothing but the pause has happened: end the pause. Once the new
 * build has started there is no way back from here: it removes the lower builds as it starts.
 */
async function goBack(
  plan: UpdatePlan,
  target: HealthTarget,
  request: UpdateRequest,
  failure: unknown,
  run: Run,
  host: Host,
  ui: Ui,
): Promise<Refusal | undefined> {
  try {
    if (!(await oldBuildIsInPlace(plan, run, host))) return undefined;
    const channelSet = (await readRun(run.id, plan.home, host))?.stepsDone.includes('set-channel') === true;
    // Who had stopped it before us wants it to stay so.
    if (!plan.steps.some((step) => step.do === 'stop')) return updateUndone(plan, failure, run, channelSet);

    // Also when nothing can be written down any more: people are without their server.
    await run.stepBegins('start-again').catch(logged(host));
    await (await findServiceManager(plan.home, host)).start();
    // Being told to stop is why it goes back, and no reason to look away now.
    const watching = { ...host, interrupted: new AbortController().signal };
    const proof = await proveWithProgress({ ...target, release: plan.from }, request.patience, watching, ui);
    await run.stepEnds('start-again').catch(logged(host));
    return proof.healthy ? updateUndone(plan, failure, run, channelSet) : undefined;
  } catch (error) {
    host.log(`going back to ${plan.from} failed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Puts back what was set aside where nothing has taken its place. */
async function oldBuildIsInPlace(plan: UpdatePlan, run: Run, host: Host): Promise<boolean> {
  const { home } = plan;
  for (const { folder, name } of asides(plan, run)) {
    if ((await host.files.lstat(join(home, name))) === undefined) continue;
    if ((await host.files.lstat(join(home, folder))) === undefined) {
      await host.files.rename(join(home, name), join(home, folder));
    } else if (folder === plan.from) return false;
  }
  return (await host.files.readLink(join(home, 'latest'))) === plan.from;
}

function asides(plan: UpdatePlan, run: Run): { folder: string; name: string }[] {
  return plan.steps.flatMap((step) =>
    step.do === 'set-aside' ? [{ folder: step.folder, name: asideName(step.folder, run) }] : [],
  );
}

function asideName(folder: string, run: Run): string {
  // Not "sandstorm-<number>", or the server would delete it at its start.
  return `replaced-${folder}.${run.id}`;
}
