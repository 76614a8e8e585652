import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { readConf } from '../config/conf-file.js';
import { beginRun } from '../journal/journal.js';
import { withLock } from '../journal/lock.js';
import type { InstalledServer } from '../server/home-state.js';
import { runningServer } from '../server/running.js';
import { dataFolders, type SnapshotRecord } from '../snapshot/record.js';
import { completeSnapshots } from '../snapshot/store.js';
import { filesystemShortOf } from '../snapshot/space.js';
import { placesOf } from '../snapshot/places.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { planRollback, type RollbackPlan } from '../update/rollback-plan.js';
import { duration, moment } from '../words.js';
import { describeRollback } from './describe-change.js';
import { requireNothingPending } from './pending.js';
import type { Patience } from './prove.js';
import { carryOutChange } from './server-change.js';
import { requireServer, targetFor } from './server-facts.js';
import { requireUnchanged } from './unchanged.js';
import { cancelled, untilAgreed } from './until-agreed.js';
import { dataToKeep } from './update-facts.js';

export interface RollbackRequest {
  readonly home: string;
  /** The newest snapshot of that build, or the one of that id; undefined: the newest of another build. */
  readonly to: { readonly build: number } | { readonly snapshot: string } | undefined;
  readonly waive: readonly string[];
  readonly patience: Patience;
  readonly dryRun: boolean;
  readonly keepTranscript: (file: string) => void;
}

export interface RollbackResult {
  readonly home: string;
  readonly from: string;
  readonly to: string;
  readonly changed: boolean;
  readonly healthy: boolean;
  readonly pauseMs: number | null;
  readonly run: string | null;
  readonly plan: RollbackPlan;
}

/**
 * Goes back to a build that was kept, with its data. What is replaced becomes a snapshot itself, so that this can
 * be undone in the same way.
 */
export async function rollback(request: RollbackRequest, host: Host, ui: Ui): Promise<RollbackResult> {
  const { home } = request;
  const state = await requireServer(home, host);
  await requireNothingPending(home, host);
  const { document: conf } = await readConf(home, host);
  const target = targetFor(home, conf, request.waive);
  const snapshot = await chosen(request, state, host);
  const makePlan = async (): Promise<RollbackPlan> => {
    // Only for where they lie: what is copied is the snapshot's.
    await dataToKeep(home, snapshot.scope, host);
    return planRollback({
      home,
      from: state.folder,
      to: snapshot.release,
      snapshot: snapshot.id,
      takenAt: snapshot.takenAt,
      dataBytes: snapshot.scope === 'none' ? undefined : snapshot.bytes,
      running: (await runningServer(home, host)) !== undefined,
      targetExists: (await host.files.lstat(join(home, snapshot.release))) !== undefined,
      waive: request.waive,
      stableSeconds: request.patience.stableMs / 1000,
    });
  };
  const plan = await untilAgreed(host, async () => {
    const agreed = await makePlan();
    for (const line of describeRollback(agreed)) ui.say(line);
    await requireSpace(home, snapshot, host);
    if (!request.dryRun && !(await ui.confirm('Go back?'))) throw cancelled();
    return agreed;
  });
  const result = { home, from: plan.from, to: plan.to, plan };
  if (request.dryRun) return { ...result, changed: false, healthy: false, pauseMs: null, run: null };

  return withLock(home, 'rollback', host, async () => {
    await requireUnchanged({ home, state: { kind: 'server', ...state }, plan }, makePlan, host);
    const run = await beginRun('rollback', home, plan, host);
    request.keepTranscript(join(run.dir, 'transcript.log'));
    const { patience } = request;
    const { kept, ...done } = await carryOutChange(
      { plan, run, target, patience, release: undefined, host, ui },
      plan.steps,
    );
    const pause = done.pauseMs === null ? '' : ` Pause ${duration(done.pauseMs)}.`;
    const again = kept ? ` \`sandstorm-airgap rollback\` leads to ${plan.from} again.` : '';
    ui.say(`\n  Done.${pause}${again}`);
    return { ...result, ...done };
  });
}

/** @throws Refusal E_NO_SNAPSHOT */
async function chosen(
  { home, to }: RollbackRequest,
  state: InstalledServer,
  host: Host,
): Promise<SnapshotRecord> {
  const all = await completeSnapshots(home, host);
  const found = all.find((one) => {
    if (to === undefined) return one.release !== state.folder;
    return 'snapshot' in to ? one.id === to.snapshot : one.release === `sandstorm-${String(to.build)}`;
  });
  if (found === undefined) throw noSnapshot(home, to, all);
  const { build, data } = placesOf(home, found.id);
  const missing = [build, ...dataFolders(found.scope).map((folder) => join(data, folder))];
  for (const path of missing) {
    if ((await host.files.lstat(path)) === undefined) {
      throw new Refusal('E_NO_SNAPSHOT', `the snapshot ${found.id} is not whole: ${path} is gone`, {
        hint: 'sandstorm-airgap snapshot list shows the others',
      });
    }
  }
  return found;
}

async function requireSpace(home: string, { scope, bytes }: SnapshotRecord, host: Host): Promise<void> {
  if (scope === 'none') return;
  const short = await filesystemShortOf(join(home, 'var'), bytes, host);
  if (short !== undefined) throw short;
}

function noSnapshot(home: string, to: RollbackRequest['to'], all: readonly SnapshotRecord[]): Refusal {
  const what =
    to === undefined
      ? 'of another build than the one that is installed'
      : 'snapshot' in to
        ? `named ${to.snapshot}`
        : `of build ${String(to.build)}`;
  const there = all.map(({ release, takenAt }) => `${release} of ${moment(takenAt)}`);
  return new Refusal('E_NO_SNAPSHOT', `there is no snapshot ${what} in ${home}`, {
    hint:
      there.length === 0
        ? 'every update makes one; from before the first there is only your own backup'
        : `there are: ${there.join(', ')}; sandstorm-airgap snapshot list`,
  });
}
