import { createHash } from 'node:crypto';
import { ownVersion } from '../../own-version.js';
import type { Planted } from '../../system/host.js';
import type { IndexDocument } from '../document.js';
import type { MarketModel, MarketVersion } from '../market/model.js';
import type { KnownPackage } from './memory.js';
import { detailsOf, imageOf, packageOf, pooled, type MirrorPlace } from './place.js';
import { imagesOf, type WholeApp } from './pool.js';

/** A package that is published: the one of an entry, or an older one that somebody's server may still ask for. */
export interface OfferedPackage extends KnownPackage {
  readonly packageId: string;
  readonly bytes: number;
}

export interface MirrorSite {
  readonly document: Pick<IndexDocument, 'title' | 'servers'>;
  readonly apps: readonly WholeApp[];
  readonly packages: readonly OfferedPackage[];
}

/** Names all that a site is made from. Pure. */
export function siteStamp(site: MirrorSite): string {
  return createHash('sha256')
    .update(JSON.stringify(['mirror', ownVersion(), site]))
    .digest('hex');
}

/** Every file of the site, what is referred to before what refers to it. */
export function* mirrorFiles(
  { document, apps, packages }: MirrorSite,
  place: MirrorPlace,
  renderMarket: (model: MarketModel) => ReadonlyMap<string, string | Uint8Array>,
): Iterable<Planted> {
  for (const one of packages) {
    yield { path: `packages/${one.packageId}`, linkTo: pooled(place, packageOf(one)) };
  }
  const images = new Set(
    apps.flatMap(({ entry, details }) => imagesOf(entry, details).map(({ name }) => name)),
  );
  for (const name of images) yield { path: `images/${name}`, linkTo: pooled(place, imageOf(name)) };
  for (const { entry, details, asPooled } of apps) {
    const path = `apps/${entry.appId}.json`;
    yield asPooled
      ? { path, linkTo: pooled(place, detailsOf(entry)) }
      : { path, data: `${JSON.stringify(details)}\n` };
  }
  for (const [path, data] of renderMarket(marketOf({ document, apps, packages }))) yield { path, data };
  yield { path: 'apps/index.json', data: `${JSON.stringify({ apps: apps.map(({ entry }) => entry) })}\n` };
}

function marketOf({ document: { title, servers }, apps, packages }: MirrorSite): MarketModel {
  const versions = new Map<string, MarketVersion[]>();
  for (const { appId, packageId, version, versionNumber, bytes } of packages) {
    const fileName = `${packageId}.spk`;
    const all = versions.get(appId) ?? [];
    all.push({ packageId, version, versionNumber, bytes, fileName });
    versions.set(appId, all);
  }
  const newestFirst = (appId: string): readonly MarketVersion[] =>
    (versions.get(appId) ?? []).sort((one, other) => other.versionNumber - one.versionNumber);
  return { title, servers, apps: apps.map((app) => ({ ...app, versions: newestFirst(app.entry.appId) })) };
}
