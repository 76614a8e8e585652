import type { IndexEntry } from '../../app-index/format.js';
import { fetchAll, type Failed, type FetchedAll } from '../../app-index/mirror/fetch-all.js';
import type { Fetching } from '../../app-index/mirror/get-file.js';
import {
  detailsOf,
  imageOf,
  packageOf,
  type MirrorPlace,
  type Wanted,
} from '../../app-index/mirror/place.js';
import {
  beginIntake,
  forgetBeginnings,
  imagesOf,
  isPooled,
  lookIntoPool,
  type PooledDetails,
} from '../../app-index/mirror/pool.js';
import type { Source } from '../../app-index/mirror/source.js';
import type { Host } from '../../system/host.js';
import type { StepProgress, Ui } from '../../ui.js';
import { bytes as inWords, count } from '../../words.js';
import { Tally } from './tally.js';

export interface BroughtIn {
  /** Files, and bytes of them that came over the network in this run. */
  readonly fetched: { readonly files: number; readonly bytes: number };
  readonly failed: readonly Failed[];
  readonly gone: readonly Wanted[];
  /** Files that a run cut off by a power cut had left broken; fetched again. */
  readonly mended: number;
}

/** Fetches what of these apps is not in the pool yet: what describes them, then their pictures, then themselves. */
export async function bringIn(
  entries: readonly IndexEntry[],
  detailsFor: PooledDetails,
  place: MirrorPlace,
  atOnce: number,
  source: Source,
  host: Host,
  ui: Ui,
): Promise<BroughtIn> {
  const wasCutOff = (await host.files.lstat(place.unsettled)) !== undefined;
  const missing = await missingFiles(entries, detailsFor, place, host);
  if (missing.length === 0 && !wasCutOff)
    return { fetched: { files: 0, bytes: 0 }, failed: [], gone: [], mended: 0 };

  return ui.step('Fetch', async (progress) => {
    const mended = await beginIntake(place, host);
    await forgetBeginnings(new Set(entries.map(({ packageId }) => packageId)), place, host);
    const tally = new Tally((done, total) => progress.bytes(done, total));
    const beginnings = new Set(await host.files.list(place.partial));
    const fetching: Fetching = {
      source,
      place,
      host,
      beginnings,
      onBytes: tally.note,
      onDetails: detailsFor.note,
    };
    const rounds: FetchedAll[] = [];
    // The pictures are known once the descriptions are here.
    for (const round of [detailsRound, imagesRound, packagesRound]) {
      const wanted = await round(entries, detailsFor, place, host);
      tally.expect(wanted);
      rounds.push(await fetchAll(wanted, atOnce, fetching));
    }
    const files = rounds.flatMap(({ fetched }) => fetched).length;
    const failed = rounds.flatMap((round) => round.failed);
    tell(progress, files, tally.bytes, failed.length);
    return {
      fetched: { files, bytes: tally.bytes },
      failed,
      gone: rounds.flatMap(({ gone }) => gone),
      mended,
    };
  });
}

type Round = (
  entries: readonly IndexEntry[],
  detailsFor: PooledDetails,
  place: MirrorPlace,
  host: Host,
) => Promise<Wanted[]>;

const detailsRound: Round = async (entries, _, place, host) => notPooled(entries.map(detailsOf), place, host);
const packagesRound: Round = async (entries, _, place, host) =>
  notPooled(entries.map(packageOf), place, host);

const imagesRound: Round = async (entries, detailsFor, place, host) => {
  const { details: there } = await lookIntoPool(place, host);
  const images: Wanted[] = [];
  for (const entry of entries) {
    const details = there.has(detailsOf(entry).name) ? await detailsFor.of(entry) : undefined;
    if (details !== undefined) images.push(...imagesOf(entry, details));
    else if (entry.imageId !== undefined) images.push(imageOf(entry.imageId));
  }
  return notPooled(images, place, host);
};

/** All that is known to be missing now. */
async function missingFiles(
  entries: readonly IndexEntry[],
  detailsFor: PooledDetails,
  place: MirrorPlace,
  host: Host,
): Promise<readonly Wanted[]> {
  return [
    ...(await detailsRound(entries, detailsFor, place, host)),
    ...(await imagesRound(entries, detailsFor, place, host)),
    ...(await packagesRound(entries, detailsFor, place, host)),
  ];
}

/** Each once: apps share pictures, and two entries may name one package. */
async function notPooled(wanted: readonly Wanted[], place: MirrorPlace, host: Host): Promise<Wanted[]> {
  const pool = await lookIntoPool(place, host);
  const missing = wanted.filter((one) => !isPooled(pool, one));
  return [...new Map(missing.map((one) => [one.name, one])).values()];
}

function tell(progress: StepProgress, files: number, bytes: number, failed: number): void {
  const trouble = failed === 0 ? '' : `, ${count(failed, 'file')} failed`;
  progress.detail(`${count(files, 'file')}, ${inWords(bytes)}${trouble}`);
}
