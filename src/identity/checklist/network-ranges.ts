import { BLACKLIST_AT_FIRST, judgeAddress } from '../../server/fetch-rules.js';

export interface RangeAdvice {
  /** To be taken out of the list. */
  readonly out: readonly string[];
  /** What the list then is. */
  readonly left: readonly string[];
  /** Addresses no setting can allow. */
  readonly impossible: readonly string[];
}

/** What must leave the list so that the server may connect to all of these. Pure. */
export function rangesFor(addresses: readonly string[]): RangeAdvice {
  const verdicts = addresses.map((address) => ({ address, ...judgeAddress(address) }));
  const blocking = new Set<string>(
    verdicts.flatMap((one) => (one.kind === 'blacklisted' ? [one.range] : [])),
  );
  return {
    out: BLACKLIST_AT_FIRST.filter((range) => blocking.has(range)),
    left: BLACKLIST_AT_FIRST.filter((range) => !blocking.has(range)),
    impossible: verdicts.filter(({ kind }) => kind === 'never').map(({ address }) => address),
  };
}
