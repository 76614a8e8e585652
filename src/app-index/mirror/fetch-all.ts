import { Refusal } from '../../errors.js';
import { WebTrouble } from '../../system/web.js';
import { getFile, type Fetching } from './get-file.js';
import type { Wanted } from './place.js';
import { Unfit } from './source.js';

export interface Failed {
  readonly path: string;
  readonly why: string;
  /** Its contents are wrong, and not only its delivery. */
  readonly corrupt: boolean;
}

export interface FetchedAll {
  readonly fetched: readonly Wanted[];
  /** Pictures that the server says it does not have. */
  readonly gone: readonly Wanted[];
  readonly failed: readonly Failed[];
}

/** So many failures one after the other, and nothing in between: it will not answer for the others either. */
const HOPELESS = 20;

/**
 * Fetches files, several at a time. One that fails leaves the others alone.
 * @throws Refusal E_IO, E_CANCELLED
 */
export async function fetchAll(
  wanted: readonly Wanted[],
  atOnce: number,
  fetching: Fetching,
): Promise<FetchedAll> {
  const fetched: Wanted[] = [];
  const gone: Wanted[] = [];
  const failed: Failed[] = [];
  const isStopped = (): boolean => fetching.source.signal.aborted;
  let failures = 0;
  await inParallel(wanted, atOnce, async (one) => {
    if (isStopped()) throw stopped();
    if (failures >= HOPELESS) {
      failed.push({ path: one.path, why: 'not tried: the server fails again and again', corrupt: false });
      return;
    }
    try {
      const got = await getFile(one, fetching);
      failures = 0;
      if (got === 'fetched') fetched.push(one);
      // An app is one without a picture too, but not without what it consists of.
      else if (one.kind === 'images') gone.push(one);
      else
        failed.push({
          path: one.path,
          why: 'the index names it, and its server does not have it',
          corrupt: false,
        });
    } catch (error) {
      if (isStopped()) throw stopped();
      if (!(error instanceof Unfit || error instanceof WebTrouble)) throw error;
      failures += 1;
      failed.push({ path: one.path, why: error.message, corrupt: error instanceof Unfit && error.corrupt });
    }
  });
  return { fetched, gone, failed };
}

/** Runs `work` on all items, `atOnce` at a time. After the first that throws no further ones are begun. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const state = { broken: false };
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (state.broken) return;
      try {
        await work(item);
      } catch (error) {
        state.broken = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const thrown = results.find((result) => result.status === 'rejected');
  if (thrown !== undefined) throw thrown.reason;
}

function stopped(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. What was published is in force; what was fetched is kept.', {
    hint: 'the same command goes on where this one stopped',
  });
}
