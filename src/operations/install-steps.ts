import { join } from 'node:path';
import { editConf } from '../config/conf-file.js';
import { Refusal } from '../errors.js';
import { runInstallScript } from '../installer/driver.js';
import { readInstallScript } from '../installer/script-file.js';
import { beginRun, readRun, type Run } from '../journal/journal.js';
import { INSTALL_MARKER } from '../server/home-state.js';
import { findServiceManager } from '../service/find-service-manager.js';
import { syncFilesystem } from '../snapshot/copy.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { removeUnfinishedInstall, type UnfinishedInstall } from './clean-up.js';
import { backupTo, settingsAsEdits } from './conf-edits.js';
import {
  installLeftThings,
  installUndone,
  notStartedInstall,
  notWatchedToTheEnd,
  unhealthyInstall,
} from './install-refusals.js';
import type { InstallPlan } from './install-plan.js';
import { installTarget } from './install-target.js';
import type { InstallRequest, InstallResult } from './install.js';
import { logged } from './journal-trouble.js';
import type { ObtainedRelease } from './obtain-release.js';
import { proveWithProgress } from './prove.js';
import { makeSetupLink } from './setup-link.js';

/**
 * Carries out a plan, each step on the disk before it is made. Hold the lock on HOME.
 * @throws Refusal E_INSTALL_UNDONE when it failed and everything was taken back, else what it failed of
 */
export async function carryOutInstall(
  plan: InstallPlan,
  release: ObtainedRelease,
  request: InstallRequest,
  host: Host,
  ui: Ui,
): Promise<Pick<InstallResult, 'changed' | 'healthy' | 'setupLink' | 'serviceManager' | 'run'>> {
  const run = await beginRun('install', plan.home, plan, host);
  request.keepTranscript(join(run.dir, 'transcript.log'));
  try {
    for (const step of plan.steps) {
      await run.stepBegins(step.do);
      switch (step.do) {
        case 'clean-up-interrupted':
          await ui.step('Cleaned up', async (progress) => {
            progress.detail('what the interrupted installation had left');
            await removeUnfinishedInstall(unfinished(plan, step.run, step.release), host);
          });
          break;
        case 'run-install-script':
          await ui.step('Installed', async (progress) => {
            await runScript(plan, release, request, run, host, progress.detail);
            await bringToDisk(plan, host);
          });
          break;
        case 'write-conf':
          await ui.step('Configured', async (progress) => {
            const { changed } = await editConf(
              plan.home,
              settingsAsEdits(step.settings),
              host,
              backupTo(plan.home, host),
            );
            progress.detail(
              changed ? 'sandstorm.conf as planned, UPDATE_CHANNEL=none' : 'sandstorm.conf is as planned',
            );
          });
          break;
        case 'restart':
          await ui.step('Restarted', async (progress) => {
            const manager = await findServiceManager(plan.home, host);
            progress.detail(`through ${manager.describe()}`);
            await manager.restart().catch(async (error: unknown) => {
              if (!(error instanceof Refusal) || error.code !== 'E_SERVICE_START') throw error;
              const { ports } = plan.wish;
              const all = [...ports.http, ports.https, ports.mongo, ports.smtp].filter(
                (port) => port !== undefined,
              );
              throw await notStartedInstall(plan.home, all, error, host);
            });
          });
          break;
        case 'prove-healthy': {
          const target = installTarget(plan.wish, plan.release, request.waive);
          const proof = await proveWithProgress(target, request.patience, host, ui);
          if (!proof.healthy && host.interrupted.aborted) throw notWatchedToTheEnd(plan.release);
          if (!proof.healthy) throw await unhealthyInstall(plan.home, proof.reading, host);
          break;
        }
      }
      await run.stepEnds(step.do);
    }
    const manager = await findServiceManager(plan.home, host);
    const setupLink = await makeSetupLink(plan.home, request.baseUrl, host);
    await host.files.remove(join(plan.home, INSTALL_MARKER));
    await run.end('done');
    return { changed: true, healthy: true, setupLink, serviceManager: manager.kind, run: run.dir };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Once install.sh has finished there is a server to look at; before, there is only a mess of ours.
    const scriptDone = await scriptFinished(run, plan, host);
    const undone = scriptDone ? undefined : await undo(plan, error, run, host, ui);
    // Where the disk is full, this fails too; what is told is why it came to this.
    await run.end(undone === undefined ? 'failed' : 'undone', message).catch(logged(host));
    if (undone !== undefined) throw undone;
    if (!scriptDone) throw installLeftThings(plan.home, error);
    throw error instanceof Refusal ? error.afterChanges() : error;
  }
}

/** install.sh syncs nothing: without this a power cut hours later would leave an installation of empty files. */
async function bringToDisk({ home }: InstallPlan, host: Host): Promise<void> {
  const { binDir, systemdUnitDirs, initDir, etc } = host.layout;
  const places = [home, join(home, 'var'), binDir, ...systemdUnitDirs.slice(0, 1), initDir, etc];
  for (const place of places) {
    if ((await host.files.stat(place)) !== undefined) await syncFilesystem(place, host);
  }
}

function unfinished(plan: InstallPlan, run: string, release: string | null): UnfinishedInstall {
  const { home, before } = plan;
  return { home, run, before, releases: [plan.release, ...(release === null ? [] : [release])] };
}

async function runScript(
  plan: InstallPlan,
  release: ObtainedRelease,
  request: InstallRequest,
  run: Run,
  host: Host,
  detail: (text: string) => void,
): Promise<void> {
  const script = join(run.dir, 'install.sh');
  await host.files.writeAtomic(script, await readInstallScript(request.installScript, host), 0o700);
  await host.files.makeDir(plan.home);
  await host.files.writeAtomic(join(plan.home, INSTALL_MARKER), `${run.id}\n`, 0o600);

  const { wish } = plan;
  await runInstallScript(
    {
      script,
      bundle: release.path,
      unprivileged: wish.unprivileged,
      timeoutMs: request.patience.scriptTimeoutMs,
      extraEnv: request.scriptEnv,
      answers: {
        home: plan.home,
        baseUrl: wish.baseUrl,
        wildcardHost: wish.wildcardHost,
        httpPort: wish.ports.http[0] ?? 6080,
        mongoPort: wish.ports.mongo,
        smtpPort: wish.ports.smtp,
        serverUser: wish.serverUser,
        // install.sh knows two addresses only; until sandstorm.conf has the third, nobody else shall reach it.
        localhostOnly: wish.bindIp !== '0.0.0.0',
      },
    },
    host,
    (question, answer) => {
      host.log(`answered "${question}" with "${answer}"`);
      detail(`install.sh: ${question} ${answer}`);
    },
  );
  detail(`install.sh, ${release.folder} in ${plan.home}`);
}

/** Takes away what the failed script made; the error that says so, or undefined when it could not. */
async function undo(
  plan: InstallPlan,
  failure: unknown,
  run: Run,
  host: Host,
  ui: Ui,
): Promise<Refusal | undefined> {
  try {
    await ui.step('Went back', async (progress) => {
      // Also when nothing can be written down any more: a full disk is a reason to go back.
      await run.stepBegins('undo').catch(logged(host));
      await removeUnfinishedInstall(unfinished(plan, run.id, null), host);
      await run.stepEnds('undo').catch(logged(host));
      const account = plan.before.userExisted ? '' : `; the account ${plan.wish.serverUser}, if made, stays`;
      progress.detail(`everything the failed installation had made is gone${account}`);
    });
    return installUndone(failure, run.dir);
  } catch (error) {
    host.log(`going back failed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function scriptFinished(run: Run, plan: InstallPlan, host: Host): Promise<boolean> {
  const record = await readRun(run.id, plan.home, host);
  return (
    record?.stepsDone.includes('run-install-script') === true ||
    !plan.steps.some((step) => step.do === 'run-install-script')
  );
}
