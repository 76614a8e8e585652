import { describe, expect, it } from 'vitest';
import { proofWords, requireProof } from '../../../src/release/proof.js';
import type { Findings } from '../../../src/release/signature/finding.js';
import { judge } from '../../../src/release/signature/judge.js';
import { BUILT_IN_KEYS, type TrustedKey } from '../../../src/release/signature/keys.js';

const [ED, PGP] = BUILT_IN_KEYS as readonly [TrustedKey, TrustedKey];
const own = (key: TrustedKey): TrustedKey => ({ ...key, origin: 'store' });

describe('proofWords', () => {
  it.each<[readonly TrustedKey[], string]>([
    [[ED, PGP], 'signed by Sandstorm (ed25519 and OpenPGP)'],
    [[PGP], 'signed by Sandstorm (OpenPGP)'],
    [[own(ED)], 'signed by a key you trust (ed25519)'],
    [[ED, own(PGP)], 'signed by Sandstorm (ed25519) and a key you trust (OpenPGP)'],
    [[], 'not signed, as allowed'],
  ])('%j', (signedBy, words) => {
    expect(proofWords({ signedBy })).toBe(words);
  });
});

describe('requireProof', () => {
  const absent = { kind: 'ed25519', file: 'x.update-sig', state: 'absent' } as const;
  const without = { kind: 'openpgp', file: 'x.sig', state: 'absent' } as const;
  const judged = (...signatures: Findings) => ({
    tarball: 'x',
    sha256: '0f',
    signatures,
    verdict: judge(signatures),
  });
  const valid = { kind: 'openpgp', file: 'x.sig', state: 'valid', key: PGP, madeAt: 'then' } as const;

  it('is plain data', () => {
    const proof = requireProof(judged(absent, valid), true, null);
    expect(proof).toEqual({ sha256: '0f', signedBy: [PGP], unsignedAllowed: false, newTrust: null });
    expect(JSON.parse(JSON.stringify(proof))).toEqual(proof);
  });

  it('lets nothing be allowed but the absence of both', () => {
    expect(requireProof(judged(absent, without), true, null)).toMatchObject({
      signedBy: [],
      unsignedAllowed: true,
    });
    expect(() => requireProof(judged(absent, without), false, null)).toThrow('no signature beside');
    const why = 'because';
    const others: Findings[] = [
      [absent, { ...without, state: 'wrong', why }],
      [absent, { ...without, state: 'weak', why }],
      [absent, { ...without, state: 'malformed', why }],
      [absent, { ...without, state: 'unknown-key', matches: true, trusted: false, why }],
      [absent, { ...without, state: 'unknown-key', matches: false, trusted: true, why }],
      [{ ...absent, state: 'wrong', why }, valid],
    ];
    for (const findings of others) expect(() => requireProof(judged(...findings), true, null)).toThrow(why);
  });
});
