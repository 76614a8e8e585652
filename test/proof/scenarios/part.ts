/**
 * SANDSTORM_AIRGAP_PROOF_PART=2/5: the second fifth of the cases, evenly spread. Each with its place in the whole.
 */
export function ofThisPart<T>(cases: readonly T[]): (readonly [number, T])[] {
  const [, part = '1', of = '1'] = /^(\d+)\/(\d+)$/.exec(process.env.SANDSTORM_AIRGAP_PROOF_PART ?? '') ?? [];
  return [...cases.entries()].filter(([index]) => index % Number(of) === Number(part) - 1);
}
