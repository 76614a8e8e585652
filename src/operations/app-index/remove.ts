import { join } from 'node:path';
import { decided, readDocument, writeDocument, type IndexDocument } from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { indexLayout, PACKAGE_ID } from '../../app-index/layout.js';
import type { PackageRecord } from '../../app-index/record.js';
import { readStore, storedIds, storedPackage } from '../../app-index/store.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { randomHex } from '../../system/random.js';
import { refuseMirror } from './mirror-refusals.js';

export interface RemoveWish {
  readonly dir: string;
  /** A package id, or an app id: all its packages, and what was decided about it. */
  readonly id: string;
  readonly dryRun: boolean;
}

export interface Removed {
  /** Package ids that were taken away, or would be. */
  readonly packages: readonly string[];
  readonly changed: boolean;
}

/**
 * Takes packages out of the store; what is published stays so until the next build.
 * @throws Refusal E_INDEX_PLACE, E_INDEX_MISSING, E_INDEX_DOCUMENT, E_INDEX_PINNED, E_BUSY, E_IO
 */
export async function removePackages(wish: RemoveWish, host: Host): Promise<Removed> {
  await refuseMirror(wish.dir, host);
  await readDocument(wish.dir, host);
  return wish.dryRun
    ? remove(wish, host)
    : withIndexLock(wish.dir, 'index remove', host, () => remove(wish, host));
}

async function remove({ dir, id, dryRun }: RemoveWish, host: Host): Promise<Removed> {
  const document = await readDocument(dir, host);
  const { packages, forgets } = await meant(dir, id, document, host);
  const changed = packages.length > 0 || forgets !== undefined;
  if (dryRun) return { packages, changed };
  for (const packageId of packages) {
    // Half removed under its name it would be a damaged package.
    const dying = join(indexLayout(dir).incoming, randomHex(8));
    await host.files.makeDir(indexLayout(dir).incoming);
    await host.files.rename(storedPackage(dir, packageId).folder, dying);
    await host.files.remove(dying);
  }
  // Last: cut off before, a pin still holds back what is left of the app.
  if (forgets !== undefined) await writeDocument(dir, forgets, host);
  return { packages, changed };
}

interface Meant {
  readonly packages: readonly string[];
  /** The document afterwards, if it is another one. */
  readonly forgets: IndexDocument | undefined;
}

async function meant(dir: string, id: string, document: IndexDocument, host: Host): Promise<Meant> {
  if (PACKAGE_ID.test(id)) {
    const pinned = Object.entries(document.apps).find(([, { pin }]) => pin === id);
    const packages = (await storedIds(dir, host)).filter((one) => one === id);
    if (pinned !== undefined && packages.length > 0) throw isPinned(dir, id, pinned[0]);
    return { packages, forgets: undefined };
  }
  const records = (await readStore(dir, host)).records.map(
    ({ record }): PackageRecord['entry'] => record.entry,
  );
  const packages = records.filter(({ appId }) => appId === id).map(({ packageId }) => packageId);
  const nothing = { pin: undefined, hidden: undefined, description: undefined };
  return { packages, forgets: id in document.apps ? decided(document, id, nothing) : undefined };
}

function isPinned(dir: string, packageId: string, appId: string): Refusal {
  return new Refusal('E_INDEX_PINNED', `${packageId} is the package that is pinned for its app, ${appId}`, {
    hint: `sandstorm-airgap index pin ${dir} ${appId} --off    (or pin another one)`,
  });
}
