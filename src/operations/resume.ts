import { Refusal } from '../errors.js';
import { readConf } from '../config/conf-file.js';
import { readRun, takeUpRun } from '../journal/journal.js';
import { lockOwner, withLock } from '../journal/lock.js';
import type { RunRecord } from '../journal/record.js';
import { stateDirs } from '../journal/state-dir.js';
import { stillAtWork, type AtWork } from '../server/at-work.js';
import { runningServer } from '../server/running.js';
import { placesOf } from '../snapshot/places.js';
import { dataFolders } from '../snapshot/record.js';
import { readSnapshot, tidyFolders, writeSnapshot } from '../snapshot/store.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { stepsLeft, type CutOff } from '../update/carry-on.js';
import type { UpdatePlan } from '../update/plan.js';
import { isServerPlan, type ServerPlan, type Step } from '../update/step.js';
import { planUndo } from '../update/undo.js';
import { join } from 'node:path';
import { moment } from '../words.js';
import { describeSteps } from './describe-change.js';
import { abortInstall, resumeInstall } from './install-taken-up.js';
import { withRelease, type ObtainedRelease } from './obtain-release.js';
import { pending, pendingRun, whatHappened } from './pending.js';
import type { Patience } from './prove.js';
import { carryOutChange, seenNow, takeBack, type ChangeWish } from './server-change.js';
import { targetFor } from './server-facts.js';
import { cancelled } from './until-agreed.js';
import { removeDeadStaging } from './dead-staging.js';

export interface TakeUpRequest {
  readonly home: string;
  readonly patience: Patience;
  readonly stagingDir: string | undefined;
  readonly dryRun: boolean;
  readonly keepTranscript: (file: string) => void;
}

export interface AbortRequest extends TakeUpRequest {
  /** Changes nothing about the server: only that the run counts as over. */
  readonly leave: boolean;
}

export interface TakenUp {
  readonly home: string;
  readonly changed: boolean;
  /** What was cut off; null: nothing waits. */
  readonly operation: string | null;
  /** How it is now: the plan came to its end, or what it had done was undone. */
  readonly outcome: 'done' | 'undone' | 'left' | null;
  /** Release folder that runs now. */
  readonly release: string | null;
  readonly pauseMs: number | null;
  readonly run: string | null;
}

/**
 * Goes on with what was cut off by a crash or a power cut, where it was cut off. What was on its way back goes on back.
 * @throws Refusal as the operation itself; E_PENDING when that is not possible
 */
export async function resume(request: TakeUpRequest, host: Host, ui: Ui): Promise<TakenUp> {
  const record = await pendingRun(request.home, host);
  if (record === undefined) return nothingWaits('resume', request.home, host);
  ui.say(`  ${whatHappened(record)}\n`);
  if (record.operation === 'install') return resumeInstall(record, request, host, ui);
  const plan = planOf(record);
  if (record.turnedBack) return goAllTheWayBack(record, plan, request, host, ui);

  const steps = stepsLeft(plan, await cutOffAt(record, plan, host));
  for (const line of describeSteps(plan, steps)) ui.say(line);
  ui.say();
  if (request.dryRun) return { ...nothing(request.home), operation: record.operation };
  if (!(await ui.confirm('Go on?'))) throw cancelled();
  return withTheRelease(plan, steps, record, request, host, ui, async (release) =>
    takingUp(record, 'resume', request, host, ui, async (wish) => {
      // What was agreed to may have been settled by another hand since.
      const left = stepsLeft(plan, await cutOffAt(record, plan, host));
      const done = await carryOutChange({ ...wish, release }, left);
      return result(record, request, 'done', plan.to, done.pauseMs);
    }),
  );
}

/**
 * Gives up what was cut off: the former state comes back.
 * @throws Refusal of exit 7 when it does not
 */
export async function abort(request: AbortRequest, host: Host, ui: Ui): Promise<TakenUp> {
  const record = await pendingRun(request.home, host);
  if (record === undefined) return nothingWaits('abort', request.home, host);
  ui.say(`  ${whatHappened(record)}\n`);
  if (request.leave) return leave(record, request, host, ui);
  if (record.operation === 'install') return abortInstall(record, request, host, ui);
  return goAllTheWayBack(record, planOf(record), request, host, ui);
}

async function goAllTheWayBack(
  record: RunRecord,
  plan: ServerPlan,
  request: TakeUpRequest,
  host: Host,
  ui: Ui,
): Promise<TakenUp> {
  const undo = planUndo(plan, await seenNow(plan, record.id, host));
  ui.say(`  Back to ${plan.from}: ${undo.length === 0 ? 'nothing had been changed' : undo.join(', ')}`);
  if (undo.includes('restore-data')) {
    const snapshot = await readSnapshot(plan.home, record.id, host);
    const since = snapshot === undefined ? '' : ` since ${moment(snapshot.takenAt)}`;
    ui.say(`  LOST for people: whatever they may have done on ${plan.to}${since}.`);
  }
  ui.say();
  if (request.dryRun) return { ...nothing(request.home), operation: record.operation };
  if (!(await ui.confirm('Go back?'))) throw cancelled();
  return takingUp(record, 'abort', request, host, ui, async (wish) => {
    await takeBack({ ...wish, release: undefined }, 'it was given up');
    return result(record, request, 'undone', plan.from, null);
  });
}

/** For who has put things right by hand: the run is over, and what was kept can be gone back to. */
async function leave(record: RunRecord, request: TakeUpRequest, host: Host, ui: Ui): Promise<TakenUp> {
  ui.say('  Everything stays as it is now.');
  if (request.dryRun) return { ...nothing(request.home), operation: record.operation };
  if (!(await ui.confirm('Leave it so?'))) throw cancelled();
  return withLock(request.home, 'abort', host, async () => {
    const run = await takeUpRun(record, 'abort --leave', host);
    const { incoming, build, data } = placesOf(request.home, record.id);
    const snapshot = await readSnapshot(request.home, record.id, host);
    const whole = (await host.files.lstat(build)) !== undefined;
    // Some of its data may be back in their place already.
    const folders = snapshot === undefined ? [] : dataFolders(snapshot.scope);
    const there = await Promise.all(folders.map((folder) => host.files.lstat(join(data, folder))));
    if (snapshot !== undefined && whole && !there.includes(undefined)) {
      await writeSnapshot(request.home, { ...snapshot, complete: true }, host);
    }
    await host.files.remove(incoming);
    await tidyFolders(request.home, host);
    await run.end('undone', 'left as it was');
    return result(record, request, 'left', null, null);
  });
}

/** Under the lock, and only when nothing of the earlier run is still at work. */
async function takingUp(
  record: RunRecord,
  by: string,
  request: TakeUpRequest,
  host: Host,
  ui: Ui,
  work: (wish: Omit<ChangeWish, 'release'>) => Promise<TakenUp>,
): Promise<TakenUp> {
  const { home, patience } = request;
  const plan = planOf(record);
  return withLock(home, by, host, async () => {
    const now = await readRun(record.id, home, host);
    if (now?.outcome !== record.outcome || now?.stepOpen !== record.stepOpen) throw pending(now ?? record);
    await waitForOthers(home, record, host, ui);
    const { document: conf } = await readConf(home, host);
    const run = await takeUpRun(record, by, host);
    request.keepTranscript(join(run.dir, 'transcript.log'));
    await removeDeadStaging(request.stagingDir ?? stateDirs(home, host).staging, host);
    return work({ plan, run, target: targetFor(home, conf, plan.waive), patience, host, ui });
  });
}

const POLL_MS = 500;
/** What we had started ends soon without us; somebody who looks at a file there may go on for days. */
const PATIENCE_MS = 60_000;

async function waitForOthers(home: string, record: RunRecord, host: Host, ui: Ui): Promise<void> {
  const { incoming, snapshot, data } = placesOf(home, record.id);
  const look = () => stillAtWork(home, [incoming, snapshot, data], host);
  const first = await look();
  if (first === undefined) return;
  const until = host.clock.monotonic() + PATIENCE_MS;
  await ui.step('Waiting', async (progress) => {
    for (let other = first as typeof first | undefined; other !== undefined; other = await look()) {
      progress.detail(`for ${other.what} of the run that was cut off (pid ${String(other.pid)})`);
      if (host.interrupted.aborted) throw cancelled();
      if (!other.isOwn && host.clock.monotonic() > until) throw heldBy(other);
      await host.clock.sleep(POLL_MS);
    }
    progress.detail(`${first.what} of the run that was cut off has ended`);
  });
}

function heldBy({ what, pid }: AtWork): Refusal {
  return new Refusal('E_BUSY', `${what} is still at files of the run that was cut off (pid ${String(pid)})`, {
    hint: `wait for it to end, or end it: kill ${String(pid)}; then run the same command again`,
  });
}

/** What must be unpacked still has to be there, and be the very file that was agreed to. */
async function withTheRelease<T>(
  plan: ServerPlan,
  steps: readonly Step[],
  record: RunRecord,
  { home, stagingDir }: TakeUpRequest,
  host: Host,
  ui: Ui,
  work: (release: ObtainedRelease | undefined) => Promise<T>,
): Promise<T> {
  if (!steps.some((step) => step.do === 'unpack')) return work(undefined);
  const { tarball, proof } = plan as UpdatePlan;
  if ((await host.files.stat(tarball)) === undefined) {
    throw cannotGoOn(record, `${tarball} is not there any more`, `put it back there, or go back`);
  }
  const wish = {
    tarball,
    stagingDir: stagingDir ?? stateDirs(home, host).staging,
    dryRun: false,
    installScript: undefined,
    proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
    knownProof: proof,
  };
  return withRelease(wish, host, ui, work);
}

function cannotGoOn(record: RunRecord, why: string, hint: string): Refusal {
  return new Refusal('E_PENDING', `${whatHappened(record)} It cannot go on: ${why}`, {
    hint: `${hint}: sandstorm-airgap abort`,
  });
}

function planOf(record: RunRecord): ServerPlan {
  if (isServerPlan(record.plan)) return record.plan;
  throw new Refusal('E_PENDING', `${whatHappened(record)} Another version of this tool began it`, {
    hint: 'finish it with that version; or, when the server is as it should be: sandstorm-airgap abort --leave',
  });
}

async function cutOffAt(record: RunRecord, plan: ServerPlan, host: Host): Promise<CutOff> {
  const program = await host.files.stat(join(plan.home, plan.to, 'sandstorm'));
  // `sandstorm update` syncs nothing: a link that is to be gone on from must be on the disk first.
  await host.files.syncDir(plan.home);
  return {
    done: new Set(record.stepsDone),
    begun: new Set(record.stepsBegun),
    latest: await host.files.readLink(join(plan.home, 'latest')),
    placed: program?.kind === 'file',
    running: (await runningServer(plan.home, host)) !== undefined,
  };
}

/** @throws Refusal E_BUSY when it does not wait because it is going on: whoever types this takes it for dead */
async function nothingWaits(by: string, home: string, host: Host): Promise<TakenUp> {
  if ((await lockOwner(home, host)) !== undefined) await withLock(home, by, host, () => Promise.resolve());
  return nothing(home);
}

function nothing(home: string): TakenUp {
  return { home, changed: false, operation: null, outcome: null, release: null, pauseMs: null, run: null };
}

function result(
  record: RunRecord,
  { home }: TakeUpRequest,
  outcome: TakenUp['outcome'],
  release: string | null,
  pauseMs: number | null,
): TakenUp {
  return { home, changed: true, operation: record.operation, outcome, release, pauseMs, run: record.dir };
}
