import { join } from 'node:path';
import type { Planted } from '../system/host.js';
import { offeredVersions, type IndexedApp } from './choose.js';
import type { IndexDocument } from './document.js';
import type { IndexEntry } from './format.js';
import type { MarketApp, MarketModel, MarketVersion } from './market/model.js';
import { imageIdsOf, type PackageRecord } from './record.js';
import { storedPackage } from './store.js';

/** Where the site's parts come from, so that this file knows neither the market's looks nor an SPK's name. */
export interface SiteParts {
  renderMarket(model: MarketModel): ReadonlyMap<string, string | Uint8Array>;
  fileName(record: PackageRecord): string;
}

/**
 * Every file of the site, in the order in which they are made: what is referred to before what refers to it. The
 * same apps give the same bytes. All packages of the store are published, also those that are not listed: somebody's
 * server may have them, and asks for them by id.
 */
export function* siteFiles(
  dir: string,
  { title, servers }: Pick<IndexDocument, 'title' | 'servers'>,
  apps: readonly IndexedApp[],
  parts: SiteParts,
): Iterable<Planted> {
  for (const { packages } of apps) {
    for (const { entry } of packages) {
      yield { path: `packages/${entry.packageId}`, linkTo: storedPackage(dir, entry.packageId).file };
    }
  }
  const listed = apps.filter(isListed);
  yield* imageFiles(dir, listed);
  for (const { published } of listed) {
    yield { path: `apps/${published.entry.appId}.json`, data: `${JSON.stringify(published.details)}\n` };
  }
  for (const [path, data] of parts.renderMarket({
    title,
    servers,
    apps: listed.map((app) => marketApp(app, parts)),
  }))
    yield { path, data };
  yield { path: 'apps/index.json', data: `${JSON.stringify({ apps: listed.map(publishedEntry) })}\n` };
}

export type ListedApp = IndexedApp & { readonly published: PackageRecord };

export function isListed(app: IndexedApp): app is ListedApp {
  return app.published !== undefined;
}

/** What the index says of an app: its package's own words, but for those that the house has for it. */
export function publishedEntry({ published: { entry }, description }: ListedApp): IndexEntry {
  return description === undefined ? entry : { ...entry, shortDescription: description };
}

function* imageFiles(dir: string, listed: readonly ListedApp[]): Iterable<Planted> {
  // Apps share images: a screenshot that stayed the same, an icon of a framework.
  const made = new Set<string>();
  for (const { published } of listed) {
    for (const id of imageIdsOf(published)) {
      if (made.has(id)) continue;
      made.add(id);
      yield { path: `images/${id}`, linkTo: join(storedPackage(dir, published.entry.packageId).images, id) };
    }
  }
}

function marketApp(app: ListedApp, { fileName }: SiteParts): MarketApp {
  const versions = offeredVersions(app).map((record): MarketVersion => ({
    packageId: record.entry.packageId,
    version: record.entry.version,
    versionNumber: record.entry.versionNumber,
    bytes: record.packedBytes,
    fileName: fileName(record),
  }));
  return { entry: publishedEntry(app), details: app.published.details, versions };
}
