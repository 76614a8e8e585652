import { join } from 'node:path';
import type { Refusal } from '../errors.js';
import { readRun, type Run } from '../journal/journal.js';
import type { HealthTarget } from '../server/health.js';
import { runningServer } from '../server/running.js';
import { findServiceManager } from '../service/find-service-manager.js';
import type { ServiceManager } from '../service/service-manager.js';
import { dropHalfCopy } from '../snapshot/data.js';
import { placesOf } from '../snapshot/places.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { planUndo, TIDYING, type Seen } from '../update/undo.js';
import type { ServerPlan, Step } from '../update/step.js';
import { changeInterrupted, changeUndone, stuck } from './change-refusals.js';
import { logged } from './journal-trouble.js';
import type { ObtainedRelease } from './obtain-release.js';
import type { Patience } from './prove.js';
import { takeStep } from './server-steps.js';
import { takeUndoStep } from './server-undo.js';

/** All that the steps of one change of a server work with. */
export interface Change {
  readonly plan: ServerPlan;
  readonly run: Run;
  readonly target: HealthTarget;
  readonly patience: Patience;
  /** Wanted by `unpack` only. */
  readonly release: ObtainedRelease | undefined;
  readonly manager: ServiceManager;
  readonly host: Host;
  readonly ui: Ui;
  /** Steps that were begun, by this process or one before it: a journal that cannot be read must not hide them. */
  readonly begun: Set<string>;
  /** Filled in as it goes. */
  readonly seen: { stoppedAt?: number; answeredAt?: number; kept?: boolean };
}

export interface ChangeOutcome {
  readonly changed: true;
  readonly healthy: boolean;
  /** From the stop to the first good answer; null when the server was not running before. */
  readonly pauseMs: number | null;
  /** What was kept can be gone back to. */
  readonly kept: boolean;
  readonly run: string;
}

export type ChangeWish = Omit<Change, 'manager' | 'seen' | 'begun'>;

/**
 * Carries out the steps that are left of a plan, each on the disk before it is made. When one fails, or the tool is told to stop,
 * everything is put back as it was. Hold the lock on HOME.
 * @throws Refusal E_UPDATE_UNDONE, E_ROLLBACK_UNDONE, E_SNAPSHOT_UNDONE (exit 6) when the former state is back; exit 7 when it is not
 */
export async function carryOutChange(wish: ChangeWish, steps: readonly Step[]): Promise<ChangeOutcome> {
  const change = await changeFrom(wish);
  const { run, host } = change;
  try {
    for (const step of steps) {
      if (host.interrupted.aborted) throw changeInterrupted();
      await run.stepBegins(step.do);
      change.begun.add(step.do);
      await takeStep(step, change);
      await run.stepEnds(step.do);
    }
    await run.end('done').catch(logged(host));
  } catch (failure) {
    // The signal ends what is being copied as well, and how that died is of no use to anybody.
    throw await goBack(change, host.interrupted.aborted ? changeInterrupted() : failure);
  }
  const { stoppedAt, answeredAt } = change.seen;
  const pauseMs =
    stoppedAt === undefined || answeredAt === undefined ? null : Math.round(answeredAt - stoppedAt);
  const healthy = steps.some((step) => step.do === 'prove-healthy');
  return { changed: true, healthy, pauseMs, kept: change.seen.kept === true, run: run.dir };
}

/**
 * Gives up a run that was cut off, or whose way back was: the former state comes back.
 * @throws Refusal of exit 7 when it does not
 */
export async function takeBack(wish: ChangeWish, why: string): Promise<void> {
  const change = await changeFrom(wish);
  await undoAll(change, why).catch((error: unknown) => {
    throw stuck(change.plan, undefined, error, change.run);
  });
}

async function changeFrom(wish: ChangeWish): Promise<Change> {
  return {
    ...wish,
    manager: await findServiceManager(wish.plan.home, wish.host),
    seen: {},
    begun: new Set(),
  };
}

/** What is to be told in the end: that it was undone, or in which state things are. */
async function goBack(change: Change, failure: unknown): Promise<Refusal> {
  const { plan, run, host } = change;
  const why = failure instanceof Error ? failure.message : String(failure);
  try {
    await undoAll(change, why);
    return changeUndone(plan, failure, run);
  } catch (error) {
    host.log(`going back failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await run.end('failed', why).catch(logged(host));
    return stuck(plan, failure, error, run);
  }
}

async function undoAll(given: Change, why: string): Promise<void> {
  // Being told to stop is why it goes back, and no reason to stop half way.
  const host: Host = { ...given.host, interrupted: new AbortController().signal };
  const change: Change = { ...given, host };
  const { plan, run, ui } = change;
  const steps = planUndo(plan, await seenNow(plan, run.id, host, change.begun));
  // Also when nothing can be written down any more: people are without their server.
  await run.turnsBack(steps, why).catch(logged(host));
  ui.say(`\n  Going back to ${plan.from}\n`);
  // The old build wants room to start, and a disk that is full may be why it goes back.
  await dropHalfCopy(plan.home, run.id, host).catch(logged(host));
  for (const step of steps) {
    await run.undoBegins(step).catch(logged(host));
    if (TIDYING.has(step)) await takeUndoStep(step, change).catch(logged(host));
    else await takeUndoStep(step, change);
    await run.undoEnds(step).catch(logged(host));
  }
  await run.end('undone', why).catch(logged(host));
}

/** @param begun what is known of it besides the journal, which may be on a disk that cannot be read any more */
export async function seenNow(
  plan: ServerPlan,
  id: string,
  host: Host,
  begun: Iterable<string> = [],
): Promise<Seen> {
  const record = await readRun(id, plan.home, host);
  const kept = await host.files.lstat(placesOf(plan.home, id).record);
  return {
    begun: new Set([...(record?.stepsBegun ?? []), ...begun]),
    undone: new Set(record?.undone ?? []),
    latest: await host.files.readLink(join(plan.home, 'latest')),
    running: (await runningServer(plan.home, host)) !== undefined,
    dropped: record?.stepsDone.includes('keep') === true && kept === undefined,
  };
}
