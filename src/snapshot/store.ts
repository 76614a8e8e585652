import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { emptyFolders, OWN_FOLDER, placesOf } from './places.js';
import { parseSnapshot, type SnapshotRecord } from './record.js';

const LARGEST_RECORD = 64 * 1024;

/** Snapshots that can be gone back to, newest first. */
export async function completeSnapshots(home: string, host: Host): Promise<SnapshotRecord[]> {
  const all = await allSnapshots(home, host);
  return all.filter(({ complete }) => complete).sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** Also those of a run that is not done. */
async function allSnapshots(home: string, host: Host): Promise<SnapshotRecord[]> {
  const found: SnapshotRecord[] = [];
  for (const id of await host.files.list(join(home, OWN_FOLDER, 'snapshots'))) {
    const record = await readSnapshot(home, id, host);
    if (record !== undefined) found.push(record);
  }
  return found;
}

/** undefined when there is none of that id, or not one of ours. */
export async function readSnapshot(
  home: string,
  id: string,
  host: Host,
): Promise<SnapshotRecord | undefined> {
  const text = await host.files.readText(placesOf(home, id).record, LARGEST_RECORD).catch(() => undefined);
  const record = text === undefined ? undefined : parseSnapshot(text);
  return record?.id === id ? record : undefined;
}

export async function writeSnapshot(home: string, record: SnapshotRecord, host: Host): Promise<void> {
  await host.files.writeAtomic(placesOf(home, record.id).record, `${JSON.stringify(record)}\n`, 0o600);
}

/** The record goes first: what is half removed can no longer be gone back to. Content when it is not there. */
export async function removeSnapshot(home: string, id: string, host: Host): Promise<void> {
  const { record, snapshot, data } = placesOf(home, id);
  await host.files.remove(record);
  await host.files.remove(data);
  await host.files.remove(snapshot);
}

/** Removes all but the newest `keep`. @returns the ids of those that are gone */
export async function pruneSnapshots(home: string, keep: number, host: Host): Promise<string[]> {
  const gone = (await completeSnapshots(home, host)).slice(keep).map(({ id }) => id);
  for (const id of gone) await removeSnapshot(home, id, host);
  return gone;
}

/** Our own folders in HOME, when nothing is in them any more. */
export async function tidyFolders(home: string, host: Host): Promise<void> {
  for (const folder of emptyFolders(home)) await host.files.removeEmptyDir(folder);
}
