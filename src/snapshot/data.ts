import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { copyFolder } from './copy.js';
import { placesOf } from './places.js';
import { dataFolders, MIGRATION_FOLDERS, type SnapshotRecord } from './record.js';
import { readSnapshot, writeSnapshot } from './store.js';

/**
 * Copies the data of a stopped server beside them, to the disk. Anew, should an earlier try have left something.
 * @param record of the snapshot; written again when its data are there
 */
export async function takeData(home: string, record: SnapshotRecord, host: Host): Promise<void> {
  const { dataRoot, data } = placesOf(home, record.id);
  // Until the new copy is whole the record must not speak of the earlier one.
  await writeSnapshot(home, { ...record, scope: 'none', bytes: 0 }, host);
  await ownFolder(dataRoot, host);
  await host.files.remove(data);
  await host.files.makeDir(data, 0o700);
  for (const folder of dataFolders(record.scope)) {
    await copyFolder(join(home, 'var', folder), join(data, folder), host);
  }
  await host.files.syncTree(data);
  await host.files.syncDir(dataRoot);
  const migrationFolders = await migrationFoldersIn(home, host);
  await writeSnapshot(home, { ...record, migrationFolders, takenAt: host.clock.now().toISOString() }, host);
}

/** Takes away what is no copy of anything yet, and holds room that may be needed. */
export async function dropHalfCopy(home: string, id: string, host: Host): Promise<void> {
  const { data } = placesOf(home, id);
  const record = await readSnapshot(home, id, host);
  if (record?.scope === 'none') await host.files.remove(data);
  else if (record !== undefined) await host.files.remove(join(data, INCOMING));
}

/** What is being copied out of another snapshot, in the folder of the one that keeps what it replaces. */
const INCOMING = 'incoming';

/** The folders of a migration that lie in `var` now. */
export async function migrationFoldersIn(home: string, host: Host): Promise<string[]> {
  const there = new Set(await host.files.list(join(home, 'var')));
  return MIGRATION_FOLDERS.filter((name) => there.has(name));
}

/**
 * The data of an unfinished run's snapshot back in their place, by renaming: that costs neither time nor space,
 * of which there may be none left. The server must be down. Content when they are in their place already.
 * What is there now is moved into the snapshot's folder and goes with it.
 */
export async function giveBackData(home: string, record: SnapshotRecord, host: Host): Promise<void> {
  const { data } = placesOf(home, record.id);
  for (const folder of dataFolders(record.scope)) {
    const kept = join(data, folder);
    if ((await host.files.lstat(kept)) !== undefined) await putBack(home, record.id, folder, kept, host);
  }
  for (const name of MIGRATION_FOLDERS) {
    const kept = join(data, name);
    if ((await host.files.lstat(kept)) !== undefined) {
      await host.files.remove(join(home, 'var', name));
      await host.files.rename(kept, join(home, 'var', name));
    }
    if (!record.migrationFolders.includes(name)) await host.files.remove(join(home, 'var', name));
  }
}

/**
 * One folder of `var` back from where it was kept. What has its place is moved into the folder of snapshot `id`, and
 * goes with it. Content when that was done by an earlier try.
 */
export async function putBack(
  home: string,
  id: string,
  folder: string,
  kept: string,
  host: Host,
): Promise<void> {
  const { dataRoot, data } = placesOf(home, id);
  await host.files.makeDir(dataRoot, 0o700);
  await host.files.makeDir(data, 0o700);
  await moveAway(join(home, 'var', folder), join(data, `failed-${folder}`), host);
  await host.files.rename(kept, join(home, 'var', folder));
}

/**
 * The data of snapshot `from` in the place of the present ones, which become those of snapshot `into`. The server
 * must be down. Copied first, so that the snapshot can be gone back to again.
 */
export async function bringData(
  home: string,
  from: SnapshotRecord,
  into: SnapshotRecord,
  host: Host,
): Promise<void> {
  const source = placesOf(home, from.id).data;
  const { dataRoot, data } = placesOf(home, into.id);
  const fresh = join(data, INCOMING);
  await ownFolder(dataRoot, host);
  await host.files.makeDir(data, 0o700);
  await host.files.remove(fresh);
  await host.files.makeDir(fresh, 0o700);
  for (const folder of dataFolders(from.scope))
    await copyFolder(join(source, folder), join(fresh, folder), host);
  await host.files.syncTree(fresh);
  const there = await migrationFoldersIn(home, host);
  const keptAlready = new Set(await host.files.list(data));
  const migrationFolders = MIGRATION_FOLDERS.filter((name) => there.includes(name) || keptAlready.has(name));
  await writeSnapshot(home, { ...into, migrationFolders, takenAt: host.clock.now().toISOString() }, host);
  // They belong to the data that go: beside older ones they would look like a migration that was cut off.
  for (const name of there) {
    if (!from.migrationFolders.includes(name))
      await moveAway(join(home, 'var', name), join(data, name), host);
  }
  for (const folder of dataFolders(from.scope)) {
    const present = join(home, 'var', folder);
    // Kept already: what lies there now is the copy that an earlier try had brought.
    if ((await host.files.lstat(join(data, folder))) !== undefined) await host.files.remove(present);
    else await moveAway(present, join(data, folder), host);
    await host.files.rename(join(fresh, folder), present);
  }
  await host.files.remove(fresh);
}

/**
 * The server's user may be able to write to `var`: what it had put there under our name must not lead root
 * elsewhere, nor show others what is in the database.
 * @throws Refusal E_IO
 */
async function ownFolder(path: string, host: Host): Promise<void> {
  await host.files.makeDir(path, 0o700);
  const stat = await host.files.lstat(path);
  if (stat?.kind === 'directory' && stat.uid === host.user.uid && (stat.mode & 0o077) === 0) return;
  throw new Refusal('E_IO', `${path} is not a private folder of ours`, {
    hint: `look who made it: ls -ld ${path}; then move it away`,
  });
}

async function moveAway(from: string, to: string, host: Host): Promise<void> {
  if ((await host.files.lstat(from)) === undefined) return;
  await host.files.remove(to);
  await host.files.rename(from, to);
}
