import { join } from 'node:path';
import { readDocument } from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { newestFirst } from '../../app-index/choose.js';
import { readStore } from '../../app-index/store.js';
import { takeIn, type ReadPackage, type Taken } from '../../app-index/take-in.js';
import { SPK_MAGIC } from '../../apps/unpack.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { refuseMirror } from './mirror-refusals.js';

export interface AddWish {
  readonly dir: string;
  /** Packages, and folders of them. */
  readonly files: readonly string[];
  readonly dryRun: boolean;
}

export interface Added {
  readonly taken: readonly Taken[];
  /** What no server would update to: another package of the app has the same version number. */
  readonly twins: readonly { readonly packageId: string; readonly of: string }[];
}

/**
 * Takes packages into the index; each is proven to its last byte. Those that are in already stay as they are.
 * @throws Refusal E_INDEX_PLACE, E_INDEX_MISSING, E_INDEX_DOCUMENT, E_BUSY, E_IO, E_CANCELLED. A bad package is data.
 */
export async function addPackages(
  { dir, files, dryRun }: AddWish,
  read: ReadPackage,
  onTaken: (taken: Taken) => void,
  host: Host,
): Promise<Added> {
  await refuseMirror(dir, host);
  await readDocument(dir, host);
  const incoming = (await Promise.all(files.map((file) => packagesAt(file, host)))).flat();
  const taken: Taken[] = [];
  const work = (): Promise<void> =>
    takeIn(
      dir,
      incoming.map((file) => ({ file })),
      {
        read,
        dryRun,
        onTaken: (one) => {
          taken.push(one);
          onTaken(one);
        },
      },
      host,
    );
  try {
    await (dryRun ? work() : withIndexLock(dir, 'index add', host, work));
  } catch (error) {
    if (error instanceof Refusal && !dryRun && isChanged(taken)) throw error.afterChanges();
    throw error;
  }
  return { taken, twins: dryRun ? [] : await twinsOf(dir, taken, host) };
}

export function isChanged(taken: readonly Taken[]): boolean {
  return taken.some(({ state }) => state === 'added' || state === 'mended');
}

/** A file is taken at its word; of a folder, what begins as an SPK does: downloads from a market have no extension. */
export async function packagesAt(path: string, host: Host): Promise<string[]> {
  const stat = await host.files.stat(path);
  if (stat?.kind !== 'directory') return [path];
  const found: string[] = [];
  for (const name of await host.files.list(path)) {
    const file = join(path, name);
    if ((await host.files.stat(file))?.kind !== 'file') continue;
    const start = await host.files.readStart(file, SPK_MAGIC.length);
    // One that is called so and is not one must be told of, not passed over.
    if (name.endsWith('.spk') || start.equals(SPK_MAGIC)) found.push(file);
  }
  if (found.length > 0) return found;
  throw new Refusal('E_INDEX_UNKNOWN', `there are no app packages in ${path}`, {
    hint: 'give the files, or the folder that holds them',
  });
}

async function twinsOf(dir: string, taken: readonly Taken[], host: Host): Promise<Added['twins']> {
  const added = taken.flatMap((one) => (one.state === 'added' ? [one.record] : []));
  if (added.length === 0) return [];
  const all = (await readStore(dir, host)).records.map(({ record }) => record).sort(newestFirst);
  return added.flatMap(({ entry }) => {
    const twin = all.find(
      (other) =>
        other.entry.appId === entry.appId &&
        other.entry.versionNumber === entry.versionNumber &&
        other.entry.packageId !== entry.packageId,
    );
    return twin === undefined ? [] : [{ packageId: entry.packageId, of: twin.entry.packageId }];
  });
}
