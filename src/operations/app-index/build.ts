import { chooseApps, withoutPinned, type IndexedApp } from '../../app-index/choose.js';
import { readDocument, type IndexDocument } from '../../app-index/document.js';
import {
  listGenerations,
  numberInForce,
  pruneGenerations,
  publish,
  putIntoForce,
  type Generation,
} from '../../app-index/generations.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { isListed, siteFiles, type SiteParts } from '../../app-index/site.js';
import { stampOf } from '../../app-index/stamp.js';
import { readStore, storedPackage } from '../../app-index/store.js';
import { refuseMirror } from './mirror-refusals.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';

export interface BuildWish {
  readonly dir: string;
  /** Generations that stay, that in force among them. */
  readonly keep: number;
  /** Makes a new one even if nothing changed: files of the one in force were lost. */
  readonly anew: boolean;
  readonly dryRun: boolean;
}

export interface Built {
  /** made: a new generation; back: an earlier one of the same contents is in force again; same: nothing to do. */
  readonly how: 'made' | 'back' | 'same';
  /** undefined for one that a dry run would make. */
  readonly generation: Generation | undefined;
  readonly apps: number;
  readonly packages: number;
  /** Apps that are not listed because the package they are pinned to is not there. */
  readonly pinsMissing: readonly string[];
  /** Generations removed, or that would be. */
  readonly pruned: readonly number[];
}

/**
 * Publishes what is in the store, as the house decided. When nothing changed since the last time, nothing is done.
 * @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_INDEX_BROKEN, E_BUSY, E_CANCELLED, E_IO
 */
export async function buildIndex(wish: BuildWish, parts: SiteParts, host: Host): Promise<Built> {
  await refuseMirror(wish.dir, host);
  await readDocument(wish.dir, host);
  if (wish.dryRun) return build(wish, parts, host);
  return withIndexLock(wish.dir, 'index build', host, () => build(wish, parts, host));
}

async function build(wish: BuildWish, parts: SiteParts, host: Host): Promise<Built> {
  const { dir, keep, dryRun } = wish;
  const document = await readDocument(dir, host);
  const store = await readStore(dir, host);
  if (store.unreadable.length > 0) throw damaged(dir, store.unreadable);
  const apps = chooseApps(
    store.records.map(({ record }) => record),
    document,
  );
  const stamp = stampOf(document, store.records);
  const there = wish.anew ? undefined : await alreadyMade(dir, stamp, host);
  const inForce = await numberInForce(dir, host);
  const told = tell(apps, store.records.length);

  if (there !== undefined && there.number !== inForce && !dryRun) await putIntoForce(dir, there.number, host);
  const how = there === undefined ? 'made' : there.number === inForce ? 'same' : 'back';
  const generation =
    there ?? (dryRun ? undefined : await make(wish, document, apps, stamp, told, parts, host));
  return { how, generation, ...told, pruned: await pruneGenerations(dir, keep, host, { dryRun }) };
}

function make(
  { dir }: BuildWish,
  document: IndexDocument,
  apps: readonly IndexedApp[],
  stamp: string,
  { apps: count, packages }: Pick<Built, 'apps' | 'packages'>,
  parts: SiteParts,
  host: Host,
): Promise<Generation> {
  return publish(dir, { stamp, apps: count, packages }, siteFiles(dir, document, apps, parts), host);
}

/** The latest generation of the same contents; after a rollback it need not be the one in force. */
async function alreadyMade(dir: string, stamp: string, host: Host): Promise<Generation | undefined> {
  return (await listGenerations(dir, host)).findLast((generation) => generation.stamp === stamp);
}

function tell(
  apps: readonly IndexedApp[],
  packages: number,
): Pick<Built, 'apps' | 'packages' | 'pinsMissing'> {
  return {
    apps: apps.filter(isListed).length,
    packages,
    pinsMissing: withoutPinned(apps).map(({ appId }) => appId),
  };
}

/** Published without them, apps would be gone from the market, and nobody would have said so. */
function damaged(dir: string, unreadable: readonly string[]): Refusal {
  const files = unreadable.map((id) => storedPackage(dir, id).file);
  const more = files.length > 1 ? `, and ${String(files.length - 1)} more` : '';
  return new Refusal('E_INDEX_BROKEN', `what is on record of ${files[0] ?? ''} cannot be read${more}`, {
    hint: `sandstorm-airgap index add ${dir} ${files.slice(0, 3).join(' ')}`,
    result: { unreadable },
  });
}
