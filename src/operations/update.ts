import { join } from 'node:path';
import { readConf } from '../config/conf-file.js';
import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import { beginRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import { stateDirs } from '../journal/state-dir.js';
import type { ReportedCheck, Subject } from '../preflight/check.js';
import { isHealthy, readHealth, type HealthTarget } from '../server/health.js';
import type { InstalledServer } from '../server/home-state.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { duration } from '../words.js';
import { planUpdate, type Strategy, type UpdatePlan } from '../update/plan.js';
import { withoutSizes, type SnapshotScope } from '../update/step.js';
import { rememberingTrust, type ProofWish } from './authenticity.js';
import { describeUpdate, wayBack } from './describe-change.js';
import { plannedRelease, withRelease, type ObtainedRelease } from './obtain-release.js';
import { removeDeadStaging, sweepStaging } from './dead-staging.js';
import { requireNothingPending } from './pending.js';
import type { Patience } from './prove.js';
import { checkReady } from './ready.js';
import { carryOutChange, type ChangeOutcome } from './server-change.js';
import { portsOf, requireServer, targetFor } from './server-facts.js';
import { requireUnchanged } from './unchanged.js';
import { cancelled, untilAgreed } from './until-agreed.js';
import { updateFacts } from './update-facts.js';
import { downgradeRefused, requireLivePossible } from './update-refusals.js';

export interface UpdateRequest {
  readonly home: string;
  readonly tarball: string;
  /** One that carries the OpenPGP release key, if there is one at hand. */
  readonly installScript: string | undefined;
  readonly proof: ProofWish;
  readonly allowDowngrade: boolean;
  /** Put the same build in place once more. */
  readonly reinstall: boolean;
  /** What is copied so that it can come back. */
  readonly scope: SnapshotScope;
  readonly strategy: Strategy;
  /** How many snapshots stay, the one of this update among them. */
  readonly keep: number;
  readonly resolvers: readonly string[];
  readonly expectAddress: string | undefined;
  readonly waive: readonly string[];
  readonly stagingDir: string | undefined;
  readonly patience: Patience;
  readonly dryRun: boolean;
  readonly keepTranscript: (file: string) => void;
}

/** What is taken when nothing else is said. */
export const UPDATE_AS_USUAL = { scope: 'database', strategy: 'safe', keep: 1 } as const;

export interface UpdateResult {
  readonly home: string;
  readonly from: number;
  readonly to: number;
  readonly changed: boolean;
  readonly healthy: boolean;
  /** From the stop to the first good answer; null when the server was not running before. */
  readonly pauseMs: number | null;
  readonly run: string | null;
  readonly plan: UpdatePlan | null;
  readonly checks: readonly ReportedCheck[];
}

/** Brings an installed server to the build in a tarball, and sees it healthy. */
export async function update(request: UpdateRequest, host: Host, ui: Ui): Promise<UpdateResult> {
  const { home } = request;
  const state = await requireServer(home, host);
  await requireNothingPending(home, host);
  const { document: conf } = await readConf(home, host);
  const target = targetFor(home, conf, request.waive);

  const stagingDir = request.stagingDir ?? stateDirs(home, host).staging;
  const { tarball, dryRun, installScript, proof } = request;
  return withRelease({ tarball, stagingDir, dryRun, installScript, proof }, host, ui, async (release) => {
    const { build } = release.facts;
    if (build < state.build && !request.allowDowngrade) throw downgradeRefused(state, build);
    if (build === state.build && !request.reinstall && (await isThere(state, conf, target, host))) {
      ui.say(`  ${state.folder} is installed and well, updates are off: nothing to do.`);
      // An earlier run may have been killed after its last word, before it had tidied up.
      if (!dryRun) await sweepStaging(stagingDir, home, host);
      return { ...nothing(home, state.build), healthy: true };
    }

    const unpack = build !== state.build || request.reinstall;
    const makePlan = async (): Promise<UpdatePlan> =>
      planUpdate(await updateFacts({ request, state, release, unpack }, host));
    const { plan, checks } = await untilAgreed(host, async () => {
      const subject = subjectOf(request, conf, release, stagingDir, host);
      const checks = await checkReady(subject, request.waive, host, ui);
      const plan = await makePlan();
      requireLivePossible(plan, release.facts.hasMongod7);
      for (const line of describeUpdate(plan)) ui.say(line);
      if (!dryRun && !(await ui.confirm('Go ahead?'))) throw cancelled();
      return { plan, checks };
    });
    const result = { ...nothing(home, state.build), to: build, plan, checks };
    if (dryRun) return result;

    return withLock(home, 'update', host, async () => {
      await requireUnchanged(
        { home, state: { kind: 'server', ...state }, plan: withoutSizes(plan) },
        async () => withoutSizes(await makePlan()),
        host,
      );
      await removeDeadStaging(stagingDir, host);
      const { kept, ...done } = await rememberingTrust(plan.proof, host, () =>
        carryOut(plan, release, target, request, host, ui),
      );
      if (done.pauseMs !== null)
        ui.say(`\n  Done. Pause ${duration(done.pauseMs)}.${kept ? wayBack(plan) : ''}`);
      return { ...result, ...done };
    });
  });
}

async function carryOut(
  plan: UpdatePlan,
  release: ObtainedRelease,
  target: HealthTarget,
  { patience, keepTranscript }: UpdateRequest,
  host: Host,
  ui: Ui,
): Promise<ChangeOutcome> {
  const run = await beginRun('update', plan.home, plan, host);
  keepTranscript(join(run.dir, 'transcript.log'));
  return carryOutChange({ plan, run, target, patience, release, host, ui }, plan.steps);
}

async function isThere(
  state: InstalledServer,
  conf: ConfDocument,
  target: HealthTarget,
  host: Host,
): Promise<boolean> {
  if (getValue(conf, 'UPDATE_CHANNEL') !== 'none') return false;
  return isHealthy(await readHealth({ ...target, release: state.folder }, host));
}

function subjectOf(
  request: UpdateRequest,
  conf: ConfDocument,
  { facts }: ObtainedRelease,
  stagingDir: string,
  host: Host,
): Subject {
  const ports = portsOf(conf);
  const baseUrl = getValue(conf, 'BASE_URL');
  const wildcardHost = getValue(conf, 'WILDCARD_HOST');
  const bindIp = getValue(conf, 'BIND_IP');
  return {
    phase: 'update',
    home: request.home,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(wildcardHost === undefined ? {} : { wildcardHost }),
    ...(bindIp === undefined ? {} : { bindIp }),
    ...(ports === undefined ? {} : { ports }),
    resolvers: request.resolvers,
    ...(request.expectAddress === undefined ? {} : { expectAddress: request.expectAddress }),
    release: plannedRelease(facts),
    snapshot: request.strategy === 'live' ? 'none' : request.scope,
    unprivileged: host.user.uid !== 0,
    stagingDir,
  };
}

function nothing(home: string, build: number): UpdateResult {
  const none = { changed: false, healthy: false, pauseMs: null, run: null, plan: null, checks: [] };
  return { home, from: build, to: build, ...none };
}
