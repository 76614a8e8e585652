import type { AppDetails, IndexEntry } from '../../app-index/format.js';
import { inParallel, type Failed } from '../../app-index/mirror/fetch-all.js';
import {
  detailsOf,
  imageOf,
  LARGEST,
  packageOf,
  type MirrorPlace,
  type Wanted,
} from '../../app-index/mirror/place.js';
import { imagesOf, isPooled, lookIntoPool, PooledDetails } from '../../app-index/mirror/pool.js';
import {
  askOnce,
  gather,
  lengthOf,
  Unfit,
  untilAnswered,
  type Source,
} from '../../app-index/mirror/source.js';
import { parseUpstreamDetails } from '../../app-index/mirror/upstream.js';
import type { Host } from '../../system/host.js';
import { WebTrouble } from '../../system/web.js';

export interface Preview {
  readonly apps: number;
  /** To be fetched. */
  readonly files: number;
  readonly bytes: number;
  /** Files whose size the server did not say. */
  readonly unsized: number;
  readonly failed: readonly Failed[];
}

/** Counts what is missing in the pool; only the servers of the index know how large it is. */
export async function previewMirror(
  entries: readonly IndexEntry[],
  place: MirrorPlace,
  atOnce: number,
  source: Source,
  host: Host,
): Promise<Preview> {
  const pool = await lookIntoPool(place, host);
  const detailsFor = new PooledDetails(place, host);
  const wanted = new Map<string, Wanted>();
  const sizes = new Map<string, number>();
  const failed: Failed[] = [];
  const want = (one: Wanted): void => {
    if (!isPooled(pool, one)) wanted.set(one.name, one);
  };
  const tolerant = async (one: Wanted, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (source.signal.aborted || !(error instanceof Unfit || error instanceof WebTrouble)) throw error;
      failed.push({ path: one.path, why: error.message, corrupt: error instanceof Unfit && error.corrupt });
    }
  };

  await inParallel(entries, atOnce, async (entry) => {
    const asked = detailsOf(entry);
    want(asked);
    want(packageOf(entry));
    if (entry.imageId !== undefined) want(imageOf(entry.imageId));
    await tolerant(asked, async () => {
      const details = isPooled(pool, asked)
        ? await detailsFor.of(entry)
        : await askForDetails(asked, sizes, source, host);
      if (details !== undefined) imagesOf(entry, details).forEach(want);
    });
  });
  const unknown = [...wanted.values()].filter(({ name }) => !sizes.has(name));
  await inParallel(unknown, atOnce, (one) =>
    tolerant(one, async () => {
      const { head } = await untilAnswered(source, host, async () => ({
        head: await askOnce(source, { method: 'HEAD', path: one.path }, () => undefined),
      }));
      const length = lengthOf(head);
      if (head.status !== 200) throw new Unfit(`status ${String(head.status)}`, false, false);
      if (length !== undefined) sizes.set(one.name, length);
    }),
  );
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const { size: files } = wanted;
  return { apps: entries.length, files, bytes, unsized: files - sizes.size, failed };
}

async function askForDetails(
  asked: Wanted,
  sizes: Map<string, number>,
  source: Source,
  host: Host,
): Promise<AppDetails | undefined> {
  let pieces: Buffer[] = [];
  await untilAnswered(source, host, async () => {
    pieces = [];
    const request = { method: 'GET', path: asked.path } as const;
    const head = await askOnce(source, request, ({ status }) =>
      status === 200 ? gather(pieces, LARGEST.details) : undefined,
    );
    return { head };
  });
  const text = Buffer.concat(pieces);
  sizes.set(asked.name, text.length);
  return parseUpstreamDetails(text.toString('utf8'));
}
