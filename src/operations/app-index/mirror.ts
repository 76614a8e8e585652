import { findDocument, writeDocument, type IndexDocument } from '../../app-index/document.js';
import {
  listGenerations,
  numberInForce,
  pruneGenerations,
  publish,
  putIntoForce,
} from '../../app-index/generations.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { renderMarket } from '../../app-index/market/render.js';
import { addressOf, learnIndex, type Learned } from '../../app-index/mirror/learn-index.js';
import { keepMemory, readMemory, refuseOlder, withSeen, type Memory } from '../../app-index/mirror/memory.js';
import { mirrorPlace, type MirrorPlace } from '../../app-index/mirror/place.js';
import { forgetUnneeded, PooledDetails, settle, type Pool } from '../../app-index/mirror/pool.js';
import { select, type Selection } from '../../app-index/mirror/selection.js';
import { mirrorFiles, siteStamp, type MirrorSite } from '../../app-index/mirror/site.js';
import type { Source } from '../../app-index/mirror/source.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { bringIn, type BroughtIn } from './bring-in.js';
import { previewMirror, type Preview } from './mirror-preview.js';
import { requireMirrorPlace } from './mirror-refusals.js';
import { neededFiles, wholeSite } from './mirror-site.js';
import { openSource, type Approach } from './open-source.js';

export interface MirrorWish extends Selection, Approach {
  readonly dir: string;
  /** Only the newest package of each app stays published. */
  readonly latestOnly: boolean;
  /** Takes an index that goes back in time. */
  readonly allowOlder: boolean;
  /** Generations that stay. */
  readonly keep: number;
}

export interface Mirrored extends Omit<BroughtIn, 'gone'> {
  readonly url: string;
  readonly generation: number | undefined;
  /** A new generation was put into force. */
  readonly published: boolean;
  readonly apps: number;
  readonly packages: number;
  /** Apps that are not published in their newest version, as files of it are missing. */
  readonly waiting: readonly string[];
  /** Entries of the index elsewhere that no mirror can have. */
  readonly refused: Learned['refused'];
  /** Apps that were published and that the index elsewhere does not have any more. */
  readonly withdrawn: readonly string[];
  /** Paths that the index elsewhere names and does not have. */
  readonly gone: readonly string[];
}

/** What would be fetched. Nothing is changed; the server is asked for every size. @throws as mirrorIndex */
export async function lookAtMirror(wish: MirrorWish, host: Host): Promise<Preview> {
  await requireMirrorPlace(wish.dir, host);
  const memory = await readMemory(mirrorPlace(wish.dir), host);
  return withSource(wish, host, async (source) => {
    const learned = await learn(source, wish, memory, host);
    return previewMirror(
      select(learned.entries, wish),
      mirrorPlace(wish.dir),
      wish.connections,
      source,
      host,
    );
  });
}

/**
 * Brings the mirror in `dir` up to the index elsewhere and publishes all that is whole of it. Files that fail are told
 * of in the result; what was published before stays in its place.
 * @throws Refusal E_MIRROR_*, E_INDEX_PLACE, E_BUSY, E_CANCELLED, E_IO
 */
export async function mirrorIndex(wish: MirrorWish, host: Host, ui: Ui): Promise<Mirrored> {
  const { dir } = wish;
  await requireMirrorPlace(dir, host);
  await host.files.plant(mirrorPlace(dir).folder, []);
  return withIndexLock(dir, 'index mirror', host, () =>
    withSource(wish, host, (source) => mirror(wish, source, host, ui)),
  );
}

async function mirror(wish: MirrorWish, source: Source, host: Host, ui: Ui): Promise<Mirrored> {
  const place = mirrorPlace(wish.dir);
  const before = await readMemory(place, host);
  const learned = await learn(source, wish, before, host);
  const memory = await remember(learned, source, before, place, host);
  const entries = select(learned.entries, wish);
  const detailsFor = new PooledDetails(place, host);

  const { gone, ...brought } = await bringIn(
    entries,
    detailsFor,
    place,
    wish.connections,
    source,
    host,
    ui,
  ).catch(async (error: unknown) => {
    // What came in so far need not be read again next time.
    await settleIfNeeded(place, host).catch(() => undefined);
    throw error;
  });
  const site = await wholeSite(
    entries,
    detailsFor,
    new Set(gone.map(({ name }) => name)),
    memory,
    wish,
    place,
    host,
  );
  const { generation, published } = await putOut(
    wish,
    site,
    () => neededFiles(site, entries, detailsFor),
    memory,
    place,
    host,
  );

  const ids = new Set(learned.entries.map(({ appId }) => appId));
  const former = (before?.entries ?? []).filter(({ appId }) => !ids.has(appId));
  const current = new Set(site.apps.map(({ entry }) => entry.packageId));
  return {
    url: addressOf(source),
    generation,
    published,
    apps: site.apps.length,
    packages: site.packages.length,
    ...brought,
    gone: gone.map(({ path }) => path),
    waiting: entries.filter(({ packageId }) => !current.has(packageId)).map(({ appId }) => appId),
    refused: learned.refused,
    withdrawn: former.map(({ appId }) => appId),
  };
}

async function withSource<T>(wish: MirrorWish, host: Host, work: (source: Source) => Promise<T>): Promise<T> {
  const { source, close } = await openSource(wish, host);
  try {
    return await work(source);
  } finally {
    close();
  }
}

async function learn(
  source: Source,
  wish: MirrorWish,
  memory: Memory | undefined,
  host: Host,
): Promise<Learned> {
  const learned = await learnIndex(source, memory, host);
  if (memory !== undefined && !wish.allowOlder) refuseOlder(learned.entries, memory);
  return learned;
}

/** Before anything is fetched: cut off after this, the next run knows what it was about. */
async function remember(
  { entries, etag, refused, unchanged }: Learned,
  source: Source,
  before: Memory | undefined,
  place: MirrorPlace,
  host: Host,
): Promise<Memory> {
  if (unchanged && before !== undefined) return before;
  const memory: Memory = {
    version: 1,
    url: addressOf(source),
    // With entries left out it is read again next time, so that they are told of again.
    ...(etag === undefined || refused.length > 0 ? {} : { etag }),
    entries,
    seen: withSeen(before?.seen ?? {}, entries),
    packages: before?.packages ?? {},
  };
  await keepMemory(place, memory, host);
  return memory;
}

async function putOut(
  { dir, keep }: MirrorWish,
  site: MirrorSite,
  needed: () => Promise<Pool>,
  memory: Memory,
  place: MirrorPlace,
  host: Host,
): Promise<{ generation: number | undefined; published: boolean }> {
  const stamp = siteStamp(site);
  const inForce = await numberInForce(dir, host);
  const there = (await listGenerations(dir, host)).findLast((generation) => generation.stamp === stamp);
  // A first run that got nothing has nothing to show.
  const hasNothing = inForce === undefined && site.apps.length === 0 && memory.entries.length > 0;
  if (there !== undefined || hasNothing) {
    const changes = there !== undefined && there.number !== inForce;
    if (changes) await putIntoForce(dir, there.number, host);
    await settleIfNeeded(place, host);
    return { generation: there?.number, published: changes };
  }
  await documented(dir, site.document, host);
  // Before they are published: afterwards they would be forgotten by a run that is cut off.
  await keepMemory(place, { ...memory, packages: { ...memory.packages, ...knownPackages(site) } }, host);
  const facts = { stamp, apps: site.apps.length, packages: site.packages.length };
  const { number } = await publish(dir, facts, mirrorFiles(site, place, renderMarket), host);
  // Publishing has brought the whole filesystem to the disk.
  await host.files.remove(place.unsettled);
  await forgetUnneeded(await needed(), place, host);
  await keepMemory(place, { ...memory, packages: knownPackages(site) }, host);
  await pruneGenerations(dir, keep, host);
  return { generation: number, published: true };
}

async function settleIfNeeded(place: MirrorPlace, host: Host): Promise<void> {
  if ((await host.files.lstat(place.unsettled)) !== undefined) await settle(place, host);
}

function knownPackages({ packages }: MirrorSite): Memory['packages'] {
  return Object.fromEntries(
    packages.map(({ packageId, appId, version, versionNumber }) => [
      packageId,
      { appId, version, versionNumber },
    ]),
  );
}

/** It makes the folder an index like any other, so that rollback and verify work on it. */
async function documented(
  dir: string,
  { title, servers }: MirrorSite['document'],
  host: Host,
): Promise<void> {
  if ((await findDocument(dir, host)) !== undefined) return;
  const document: IndexDocument = { version: 1, title, servers, apps: {} };
  await writeDocument(dir, document, host);
}
