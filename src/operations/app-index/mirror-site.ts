import { join } from 'node:path';
import { DEFAULT_TITLE, findDocument } from '../../app-index/document.js';
import type { IndexEntry } from '../../app-index/format.js';
import { indexLayout } from '../../app-index/layout.js';
import type { KnownPackage, Memory } from '../../app-index/mirror/memory.js';
import { detailsOf, packageOf, pooled, type MirrorPlace } from '../../app-index/mirror/place.js';
import {
  imagesOf,
  lookIntoPool,
  wholeApp,
  type PooledDetails,
  type Pool,
  type WholeApp,
} from '../../app-index/mirror/pool.js';
import type { MirrorSite, OfferedPackage } from '../../app-index/mirror/site.js';
import { parseUpstreamIndex } from '../../app-index/mirror/upstream.js';
import type { Host } from '../../system/host.js';

const LARGEST_INDEX = 64 * 1024 * 1024;

/**
 * What can be published now: each app in its newest version if all of it is here, else as it was published before,
 * else not at all.
 */
export async function wholeSite(
  entries: readonly IndexEntry[],
  detailsFor: PooledDetails,
  gone: ReadonlySet<string>,
  memory: Memory,
  { dir, latestOnly }: { readonly dir: string; readonly latestOnly: boolean },
  place: MirrorPlace,
  host: Host,
): Promise<MirrorSite> {
  const pool = await lookIntoPool(place, host);
  const former = await publishedEntries(dir, host);
  const apps: WholeApp[] = [];
  for (const entry of entries) {
    const app =
      (await whole(entry, pool, gone, detailsFor)) ??
      (await whole(former.get(entry.appId), pool, gone, detailsFor));
    if (app !== undefined) apps.push(app);
  }
  const { title = DEFAULT_TITLE, servers = [] } = (await findDocument(dir, host)) ?? {};
  const packages = await offeredPackages(apps, latestOnly ? {} : memory.packages, pool, place, host);
  return { document: { title, servers }, apps, packages };
}

async function whole(
  entry: IndexEntry | undefined,
  pool: Pool,
  gone: ReadonlySet<string>,
  detailsFor: PooledDetails,
): Promise<WholeApp | undefined> {
  if (entry === undefined) return undefined;
  return wholeApp(entry, await detailsFor.of(entry), pool, gone);
}

/** Those of the index in force, by app id. */
async function publishedEntries(dir: string, host: Host): Promise<ReadonlyMap<string, IndexEntry>> {
  const text = await host.files.readText(join(indexLayout(dir).public, 'apps/index.json'), LARGEST_INDEX);
  const entries = text === undefined ? [] : (parseUpstreamIndex(text)?.entries ?? []);
  return new Map(entries.map((entry) => [entry.appId, entry]));
}

/** Those of the entries, and older ones of the same apps: a server that was told of one may still fetch it. */
async function offeredPackages(
  apps: readonly WholeApp[],
  older: Readonly<Record<string, KnownPackage>>,
  pool: Pool,
  place: MirrorPlace,
  host: Host,
): Promise<OfferedPackage[]> {
  const ids = new Set(apps.map(({ entry }) => entry.appId));
  const current = apps.map(({ entry: { packageId, appId, version, versionNumber } }) => {
    const known: KnownPackage = { appId, version, versionNumber };
    return [packageId, known] as const;
  });
  const all = new Map([...Object.entries(older).filter(([, { appId }]) => ids.has(appId)), ...current]);
  const offered: OfferedPackage[] = [];
  for (const [packageId, known] of all) {
    if (!pool.packages.has(packageId)) continue;
    const stat = await host.files.lstat(pooled(place, packageOf({ packageId })));
    offered.push({ packageId, ...known, bytes: stat?.size ?? 0 });
  }
  return offered;
}

/** What the pool must keep: the files of this site, and those that came in for apps that wait for others. */
export async function neededFiles(
  { apps, packages }: MirrorSite,
  entries: readonly IndexEntry[],
  detailsFor: PooledDetails,
): Promise<Pool> {
  const awaited: Pick<WholeApp, 'entry' | 'details'>[] = [];
  for (const entry of entries) {
    awaited.push({ entry, details: (await detailsFor.of(entry)) ?? { screenshots: [] } });
  }
  const all = [...apps, ...awaited];
  return {
    packages: new Set([...packages, ...entries].map(({ packageId }) => packageId)),
    images: new Set(all.flatMap(({ entry, details }) => imagesOf(entry, details).map(({ name }) => name))),
    details: new Set(all.map(({ entry }) => detailsOf(entry).name)),
  };
}
