import {
  decided,
  documentText,
  readDocument,
  writeDocument,
  type AppDecision,
} from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import type { PackageRecord } from '../../app-index/record.js';
import { readStore } from '../../app-index/store.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { refuseMirror } from './mirror-refusals.js';

export interface DecideWish {
  readonly dir: string;
  readonly appId: string;
  /** What is set to undefined is decided no longer. */
  readonly change: { readonly [K in keyof AppDecision]?: AppDecision[K] | undefined };
  readonly dryRun: boolean;
}

/**
 * Remembers what the house decides about an app; it counts from the next build on.
 * @param doing for people: "index pin"
 * @returns whether anything changed, or would
 * @throws Refusal E_INDEX_PLACE, E_INDEX_MISSING, E_INDEX_DOCUMENT, E_INDEX_UNKNOWN, E_BUSY, E_IO
 */
export async function decideAbout(wish: DecideWish, doing: string, host: Host): Promise<boolean> {
  await refuseMirror(wish.dir, host);
  await readDocument(wish.dir, host);
  return wish.dryRun ? decide(wish, host) : withIndexLock(wish.dir, doing, host, () => decide(wish, host));
}

async function decide({ dir, appId, change, dryRun }: DecideWish, host: Host): Promise<boolean> {
  const document = await readDocument(dir, host);
  const after = decided(document, appId, change);
  if (documentText(after) === documentText(document)) return false;
  // Taking back what was decided about an app that has gone must be possible.
  if (Object.values(change).some((value) => value !== undefined))
    await requireKnown(dir, appId, change.pin, host);
  if (!dryRun) await writeDocument(dir, after, host);
  return true;
}

async function requireKnown(dir: string, appId: string, pin: string | undefined, host: Host): Promise<void> {
  const { records } = await readStore(dir, host);
  const packages = records.map(({ record }) => record).filter(({ entry }) => entry.appId === appId);
  if (packages.length === 0) {
    const all = new Set(records.map(({ record }) => record.entry.appId));
    throw new Refusal('E_INDEX_UNKNOWN', `the index has no app ${appId}`, {
      hint: `sandstorm-airgap index list ${dir}`,
      result: { apps: [...all] },
    });
  }
  if (pin !== undefined && !packages.some(({ entry }) => entry.packageId === pin))
    throw noPackage(appId, pin, packages);
}

function noPackage(appId: string, packageId: string, packages: readonly PackageRecord[]): Refusal {
  const known = packages.map(({ entry }) => `${entry.packageId} (${entry.version})`);
  return new Refusal('E_INDEX_UNKNOWN', `${packageId} is no package of ${appId} in this index`, {
    hint: `it has ${known.join(', ')}`,
  });
}
