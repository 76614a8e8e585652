import { join } from 'node:path';
import { PACKAGE_ID, indexLayout } from '../../app-index/layout.js';
import type { IndexEntry } from '../../app-index/format.js';
import { fetchAll } from '../../app-index/mirror/fetch-all.js';
import { addressOf, learnIndex } from '../../app-index/mirror/learn-index.js';
import { keepMemory, readMemory, refuseOlder, withSeen } from '../../app-index/mirror/memory.js';
import { mirrorPlace, packageOf, pooled } from '../../app-index/mirror/place.js';
import { beginIntake, isPooled, lookIntoPool, settle } from '../../app-index/mirror/pool.js';
import { select } from '../../app-index/mirror/selection.js';
import type { Source } from '../../app-index/mirror/source.js';
import type { Upstream } from '../../app-index/mirror/upstream.js';
import { packageIdOf } from '../../app-index/package-hash.js';
import { verifyPackage } from '../../apps/read-package.js';
import { Refusal } from '../../errors.js';
import { sizeElsewhere, type Cache } from '../../kit/download.js';
import { downloadFailed } from '../../kit/refusals.js';
import type { KitSource } from '../../kit/sources.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { bytes, count } from '../../words.js';
import { packagesAt } from '../app-index/add.js';
import { openSource } from '../app-index/open-source.js';
import { Tally } from '../app-index/tally.js';
import type { ContentsWish, CreateWish, Has } from './create-wish.js';
import type { ToFetch } from './gather-release.js';

/** The packages that are here already, by package id. @throws Refusal E_SPK_MISSING, E_INDEX_UNKNOWN, E_IO */
export async function packagesHere(wish: ContentsWish, host: Host): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of wish.packages) {
    for (const file of await packagesAt(path, host)) found.set(await packageIdOf(file, host), file);
  }
  if (wish.index === undefined) return found;
  const published = join(indexLayout(wish.index).public, 'packages');
  const names = (await host.files.list(published)).filter((name) => PACKAGE_ID.test(name));
  if (names.length === 0) {
    throw new Refusal('E_INDEX_UNPUBLISHED', `no packages are published in ${wish.index}`, {
      hint: `sandstorm-airgap index build ${wish.index}, or index mirror URL ${wish.index}`,
    });
  }
  for (const name of names) found.set(name, join(published, name));
  return found;
}

/** What the index elsewhere has for a kit. */
export interface AppsElsewhere {
  /** Wanted, and not had yet. */
  readonly wanted: readonly IndexEntry[];
  /** Entries of the index that cannot be used, wanted or not. */
  readonly refused: Upstream['refused'];
}

/** @throws Refusal E_MIRROR_*, E_INPUT_NEEDED offline */
export async function appsElsewhere(
  wish: CreateWish,
  has: Has,
  cache: Cache,
  host: Host,
): Promise<AppsElsewhere> {
  const { apps, categories } = wish.apps;
  if (!wish.allApps && apps.length + categories.length === 0) return { wanted: [], refused: [] };
  if (wish.offline) {
    throw new Refusal(
      'E_INPUT_NEEDED',
      'apps of an index elsewhere would have to be fetched, and --offline forbids it',
      {
        hint: 'give the packages themselves: --packages PATH, or --index DIR of a mirror',
      },
    );
  }
  return withIndex(wish, host, async (source) => {
    const { entries, refused } = await learnIndex(source, undefined, host);
    await noticeOlder(entries, addressOf(source), wish, cache, host);
    const wanted = select(entries, wish.allApps ? { apps: [], categories: [] } : wish.apps);
    return { wanted: wanted.filter(({ packageId }) => !has.packageIds.has(packageId)), refused };
  });
}

/** An old index would carry old faults over; what it offered the last time is kept beside what was fetched. */
async function noticeOlder(
  entries: readonly IndexEntry[],
  url: string,
  { allowOlder, dryRun }: CreateWish,
  cache: Cache,
  host: Host,
): Promise<void> {
  const place = mirrorPlace(cache.dir);
  const before = await readMemory(place, host);
  if (before !== undefined && !allowOlder) refuseOlder(entries, before);
  if (dryRun) return;
  const seen = withSeen(before?.seen ?? {}, entries);
  await host.files.makeDir(place.folder, 0o755);
  await keepMemory(place, { version: 1, url, entries, seen, packages: {} }, host);
}

/** What of them would have to be fetched. */
export async function appsToFetch(
  entries: readonly IndexEntry[],
  wish: ContentsWish,
  cache: Cache,
  host: Host,
): Promise<readonly ToFetch[]> {
  const pool = await lookIntoPool(mirrorPlace(cache.dir), host);
  const missing = entries.filter((entry) => !isPooled(pool, packageOf(entry)));
  if (missing.length === 0) return [];
  return withIndex(wish, host, async (source) => {
    const list: ToFetch[] = [];
    for (const entry of missing) {
      const { path } = packageOf(entry);
      const size = await sizeElsewhere(path, source, host);
      list.push({ name: `${entry.packageId}.spk`, url: new URL(path, source.base).href, size });
    }
    return list;
  });
}

/** Fetches them into the cache; each is what its id says. By package id. @throws Refusal E_KIT_DOWNLOAD, E_CANCELLED */
export async function fetchApps(
  entries: readonly IndexEntry[],
  wish: ContentsWish,
  cache: Cache,
  host: Host,
  ui: Ui,
): Promise<Map<string, string>> {
  const place = mirrorPlace(cache.dir);
  const paths = new Map(entries.map((entry) => [entry.packageId, pooled(place, packageOf(entry))]));
  const before = await lookIntoPool(place, host);
  if (entries.every((entry) => isPooled(before, packageOf(entry)))) return paths;
  await ui.step('Fetch apps', (progress) =>
    withIndex(wish, host, async (source) => {
      await host.files.plant(place.folder, []);
      await beginIntake(place, host);
      const pool = await lookIntoPool(place, host);
      const wanted = entries.map(packageOf).filter((one) => !isPooled(pool, one));
      const tally = new Tally((done, total) => progress.bytes(done, total));
      tally.expect(wanted);
      const beginnings = new Set(await host.files.list(place.partial));
      const fetching = { source, place, host, beginnings, onBytes: tally.note, onDetails: () => undefined };
      const { failed } = await fetchAll(wanted, wish.approach.connections, fetching);
      await settle(place, host);
      progress.detail(`${count(wanted.length - failed.length, 'package')}, ${bytes(tally.bytes)}`);
      if (failed.length > 0)
        throw downloadFailed(failed.map(({ path, why }) => ({ url: new URL(path, source.base).href, why })));
    }),
  );
  return paths;
}

/** As sources, each proven to its last byte: what is not genuine is not carried anywhere. @throws Refusal E_SPK_* */
export async function provenPackages(
  packages: ReadonlyMap<string, string>,
  has: Has,
  host: Host,
  ui: Ui,
): Promise<readonly KitSource[]> {
  const wanted = [...packages].filter(([id]) => !has.packageIds.has(id)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (wanted.length === 0) return [];
  return ui.step('Prove apps', async (progress) => {
    const sources: KitSource[] = [];
    for (const [id, path] of wanted) {
      const { packageId } = await verifyPackage(path, host);
      if (packageId !== id)
        throw new Refusal('E_SPK_CORRUPT', `${path} is not the package ${id}`, { hint: 'fetch it again' });
      sources.push({ name: `${id}.spk`, kind: 'package', from: { path } });
      progress.detail(count(sources.length, 'package'));
    }
    return sources;
  });
}

async function withIndex<T>(
  wish: ContentsWish,
  host: Host,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { source, close } = await openSource({ ...wish.approach, url: wish.hosts.index }, host);
  try {
    return await work(source);
  } finally {
    close();
  }
}
