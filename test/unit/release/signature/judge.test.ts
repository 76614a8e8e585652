import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../../src/errors.js';
import type { Finding } from '../../../../src/release/signature/finding.js';
import { judge, notAuthentic } from '../../../../src/release/signature/judge.js';
import { BUILT_IN_KEYS, type KeyKind } from '../../../../src/release/signature/keys.js';

type State = Finding['state'];
const STATES: readonly State[] = ['absent', 'valid', 'wrong', 'unknown-key', 'weak', 'malformed'];

function finding(kind: KeyKind, state: State): Finding {
  const [ed25519, openpgp] = BUILT_IN_KEYS;
  const key = kind === 'ed25519' ? ed25519 : openpgp;
  if (key === undefined) throw new Error('no built-in keys');
  const about = { kind, file: kind === 'ed25519' ? 'x.update-sig' : 'x.sig' };
  switch (state) {
    case 'absent':
      return { ...about, state };
    case 'valid':
      return { ...about, state, key };
    case 'unknown-key':
      return { ...about, state, fingerprint: 'AB'.repeat(20), matches: true, trusted: false, why: 'because' };
    default:
      return { ...about, state, why: 'because' };
  }
}

/** Written out apart from the code: rows are the .update-sig, columns the .sig, in the order of STATES. */
const EXPECTED: Record<State, readonly string[]> = {
  absent: ['UNSIGNED', 'ok', 'WRONG', 'UNTRUSTED', 'WRONG', 'FORMAT'],
  valid: ['ok', 'ok', 'WRONG', 'ok', 'ok', 'FORMAT'],
  wrong: ['WRONG', 'WRONG', 'WRONG', 'WRONG', 'WRONG', 'WRONG'],
  'unknown-key': ['UNTRUSTED', 'ok', 'WRONG', 'UNTRUSTED', 'UNTRUSTED', 'FORMAT'],
  weak: ['WRONG', 'ok', 'WRONG', 'UNTRUSTED', 'WRONG', 'FORMAT'],
  malformed: ['FORMAT', 'FORMAT', 'WRONG', 'FORMAT', 'FORMAT', 'FORMAT'],
};
const CODES: Record<string, string> = {
  ok: 'ok',
  UNSIGNED: 'E_TARBALL_UNSIGNED',
  WRONG: 'E_SIGNATURE_WRONG',
  UNTRUSTED: 'E_SIGNATURE_UNTRUSTED_KEY',
  FORMAT: 'E_SIGNATURE_FORMAT',
};

describe('judge', () => {
  const pairs = STATES.flatMap((one) =>
    STATES.map((other, at) => [one, other, EXPECTED[one][at] ?? ''] as const),
  );
  it.each(pairs)('.update-sig %s, .sig %s: %s', (one, other, expected) => {
    const verdict = judge([finding('ed25519', one), finding('openpgp', other)]);
    expect(verdict.authentic ? 'ok' : verdict.code).toBe(CODES[expected]);
    if (verdict.authentic) {
      expect(verdict.by.length).toBe([one, other].filter((state) => state === 'valid').length);
    } else {
      expect(notAuthentic(verdict).exitCode).toBe(5);
      expect(ERROR_CODES[verdict.code].exit).toBe(5);
    }
  });

  it('offers to trust a key only when the signature is right by it', () => {
    const about = { kind: 'openpgp', file: 'x.sig', state: 'unknown-key', why: '' } as const;
    const fingerprint = 'AB'.repeat(20);
    const hint = (more: { matches: boolean; trusted: boolean }) => {
      const verdict = judge([finding('ed25519', 'absent'), { ...about, fingerprint, ...more }]);
      return verdict.authentic ? '' : verdict.hint;
    };
    expect(hint({ matches: true, trusted: false })).toContain(`trust add ${fingerprint} --reason`);
    expect(hint({ matches: true, trusted: false })).toContain(`--trust-key ${fingerprint} --trust-reason`);
    // A claim of a fingerprint is free.
    expect(hint({ matches: false, trusted: false })).not.toContain(fingerprint);
    expect(hint({ matches: false, trusted: true })).toMatch(/: --key FILE, .*install\.sh/);
  });
});
