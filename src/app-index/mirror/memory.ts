import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import type { IndexEntry } from '../format.js';
import { PACKAGE_ID } from '../layout.js';
import type { MirrorPlace } from './place.js';
import { parseUpstreamIndex } from './upstream.js';

/** What a mirror remembers from one run to the next: mirror/memory.json. It makes the folder a mirror. */
export interface Memory {
  readonly version: 1;
  /** Base URL of the index it was last made from. */
  readonly url: string;
  /** Of apps/index.json as `entries` were read from it. */
  readonly etag?: string;
  readonly entries: readonly IndexEntry[];
  /** The highest version number of each app that was ever seen: an index must not go back behind it. */
  readonly seen: Readonly<Record<string, number>>;
  /** Every package that was published, by its id. */
  readonly packages: Readonly<Record<string, KnownPackage>>;
}

export interface KnownPackage {
  readonly appId: string;
  readonly version: string;
  readonly versionNumber: number;
}

const LARGEST = 128 * 1024 * 1024;

/** @throws Refusal E_MIRROR_MEMORY when it cannot be read as one: without it an old index would pass for a new one. */
export async function readMemory({ memory }: MirrorPlace, host: Host): Promise<Memory | undefined> {
  const text = await host.files.readText(memory, LARGEST);
  if (text === undefined) return undefined;
  try {
    return asMemory(JSON.parse(text) as Partial<Record<keyof Memory, unknown>>, text);
  } catch (error) {
    throw new Refusal('E_MIRROR_MEMORY', `${memory} is damaged`, {
      hint: `remove ${memory}: what was fetched stays, but an index that goes back in time will not be noticed once`,
      cause: error,
    });
  }
}

export async function keepMemory({ memory }: MirrorPlace, what: Memory, host: Host): Promise<void> {
  await host.files.writeAtomic(memory, `${JSON.stringify(what)}\n`);
}

function asMemory(said: Partial<Record<keyof Memory, unknown>>, text: string): Memory {
  const upstream = parseUpstreamIndex(JSON.stringify({ apps: said.entries }));
  if (said.version !== 1 || typeof said.url !== 'string' || upstream === undefined)
    throw new Error(text.slice(0, 80));
  const packages = Object.entries(said.packages as Memory['packages']).filter(([id]) => PACKAGE_ID.test(id));
  return {
    version: 1,
    url: said.url,
    ...(typeof said.etag === 'string' ? { etag: said.etag } : {}),
    entries: upstream.entries,
    seen: said.seen as Memory['seen'],
    packages: Object.fromEntries(packages),
  };
}

/** What is seen of these entries added to what was seen before. */
export function withSeen(seen: Memory['seen'], entries: readonly IndexEntry[]): Memory['seen'] {
  const newer = entries.filter(({ appId, versionNumber }) => versionNumber > (seen[appId] ?? -1));
  return { ...seen, ...Object.fromEntries(newer.map(({ appId, versionNumber }) => [appId, versionNumber])) };
}

/**
 * An index that offers older versions than it did holds updates back, or brings faults back: somebody in between may
 * be replaying an old one. The same goes for one that has no apps any more.
 * @throws Refusal E_MIRROR_OLDER
 */
export function refuseOlder(entries: readonly IndexEntry[], { seen, entries: former }: Memory): void {
  const older = entries.filter(({ appId, versionNumber }) => versionNumber < (seen[appId] ?? 0));
  const emptied = entries.length === 0 && former.length > 0;
  if (older.length === 0 && !emptied) return;
  const apps = older.map(({ appId, name, versionNumber }) => ({
    appId,
    name,
    offers: versionNumber,
    seen: seen[appId],
  }));
  const named = apps.map(
    (one) => `\n  ${one.name} (${one.appId}): ${String(one.offers)}, was ${String(one.seen)}`,
  );
  throw new Refusal(
    'E_MIRROR_OLDER',
    emptied ? 'the index is empty, and was not before' : `the index goes back in time:${named.join('')}`,
    {
      hint: 'ask who runs the index; if they took versions back on purpose, add --allow-older',
      result: { older: apps },
    },
  );
}
