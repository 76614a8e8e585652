import { join } from 'node:path';
import { editConf, readConf } from '../config/conf-file.js';
import { confBytes } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import { linkFolder, syncFilesystem } from '../snapshot/copy.js';
import { bringData, migrationFoldersIn, takeData } from '../snapshot/data.js';
import { mongoFacts, repairHalfMigration } from '../snapshot/mongo.js';
import { placesOf } from '../snapshot/places.js';
import type { SnapshotRecord } from '../snapshot/record.js';
import {
  pruneSnapshots,
  readSnapshot,
  removeSnapshot,
  tidyFolders,
  writeSnapshot,
} from '../snapshot/store.js';
import type { ServerPlan, Step } from '../update/step.js';
import { bytes, duration } from '../words.js';
import { changeInterrupted, notWell, snapshotGone, updateCommandFailed } from './change-refusals.js';
import { requireAtRest } from './at-rest.js';
import { backupTo, settingsAsEdits } from './conf-edits.js';
import { logged } from './journal-trouble.js';
import { proveWithProgress } from './prove.js';
import type { Change } from './server-change.js';
import { unpackBeside } from './unpack-beside.js';

const COMMAND_TIMEOUT_MS = 10 * 60_000;
/** `migrate-mongo` dumps and restores everything; a large database on a slow disk takes hours. */
const MIGRATION_TIMEOUT_MS = 24 * 3_600_000;

/** Makes one step. Whatever an earlier try of the same step left is no hindrance. */
export async function takeStep(step: Step, change: Change): Promise<void> {
  const { plan, manager, host, ui } = change;
  switch (step.do) {
    case 'unpack':
      return unpackBeside(step, change);
    case 'bring-build':
      return ui.step('Brought', async (progress) => {
        await bringBuild(step.snapshot, change);
        progress.detail(`${plan.to} of the snapshot, beside the running server`);
      });
    case 'keep':
      return ui.step('Kept', async (progress) => {
        await keep(step.build, change);
        progress.detail(step.build ? `${plan.from} and sandstorm.conf` : 'sandstorm.conf');
      });
    case 'set-channel':
      return ui.step('Updates off', async (progress) => {
        await editConf(
          plan.home,
          settingsAsEdits({ UPDATE_CHANNEL: 'none' }),
          host,
          backupTo(plan.home, host),
        );
        progress.detail('UPDATE_CHANNEL=none');
      });
    case 'stop':
      return ui.step('Stopped', async (progress) => {
        change.seen.stoppedAt ??= host.clock.monotonic();
        await manager.stop();
        progress.detail(`${plan.from}, through ${manager.describe()}`);
      });
    case 'place':
      return place(change);
    case 'repair-mongo':
      return ui.step('Repaired', async (progress) => {
        await requireAtRest(change);
        const unfinished = await repairHalfMigration(plan.home, change.run.id, host);
        progress.detail(`the half migration is undone; what it had made is ${unfinished}`);
      });
    case 'snapshot':
      return ui.step('Snapshot', async (progress) => {
        progress.detail(`copying ${bytes(step.bytes)}`);
        const began = host.clock.monotonic();
        await requireAtRest(change);
        await takeData(
          plan.home,
          { ...(await ownRecord(change)), scope: step.scope, bytes: step.bytes },
          host,
        );
        await requireAtRest(change);
        progress.detail(`${bytes(step.bytes)} of data in ${duration(host.clock.monotonic() - began)}`);
      });
    case 'bring-data':
      return ui.step('Data back', async (progress) => {
        progress.detail(`copying ${bytes(step.bytes)}`);
        const from = await readSnapshot(plan.home, step.snapshot, host);
        if (from === undefined) throw snapshotGone(step.snapshot);
        const own = await ownRecord(change);
        await requireAtRest(change);
        await bringData(plan.home, from, { ...own, scope: from.scope, bytes: step.bytes }, host);
        progress.detail(`${bytes(step.bytes)}; the present ones are kept`);
      });
    case 'sandstorm-update':
      return ui.step('Updated', async (progress) => {
        progress.detail('sandstorm update moves the link');
        await relinkByCommand(change);
        progress.detail(`latest is ${plan.to}`);
      });
    case 'relink':
      return host.files.replaceLink(join(plan.home, 'latest'), plan.to);
    case 'migrate-mongo':
      return ui.step('Migrated', async (progress) => {
        progress.detail(`${bytes(step.bytes)} to MongoDB 7`);
        await migrate(change);
        progress.detail('the database is one of MongoDB 7');
      });
    case 'start':
      return ui.step('Started', async (progress) => {
        await manager.start();
        progress.detail(`through ${manager.describe()}`);
      });
    case 'prove-healthy': {
      const startedAt = host.clock.monotonic();
      const proof = await proveWithProgress(
        { ...change.target, release: plan.to },
        change.patience,
        host,
        ui,
      );
      if (!proof.healthy && host.interrupted.aborted) throw changeInterrupted();
      if (!proof.healthy) throw await notWell(plan, plan.to, proof.reading, host);
      change.seen.answeredAt = startedAt + (proof.answeredAfterMs ?? 0);
      return;
    }
    case 'commit':
      await keepForGood(change);
      // The server is well by now: what cannot be removed now is no reason to call it a failure.
      return tidyUp(step.keep, change).catch(logged(host));
  }
}

/** The build in use by hard links, and sandstorm.conf: on the disk before anything is touched. */
async function keep(build: boolean, change: Change): Promise<void> {
  const { plan, host, run } = change;
  const places = placesOf(plan.home, run.id);
  await host.files.remove(places.snapshot);
  await host.files.makeDir(places.snapshot, 0o700);
  const { text } = await readConf(plan.home, host);
  await host.files.writeAtomic(places.conf, confBytes(text), 0o600);
  if (build) {
    await linkFolder(join(plan.home, plan.from), places.build, host);
    // The way back needs it, perhaps on a disk that has no room for a folder by then.
    await host.files.makeDir(places.aside, 0o700);
    await syncFilesystem(places.snapshot, host);
  }
  const record: SnapshotRecord = {
    version: 1,
    id: run.id,
    takenAt: host.clock.now().toISOString(),
    release: plan.from,
    scope: 'none',
    bytes: 0,
    reason: reasonOf(plan),
    complete: false,
    migrationFolders: await migrationFoldersIn(plan.home, host),
  };
  await writeSnapshot(plan.home, record, host);
}

function reasonOf(plan: ServerPlan): string {
  return plan.operation === 'snapshot' ? 'made by hand' : `${plan.operation} to ${plan.to}`;
}

/** @throws Refusal E_IO when `keep` of this run left none */
async function ownRecord({ plan, run, host }: Change): Promise<SnapshotRecord> {
  const record = await readSnapshot(plan.home, run.id, host);
  if (record === undefined) throw snapshotGone(run.id);
  return record;
}

async function bringBuild(snapshot: string, { plan, run, host }: Change): Promise<void> {
  const { incoming } = placesOf(plan.home, run.id);
  await host.files.remove(incoming);
  await host.files.makeDir(incoming, 0o700);
  await linkFolder(placesOf(plan.home, snapshot).build, join(incoming, plan.to), host);
  await syncFilesystem(incoming, host);
}

/** Renaming costs the pause nothing. What had the name before is kept until the end. */
async function place({ plan, run, host }: Change): Promise<void> {
  const { incoming, aside } = placesOf(plan.home, run.id);
  const wanted = join(plan.home, plan.to);
  const fresh = join(incoming, plan.to);
  if ((await host.files.lstat(fresh)) === undefined) return;
  if ((await host.files.lstat(wanted)) !== undefined) {
    await host.files.makeDir(aside, 0o700);
    await host.files.remove(join(aside, plan.to));
    await host.files.rename(wanted, join(aside, plan.to));
  }
  await host.files.rename(fresh, wanted);
}

/**
 * `sandstorm update` on a tarball of nothing but the folder's name: it finds that folder in its place and only
 * moves `latest`, so that the pause is over in a moment. A running server is signalled by it (--strategy live).
 */
async function relinkByCommand(change: Change): Promise<void> {
  const { plan, run, host } = change;
  const { incoming } = placesOf(plan.home, run.id);
  const program = await host.files.stat(join(plan.home, plan.to, 'sandstorm'));
  // It would take the empty folder for the release.
  if (program?.kind !== 'file')
    throw updateCommandFailed(undefined, `${plan.to} is not in ${plan.home}`, plan);
  const tarball = join(incoming, `${plan.to}.tar.xz`);
  await host.files.makeDir(join(incoming, 'empty', plan.to), 0o755);
  const packed = await host.commands.run('tar', ['-C', join(incoming, 'empty'), '-cJf', tarball, plan.to], {
    tied: true,
  });
  if (packed.exitCode !== 0)
    throw new Refusal('E_IO', `tar could not make ${tarball}: ${packed.stderr.trim()}`);

  // The one that runs, or ran: it finds HOME from its own place.
  const command = join(plan.home, plan.from, 'sandstorm');
  const ran = await host.commands.run(command, ['update', tarball], { timeoutMs: COMMAND_TIMEOUT_MS });
  host.log(`sandstorm update: exit ${String(ran.exitCode)} ${ran.stdout} ${ran.stderr}`);
  await host.files.syncDir(plan.home);
  const latest = await host.files.readLink(join(plan.home, 'latest'));
  if (latest !== plan.to) throw updateCommandFailed(ran, `latest is ${latest ?? 'gone'}`, plan);
}

async function migrate({ plan, host, run }: Change): Promise<void> {
  // Cut off in the middle by an earlier try.
  const { halfMigrated, isSeven } = await mongoFacts(plan.home, host);
  if (halfMigrated) await repairHalfMigration(plan.home, run.id, host);
  else if (isSeven) return;
  const command = join(plan.home, plan.to, 'sandstorm');
  const ran = await host.commands.run(command, ['migrate-mongo'], { timeoutMs: MIGRATION_TIMEOUT_MS });
  host.log(`sandstorm migrate-mongo: exit ${String(ran.exitCode)} ${ran.stdout} ${ran.stderr}`);
  await syncFilesystem(join(plan.home, 'var'), host);
  if (ran.exitCode === 0 && (await mongoFacts(plan.home, host)).isSeven) return;
  const said = [ran.stderr, ran.stdout].join(' ').replaceAll(/\s+/g, ' ').trim().slice(-500);
  throw new Refusal(
    'E_UPDATE_FAILED',
    `sandstorm migrate-mongo failed: exit ${String(ran.exitCode)}: ${said}`,
    {
      hint: `see ${join(plan.home, 'var/log/mongo-migration.log')}`,
    },
  );
}

/** What was kept becomes a snapshot to go back to. Without one there is no snapshot, but still a good update. */
async function keepForGood(change: Change): Promise<void> {
  const { plan, run, host, ui } = change;
  const { build, incoming, aside } = placesOf(plan.home, run.id);
  try {
    // First: on a full disk this makes the room that the record of the snapshot needs.
    await host.files.remove(incoming);
    await host.files.remove(aside);
    // One of the configuration alone (nothing was unpacked) is none to go back to.
    if ((await host.files.lstat(build)) === undefined) return;
    await writeSnapshot(plan.home, { ...(await ownRecord(change)), complete: true }, host);
    change.seen.kept = true;
  } catch (error) {
    if (plan.operation === 'snapshot') throw error;
    logged(host)(error);
    ui.say(
      `  There is no way back to ${plan.from}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function tidyUp(keepCount: number | null, change: Change): Promise<void> {
  const { plan, run, host, seen } = change;
  if ((await host.files.lstat(placesOf(plan.home, run.id).build)) === undefined)
    await removeSnapshot(plan.home, run.id, host);
  // A higher build removes it as it starts, a lower one would leave it beside its kept self for ever.
  else if (seen.kept === true && plan.from !== plan.to) await host.files.remove(join(plan.home, plan.from));
  if (keepCount !== null) await pruneSnapshots(plan.home, keepCount, host);
  await tidyFolders(plan.home, host);
}
