import type { Host } from '../../system/host.js';
import { findCandidates } from './find.js';
import type { Candidate } from './kinds.js';

/** Something a killed run has left, or that looks like it. */
export interface Leftover {
  readonly path: string;
  readonly candidate: Candidate;
  /** Proven: it may be removed. */
  readonly stale: boolean;
  /** Where it comes from; or, when it is not stale, why it is left alone. */
  readonly why: string;
}

/**
 * What killed runs of Sandstorm and of this tool have left in and around HOME. Changes nothing.
 * @param first an operation that is going on or was cut off: what might be its own is no leftover yet
 */
export async function findLeftovers(
  home: string,
  first: string | undefined,
  host: Host,
): Promise<Leftover[]> {
  return judgeLeftovers(await findCandidates(home, host), home, first, host);
}

/** The same of what was found already: looking can go on beside other things. */
export async function judgeLeftovers(
  candidates: readonly Candidate[],
  home: string,
  first: string | undefined,
  host: Host,
): Promise<Leftover[]> {
  if (candidates.length === 0) return [];
  // Seldom needed, and `status` is started often.
  const [{ judgeLeftover }, { lookAround }] = await Promise.all([
    import('./judge.js'),
    import('./surroundings.js'),
  ]);
  const owners = candidates.flatMap(({ owner }) => owner ?? []);
  const around = await lookAround(home, [...new Set(owners)], first, host);
  return candidates.flatMap((candidate) => {
    const verdict = judgeLeftover(candidate, around);
    return verdict === undefined ? [] : [{ path: candidate.path, candidate, ...verdict }];
  });
}
