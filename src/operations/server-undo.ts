import { join } from 'node:path';
import { confBytes, confText, getValue } from '../config/sandstorm-conf.js';
import { confPath, editConf, planConfEdit, readConf, type ConfEdit } from '../config/conf-file.js';
import { Refusal } from '../errors.js';
import { linkFolder, syncFilesystem } from '../snapshot/copy.js';
import { giveBackData, putBack } from '../snapshot/data.js';
import { mongoFacts } from '../snapshot/mongo.js';
import { placesOf } from '../snapshot/places.js';
import { readSnapshot, removeSnapshot, tidyFolders } from '../snapshot/store.js';
import type { UndoStep } from '../update/step.js';
import { notWell, snapshotGone } from './change-refusals.js';
import { backupTo, settingsAsEdits } from './conf-edits.js';
import { proveWithProgress } from './prove.js';
import { logged } from './journal-trouble.js';
import type { Change } from './server-change.js';

/** Makes one step of the way back. Each can be made again, also when it was cut off in the middle. */
export async function takeUndoStep(step: UndoStep, change: Change): Promise<void> {
  const { plan, run, manager, host, ui } = change;
  const places = placesOf(plan.home, run.id);
  switch (step) {
    case 'stop':
      return manager.stop();
    case 'restore-data':
      return ui.step('Data back', async (progress) => {
        await restoreData(change);
        progress.detail('as they were before');
      });
    case 'relink-old':
      return ui.step('Old build back', async (progress) => {
        await relinkOld(change);
        progress.detail(`latest is ${plan.from}`);
      });
    case 'remove-placed':
      return removePlaced(change);
    case 'remove-unpacked':
      await host.files.remove(places.incoming);
      return tidyFolders(plan.home, host);
    case 'restore-conf':
      return restoreConf(change);
    case 'start':
      return ui.step('Started', async (progress) => {
        await manager.start();
        progress.detail(`${plan.from}, through ${manager.describe()}`);
      });
    case 'prove-old': {
      const proof = await proveWithProgress(
        { ...change.target, release: plan.from },
        change.patience,
        host,
        ui,
      );
      if (!proof.healthy) throw await notWell(plan, plan.from, proof.reading, host);
      return;
    }
    case 'drop-snapshot':
      await removeSnapshot(plan.home, run.id, host);
      await host.files.remove(places.aside);
      return tidyFolders(plan.home, host);
  }
}

async function restoreData({ plan, run, host }: Change): Promise<void> {
  const record = await readSnapshot(plan.home, run.id, host);
  // Torn, or not to be read: without it nobody knows what is the old data, and dropping them would be the end of them.
  if (record === undefined) throw snapshotGone(run.id);
  if (record.scope !== 'none') return giveBackData(plan.home, record, host);
  // Without a snapshot: the old data as `migrate-mongo` put them away, if this run had it do so.
  const backup = join(plan.home, 'var/mongo-2.6-backup');
  const ours = !record.migrationFolders.includes('mongo-2.6-backup');
  if (ours && (await host.files.lstat(backup)) !== undefined) {
    const { isSeven, halfMigrated } = await mongoFacts(plan.home, host);
    if (isSeven || halfMigrated) await putBack(plan.home, run.id, 'mongo', backup, host);
  }
  // The dump goes as well, once what it was made of is back.
  const dumpIsOurs = ours && !record.migrationFolders.includes('mongo-backup');
  if (dumpIsOurs && (await host.files.lstat(backup)) === undefined)
    await host.files.remove(join(plan.home, 'var/mongo-backup'));
}

/**
 * The kept build takes the place of whatever is there: the new one deletes lower builds as it starts, and may have
 * been cut off in the middle of that. No look at each of forty thousand files, while people wait.
 * It stays kept: as long as the link names the new build, the machine may come up with that one, which deletes the
 * old one again.
 */
async function relinkOld(change: Change): Promise<void> {
  const { plan, run, host } = change;
  const { build, aside } = placesOf(plan.home, run.id);
  const folder = join(plan.home, plan.from);
  const relink = () => host.files.replaceLink(join(plan.home, 'latest'), plan.from);
  if ((await host.files.lstat(build)) !== undefined) {
    const copy = await linkedOnceMore(change);
    if ((await host.files.lstat(folder)) !== undefined) {
      await host.files.makeDir(aside, 0o700);
      const away = join(aside, `replaced-${plan.from}`);
      await host.files.remove(away);
      await host.files.rename(folder, away);
    }
    // No room for another copy: then the link goes first, and for a moment leads nowhere.
    if (copy === undefined) await relink();
    await host.files.rename(copy ?? build, folder);
  }
  if ((await host.files.stat(join(folder, 'sandstorm')))?.kind !== 'file')
    throw new Refusal('E_UPDATE_FAILED', `${folder} is not there, or not whole`);
  await relink();
}

/** By hard links, on the disk; undefined where that cannot be done, on a disk that is full. */
async function linkedOnceMore({ plan, run, host }: Change): Promise<string | undefined> {
  const { build, incoming } = placesOf(plan.home, run.id);
  const copy = join(incoming, 'back');
  try {
    await host.files.makeDir(incoming, 0o700);
    await host.files.remove(copy);
    await linkFolder(build, copy, host);
    await syncFilesystem(incoming, host);
    return copy;
  } catch (error) {
    logged(host)(error);
    return undefined;
  }
}

/** What was there before under the new build's name goes back to it. */
async function removePlaced({ plan, run, host }: Change): Promise<void> {
  const { incoming, aside } = placesOf(plan.home, run.id);
  const placed = join(plan.home, plan.to);
  const before = join(aside, plan.to);
  const beforeIsAside = (await host.files.lstat(before)) !== undefined;
  // Still where it was unpacked: what has the name is not ours.
  const notYet = (await host.files.lstat(join(incoming, plan.to))) !== undefined;
  const already = (await host.files.lstat(join(incoming, 'failed'))) !== undefined;
  if (!already && (beforeIsAside || !notYet) && (await host.files.lstat(placed)) !== undefined) {
    // Out of the way now, removed once the server is back: forty thousand files take their time.
    await host.files.makeDir(incoming, 0o700);
    await host.files.rename(placed, join(incoming, 'failed'));
  }
  if (beforeIsAside) await host.files.rename(before, placed);
}

/** Byte for byte, unless somebody has changed the file since: their change is worth more than ours. */
async function restoreConf(change: Change): Promise<void> {
  const { plan, run, host } = change;
  const path = confPath(plan.home);
  const kept = await host.files.readBytes(placesOf(plan.home, run.id).conf);
  const now = await host.files.readBytes(path);
  if (now === undefined) return;
  // A run that only turned updates off keeps it no longer than it must.
  if (kept === undefined) return setChannelBack(change);
  const asWeWrote = planConfEdit(confText(kept), settingsAsEdits({ UPDATE_CHANNEL: 'none' }), {
    force: true,
  }).after;
  if (confText(now) === asWeWrote) await host.files.writeAtomic(path, confBytes(confText(kept)));
}

async function setChannelBack({ plan, host }: Change): Promise<void> {
  const from = plan.steps.flatMap((step) => (step.do === 'set-channel' ? [step.from] : []))[0];
  if (from === undefined) return;
  const key = 'UPDATE_CHANNEL';
  if (getValue((await readConf(plan.home, host)).document, key) !== 'none') return;
  const edit: ConfEdit = from === null ? { do: 'unset', key } : { do: 'set', key, value: from };
  await editConf(plan.home, [edit], host, { force: true, ...backupTo(plan.home, host) });
}
