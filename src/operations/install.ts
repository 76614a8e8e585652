import { readInstallScript } from '../installer/script-file.js';
import { readRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import { stateDirs } from '../journal/state-dir.js';
import type { ReportedCheck, Subject } from '../preflight/check.js';
import type { Proof } from '../release/proof.js';
import { judgeHome, observeHome, type HomeState } from '../server/home-state.js';
import { findServiceManager } from '../service/find-service-manager.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { alreadyInstalled } from './already-installed.js';
import { rememberingTrust, type ProofWish } from './authenticity.js';
import { removeDeadStaging } from './dead-staging.js';
import { describeInstall } from './describe.js';
import {
  isInstallPlan,
  planInstall,
  type Before,
  type InstallPlan,
  type InstallWish,
  type InterruptedInstall,
} from './install-plan.js';
import { differentServer, homeNotFree, otherReleasePending } from './install-refusals.js';
import { carryOutInstall } from './install-steps.js';
import { plannedRelease, withRelease, type ObtainedRelease } from './obtain-release.js';
import type { Patience } from './prove.js';
import { checkReady } from './ready.js';
import { requireUnchanged } from './unchanged.js';
import { cancelled, untilAgreed } from './until-agreed.js';

export interface InstallRequest extends InstallWish {
  readonly tarball: string;
  readonly installScript: string;
  readonly resolvers: readonly string[];
  readonly expectAddress: string | undefined;
  readonly waive: readonly string[];
  readonly proof: ProofWish;
  /** Of an interrupted installation that is gone on with. */
  readonly knownProof?: Proof;
  readonly stagingDir: string | undefined;
  readonly patience: Patience;
  readonly dryRun: boolean;
  /** Opens the transcript in the run's folder. */
  readonly keepTranscript: (file: string) => void;
  /** More for install.sh's environment; a rehearsal tells its stand-in where to put things. */
  readonly scriptEnv: Readonly<Record<string, string>>;
}

export interface InstallResult {
  readonly home: string;
  readonly build: number;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly changed: boolean;
  readonly healthy: boolean;
  /** Good for 15 minutes; makes whoever opens it administrator. */
  readonly setupLink: string | null;
  readonly serviceManager: string | null;
  readonly run: string | null;
  readonly plan: InstallPlan | null;
  readonly checks: readonly ReportedCheck[];
}

/**
 * From nothing to a healthy server with updates off. Converges: what is installed already is left alone,
 * what an earlier run of ours left unfinished is finished or repeated.
 */
export async function install(request: InstallRequest, host: Host, ui: Ui): Promise<InstallResult> {
  const { home } = request;
  const state = judgeHome(await observeHome(home, host));
  const installed = await alreadyInstalled(request, state, host);
  if (installed !== undefined) return installed;
  if (state.kind === 'server') throw differentServer(home, state);

  await readInstallScript(request.installScript, host);
  const stagingDir = request.stagingDir ?? stateDirs(home, host).staging;
  const { tarball, dryRun, installScript, proof } = request;
  const wish = { tarball, stagingDir, dryRun, installScript, proof, knownProof: request.knownProof };
  return withRelease(wish, host, ui, async (release) => {
    const makePlan = async (): Promise<InstallPlan> => {
      const interrupted = await interruptedRun(home, state, release.folder, host);
      return planInstall(request, {
        release: release.folder,
        tarball,
        sha256: release.facts.sha256,
        unpackedBytes: release.facts.unpackedBytes,
        proof: release.proof,
        before: await whatWasThere(request, state, host),
        installScript: request.installScript,
        expectAddress: request.expectAddress ?? null,
        waive: request.waive,
        scriptEnv: request.scriptEnv,
        interrupted,
        stableSeconds: request.patience.stableMs / 1000,
      });
    };
    const { plan, result } = await untilAgreed(host, async () => {
      const checks = await checkReady(subjectOf(request, release, stagingDir), request.waive, host, ui);
      if (state.kind === 'leftovers' || state.kind === 'unfit') throw homeNotFree(home, state);
      const plan = await makePlan();
      for (const line of describeInstall(plan)) ui.say(line);
      if (!dryRun && !(await ui.confirm('Go ahead?'))) throw cancelled();
      return { plan, result: outcomeOf(request, release.facts.build, plan, checks) };
    });
    if (dryRun) return result;

    return withLock(home, 'install', host, async () => {
      await requireUnchanged({ home, state, plan }, makePlan, host);
      await removeDeadStaging(stagingDir, host);
      const carryOut = () => carryOutInstall(plan, release, request, host, ui);
      return { ...result, ...(await rememberingTrust(plan.proof, host, carryOut)) };
    });
  });
}

function subjectOf(request: InstallRequest, { facts }: ObtainedRelease, stagingDir: string): Subject {
  return {
    phase: 'install',
    home: request.home,
    baseUrl: request.baseUrl,
    wildcardHost: request.wildcardHost,
    ports: request.ports,
    bindIp: request.bindIp,
    resolvers: request.resolvers,
    ...(request.expectAddress === undefined ? {} : { expectAddress: request.expectAddress }),
    release: plannedRelease(facts),
    serverUser: request.serverUser,
    unprivileged: request.unprivileged,
    stagingDir,
  };
}

async function whatWasThere(request: InstallRequest, state: HomeState, host: Host): Promise<Before> {
  const previous = state.kind === 'interrupted' ? await readRun(state.run, request.home, host) : undefined;
  // A second try must not take its own first try for somebody else's work.
  if (previous !== undefined && isInstallPlan(previous.plan)) return previous.plan.before;
  return {
    homeExisted: state.kind !== 'absent',
    serviceExisted: (await findServiceManager(request.home, host)).kind !== 'command',
    userExisted: (await host.commands.run('id', [request.serverUser])).exitCode === 0,
  };
}

/** @throws Refusal E_PENDING when all of another release is in place already */
async function interruptedRun(
  home: string,
  state: HomeState,
  wanted: string,
  host: Host,
): Promise<InterruptedInstall | undefined> {
  if (state.kind !== 'interrupted') return undefined;
  const { run, server } = state;
  const record = await readRun(run, home, host);
  const release = record !== undefined && isInstallPlan(record.plan) ? record.plan.release : undefined;
  const scriptDone =
    server !== undefined &&
    record !== undefined &&
    (record.stepsDone.includes('run-install-script') || !planned(record.plan, 'run-install-script'));
  if (scriptDone && server.folder !== wanted) throw otherReleasePending(home, server, wanted);
  return { run, release, scriptDone };
}

function planned(plan: unknown, step: string): boolean {
  return isInstallPlan(plan) && plan.steps.some((one) => one.do === step);
}

function outcomeOf(
  request: InstallRequest,
  build: number,
  plan: InstallPlan,
  checks: readonly ReportedCheck[],
): InstallResult {
  const { home, baseUrl, wildcardHost } = request;
  return {
    home,
    build,
    baseUrl,
    wildcardHost,
    changed: false,
    healthy: false,
    setupLink: null,
    serviceManager: null,
    run: null,
    plan,
    checks,
  };
}
