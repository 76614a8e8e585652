import type { IndexDocument } from './document.js';
import type { PackageRecord } from './record.js';

/** An app of the index: all its packages, and what of it is published. */
export interface IndexedApp {
  readonly appId: string;
  /** Newest first, at least one. */
  readonly packages: readonly PackageRecord[];
  /** What is listed; undefined when the app is hidden, or its pin is not in the store. */
  readonly published: PackageRecord | undefined;
  readonly pin: string | undefined;
  readonly hidden: boolean;
  readonly description: string | undefined;
}

/** What becomes of the packages in the store under the house's decisions; by app id. Pure. */
export function chooseApps(records: readonly PackageRecord[], document: IndexDocument): IndexedApp[] {
  const byApp = new Map<string, PackageRecord[]>();
  for (const record of records) {
    const { appId } = record.entry;
    byApp.set(appId, [...(byApp.get(appId) ?? []), record]);
  }
  return [...byApp.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([appId, all]) => chooseApp(appId, all, document));
}

function chooseApp(appId: string, all: readonly PackageRecord[], document: IndexDocument): IndexedApp {
  const { pin, hidden = false, description } = document.apps[appId] ?? {};
  const packages = all.toSorted(newestFirst);
  // A pin is a decision against all other versions: without the one it names nothing is published.
  const allowed = pin === undefined ? packages[0] : packages.find(({ entry }) => entry.packageId === pin);
  return { appId, packages, pin, hidden, description, published: hidden ? undefined : allowed };
}

/**
 * By version number, as Sandstorm judges it. Two packages of one number should not be; the one that came later
 * counts, and then the id, so that there is one answer.
 */
export function newestFirst(a: PackageRecord, b: PackageRecord): number {
  return (
    b.entry.versionNumber - a.entry.versionNumber ||
    compare(b.entry.createdAt, a.entry.createdAt) ||
    compare(b.entry.packageId, a.entry.packageId)
  );
}

/** Of a pinned app nothing newer is offered than what was approved. Pure. */
export function offeredVersions({ packages, published, pin }: IndexedApp): readonly PackageRecord[] {
  if (published === undefined) return [];
  if (pin === undefined) return packages;
  return packages.slice(packages.indexOf(published));
}

/** Pins whose package is not in the store, of apps of which there are others. */
export function withoutPinned(apps: readonly IndexedApp[]): IndexedApp[] {
  return apps.filter(
    ({ pin, packages }) => pin !== undefined && !packages.some(({ entry }) => entry.packageId === pin),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
