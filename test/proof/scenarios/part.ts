import type { NamedFault } from './faults.js';

/**
 * SANDSTORM_AIRGAP_PROOF_PART=2/5: each fault once at each step, and of the cases beyond that the second fifth,
 * evenly spread. Each with its place in the whole.
 */
export function ofThisPart(faults: readonly NamedFault[]): (readonly [number, NamedFault])[] {
  const [, part = '1', of = '1'] = /^(\d+)\/(\d+)$/.exec(process.env.SANDSTORM_AIRGAP_PROOF_PART ?? '') ?? [];
  return [...faults.entries()].filter(
    ([index, { more }]) => !more || index % Number(of) === Number(part) - 1,
  );
}
