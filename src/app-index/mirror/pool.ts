import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import { syncFilesystem } from '../../snapshot/copy.js';
import type { AppDetails, IndexEntry } from '../format.js';
import { isIntact } from './judge-file.js';
import {
  detailsOf,
  imageOf,
  LARGEST,
  packageOf,
  POOLS,
  pooled,
  type MirrorPlace,
  type Wanted,
} from './place.js';
import { parseUpstreamDetails } from './upstream.js';

/** Names of what is in each pool. */
export type Pool = Readonly<Record<Wanted['kind'], Set<string>>>;

export async function lookIntoPool(place: MirrorPlace, host: Host): Promise<Pool> {
  const names = await Promise.all(POOLS.map((kind) => host.files.list(join(place.folder, kind))));
  const [packages, images, details] = names.map(
    (some) => new Set(some.filter((name) => !name.startsWith('.'))),
  );
  return { packages: packages ?? new Set(), images: images ?? new Set(), details: details ?? new Set() };
}

export function isPooled(pool: Pool, { kind, name }: Wanted): boolean {
  return pool[kind].has(name);
}

/**
 * From here on files come in that are not on the disk yet. Where an earlier run did not get to its end, all that lies
 * in the pool is read again: a power cut may have left names without bytes.
 * @returns how many files were not what they should be, and were removed
 */
export async function beginIntake(place: MirrorPlace, host: Host): Promise<number> {
  const { files } = host;
  for (const kind of POOLS) await files.makeDir(join(place.folder, kind), 0o755);
  await files.makeDir(place.partial, 0o755);
  const wasCutOff = !(await files.createExclusive(place.unsettled, ''));
  if (!wasCutOff) return 0;
  let removed = 0;
  for (const kind of POOLS) {
    for (const name of await files.list(join(place.folder, kind))) {
      const file = pooled(place, { kind, name });
      // A temporary file is never whole.
      if (!name.startsWith('.') && (await isIntact({ kind, name }, file, host))) continue;
      await files.remove(file);
      removed += 1;
    }
  }
  return removed;
}

/** All that came in is on the disk. */
export async function settle(place: MirrorPlace, host: Host): Promise<void> {
  await syncFilesystem(place.folder, host);
  await host.files.remove(place.unsettled);
}

/** What describes apps: each is read from the disk once in a run, or not at all if it has just come in. */
export class PooledDetails {
  private readonly known = new Map<string, AppDetails>();

  constructor(
    private readonly place: MirrorPlace,
    private readonly host: Host,
  ) {}

  /** undefined when it is not there. @throws Refusal E_IO */
  async of(entry: IndexEntry): Promise<AppDetails | undefined> {
    const wanted = detailsOf(entry);
    const known = this.known.get(wanted.name);
    if (known !== undefined) return known;
    const text = await this.host.files.readText(pooled(this.place, wanted), LARGEST.details);
    const details = text === undefined ? undefined : parseUpstreamDetails(text);
    if (details !== undefined) this.known.set(wanted.name, details);
    return details;
  }

  readonly note = ({ name }: Wanted, details: AppDetails): void => {
    this.known.set(name, details);
  };
}

/** Removes what no published app needs any more. Generations have names of their own for what they show. */
export async function forgetUnneeded(needed: Pool, place: MirrorPlace, host: Host): Promise<number> {
  let removed = 0;
  for (const kind of POOLS) {
    for (const name of await host.files.list(join(place.folder, kind))) {
      if (needed[kind].has(name)) continue;
      await host.files.remove(pooled(place, { kind, name }));
      removed += 1;
    }
  }
  return removed;
}

/** Beginnings of packages that nobody waits for any more. */
export async function forgetBeginnings(
  wanted: ReadonlySet<string>,
  place: MirrorPlace,
  host: Host,
): Promise<void> {
  for (const name of await host.files.list(place.partial)) {
    if (!wanted.has(name.replace(/\.tag$/, ''))) await host.files.remove(join(place.partial, name));
  }
}

/** An app with all that its entry refers to. */
export interface WholeApp {
  readonly entry: IndexEntry;
  readonly details: AppDetails;
  /** They lie in the pool with these very bytes. */
  readonly asPooled: boolean;
}

/**
 * The entry without pictures that the index elsewhere does not have itself; undefined when something else is missing.
 * @param gone names of images that its server said it does not have
 */
export function wholeApp(
  entry: IndexEntry,
  details: AppDetails | undefined,
  pool: Pool,
  gone: ReadonlySet<string>,
): WholeApp | undefined {
  if (details === undefined || !isPooled(pool, packageOf(entry))) return undefined;
  const missing = imagesOf(entry, details).filter((image) => !isPooled(pool, image));
  if (missing.some(({ name }) => !gone.has(name))) return undefined;
  const { imageId, ...rest } = entry;
  const hasIcon = imageId !== undefined && pool.images.has(imageId);
  const screenshots = details.screenshots.filter((one) => pool.images.has(one.imageId));
  const asPooled = screenshots.length === details.screenshots.length;
  return { entry: hasIcon ? { ...rest, imageId } : rest, details: { ...details, screenshots }, asPooled };
}

export function imagesOf({ imageId }: IndexEntry, details: AppDetails): Wanted[] {
  const ids = [...(imageId === undefined ? [] : [imageId]), ...details.screenshots.map((one) => one.imageId)];
  return [...new Set(ids)].map(imageOf);
}
