import type { Host } from '../../system/host.js';
import type { WebHead } from '../../system/web.js';
import type { AppDetails } from '../format.js';
import { getPackage } from './get-package.js';
import { fitToKeep } from './judge-file.js';
import { LARGEST, pooled, type MirrorPlace, type Wanted } from './place.js';
import { askOnce, gather, lengthOf, Unfit, untilAnswered, type Source } from './source.js';

export interface Fetching {
  readonly source: Source;
  readonly place: MirrorPlace;
  readonly host: Host;
  /** Names of what earlier runs and tries have left. */
  readonly beginnings: Set<string>;
  /** How many bytes of it are here now, how many it has, once that is known, and how many have just come. */
  onBytes(wanted: Wanted, here: number, total: number | undefined, came: number): void;
  /** It describes an app, and says this. */
  onDetails(wanted: Wanted, details: AppDetails): void;
}

/** gone: the index elsewhere does not have it, says its server. */
export type Got = 'fetched' | 'gone';

/**
 * Fetches one file into the pool. It gets its name there once its bytes are what its id says.
 * @throws Unfit, WebTrouble for this file alone; Refusal E_IO for all
 */
export async function getFile(wanted: Wanted, fetching: Fetching): Promise<Got> {
  const get = wanted.kind === 'packages' ? getPackage : getSmall;
  const { head } = await untilAnswered(fetching.source, fetching.host, () => get(wanted, fetching));
  if (head.status === 404 || head.status === 410) return 'gone';
  if (head.status !== 200 && head.status !== 206)
    throw new Unfit(`status ${String(head.status)}`, false, false);
  return 'fetched';
}

async function getSmall(
  wanted: Wanted,
  { source, place, host, onBytes, onDetails }: Fetching,
): Promise<{ head: WebHead }> {
  const pieces: Buffer[] = [];
  let here = 0;
  const head = await askOnce(source, { method: 'GET', path: wanted.path }, (answer) => {
    if (answer.status !== 200) return undefined;
    const total = lengthOf(answer);
    const take = gather(pieces, LARGEST[wanted.kind]);
    return (piece) => {
      onBytes(wanted, (here += piece.length), total, piece.length);
      return take(piece);
    };
  });
  if (head.status === 200) {
    const { data, details } = await fitToKeep(wanted, Buffer.concat(pieces));
    await host.files.writeUnsynced(pooled(place, wanted), data);
    if (details !== undefined) onDetails(wanted, details);
  }
  return { head };
}
