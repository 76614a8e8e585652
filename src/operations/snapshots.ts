import { join } from 'node:path';
import { readConf } from '../config/conf-file.js';
import { beginRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import { runningServer } from '../server/running.js';
import { placesOf } from '../snapshot/places.js';
import type { SnapshotRecord } from '../snapshot/record.js';
import { filesystemShortOf } from '../snapshot/space.js';
import { completeSnapshots, removeSnapshot, tidyFolders } from '../snapshot/store.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { planSnapshot } from '../update/rollback-plan.js';
import { withoutSizes, type ServerPlan, type SnapshotScope } from '../update/step.js';
import { bytes, count, moment } from '../words.js';
import { describeSteps } from './describe-change.js';
import { requireNothingPending } from './pending.js';
import type { Patience } from './prove.js';
import { carryOutChange } from './server-change.js';
import { requireServer, targetFor } from './server-facts.js';
import { requireUnchanged } from './unchanged.js';
import { cancelled, untilAgreed } from './until-agreed.js';
import { dataToKeep } from './update-facts.js';

export interface ListedSnapshot extends Pick<
  SnapshotRecord,
  'id' | 'takenAt' | 'release' | 'scope' | 'reason'
> {
  /** Of its data. */
  readonly bytes: number;
  readonly path: string;
}

/** Newest first. */
export async function listSnapshots(home: string, host: Host): Promise<ListedSnapshot[]> {
  return (await completeSnapshots(home, host)).map(
    ({ id, takenAt, release, scope, reason, bytes: size }) => ({
      id,
      takenAt,
      release,
      scope,
      reason,
      bytes: size,
      path: placesOf(home, id).snapshot,
    }),
  );
}

/** "sandstorm-308 of 2026-11-22 02:13 UTC, database, 212 MB, before update to sandstorm-309" */
export function snapshotWords({ release, takenAt, scope, bytes: size, reason }: ListedSnapshot): string {
  const data = scope === 'none' ? 'no data' : `${scope}, ${bytes(size)}`;
  return `${release} of ${moment(takenAt)}, ${data}, ${reason}`;
}

export interface SnapshotRequest {
  readonly home: string;
  readonly scope: SnapshotScope;
  readonly waive: readonly string[];
  readonly patience: Patience;
  readonly dryRun: boolean;
  readonly keepTranscript: (file: string) => void;
}

export interface SnapshotResult {
  readonly home: string;
  readonly changed: boolean;
  /** null in a dry run */
  readonly id: string | null;
  readonly pauseMs: number | null;
  readonly plan: ServerPlan;
}

/** A snapshot by hand, before something daring that is not an update. The server is stopped for it. */
export async function createSnapshot(request: SnapshotRequest, host: Host, ui: Ui): Promise<SnapshotResult> {
  const { home, scope, patience, waive, dryRun } = request;
  const state = await requireServer(home, host);
  await requireNothingPending(home, host);
  const { document: conf } = await readConf(home, host);
  const target = targetFor(home, conf, waive);
  const makePlan = async (): Promise<ServerPlan> =>
    planSnapshot({
      home,
      build: state.folder,
      running: (await runningServer(home, host)) !== undefined,
      scope,
      bytes: await dataToKeep(home, scope, host),
      waive,
      stableSeconds: patience.stableMs / 1000,
    });
  const plan = await untilAgreed(host, async () => {
    const agreed = await makePlan();
    ui.say(`  Snapshot of ${state.folder}\n`);
    for (const line of describeSteps(agreed, agreed.steps)) ui.say(line);
    ui.say();
    const needed = agreed.steps.find((step) => step.do === 'snapshot')?.bytes ?? 0;
    const short = await filesystemShortOf(join(home, 'var'), needed, host);
    if (short !== undefined) throw short;
    if (!dryRun && !(await ui.confirm('Go ahead?'))) throw cancelled();
    return agreed;
  });
  if (dryRun) return { home, changed: false, id: null, pauseMs: null, plan };
  return withLock(home, 'snapshot', host, async () => {
    const now = async (): Promise<unknown> => withoutSizes(await makePlan());
    await requireUnchanged(
      { home, state: { kind: 'server', ...state }, plan: withoutSizes(plan) },
      now,
      host,
    );
    const run = await beginRun('snapshot', home, plan, host);
    request.keepTranscript(join(run.dir, 'transcript.log'));
    const { pauseMs } = await carryOutChange(
      { plan, run, target, patience, release: undefined, host, ui },
      plan.steps,
    );
    return { home, changed: true, id: run.id, pauseMs, plan };
  });
}

/** Removes all but the newest `keep`. @returns what is, or would be, removed */
export async function pruneSnapshotsByHand(
  home: string,
  keep: number,
  dryRun: boolean,
  host: Host,
  ui: Ui,
): Promise<readonly ListedSnapshot[]> {
  await requireNothingPending(home, host);
  const gone = (await listSnapshots(home, host)).slice(keep);
  for (const one of gone) ui.say(`  ${snapshotWords(one)}`);
  if (dryRun || gone.length === 0) return gone;
  if (!(await ui.confirm(`Remove ${count(gone.length, 'snapshot')}? There is no way back to them.`)))
    throw cancelled();
  return withLock(home, 'snapshot prune', host, async () => {
    for (const { id } of gone) await removeSnapshot(home, id, host);
    await tidyFolders(home, host);
    return gone;
  });
}
