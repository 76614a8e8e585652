import { describe, expect, it } from 'vitest';
import {
  BUILT_IN_KEYS,
  ed25519Bytes,
  parseKeyName,
  showKey,
  typeKey,
} from '../../../../src/release/signature/keys.js';
import { isSoundKey } from '../../../../src/release/signature/ed25519.js';

const PGP = '160D2D577518B58D94C9800B63F227499DA8CCBD';
const ED = '77A97B729E992D5A63CF8C70E0A6CE83BC19BEC4EDCC70DF667341DBE27E0881';

describe('built-in keys', () => {
  it('are the ones upstream publishes', () => {
    const words = '0x5a2d999e727ba977, 0x83cea6e0708ccf63, 0xdf70ccedc4be19bc, 0x81087ee2db417366';
    expect(BUILT_IN_KEYS.map(typeKey)).toEqual([`ed25519:${ED}`, PGP]);
    expect(parseKeyName(words, 'KEY')).toEqual({ kind: 'ed25519', fingerprint: ED });
    expect(isSoundKey(ed25519Bytes({ kind: 'ed25519', fingerprint: ED }))).toBe(true);
  });
});

describe('parseKeyName', () => {
  it.each([
    [PGP, 'openpgp', PGP],
    [' 160d 2d57 7518 b58d 94c9  800b 63f2 2749 9da8 ccbd\n', 'openpgp', PGP],
    [`openpgp:${PGP}`, 'openpgp', PGP],
    [PGP.replace(/(..)(?=.)/g, '$1:'), 'openpgp', PGP],
    [ED, 'ed25519', ED],
    [`ED25519:${ED.toLowerCase()}`, 'ed25519', ED],
    [`openpgp:${ED}`, 'openpgp', ED],
  ])('%s', (text, kind, fingerprint) => {
    const key = parseKeyName(text, 'KEY');
    expect(key).toEqual({ kind, fingerprint });
    expect(parseKeyName(typeKey(key), 'KEY')).toEqual(key);
  });

  it.each([
    ['nothing', ''],
    ['a short key id', '9DA8CCBD'],
    ['a long key id', '63F227499DA8CCBD'],
    ['one digit less', PGP.slice(1)],
    ['one digit more', `${PGP}0`],
    ['a letter that is no digit', `${PGP.slice(1)}G`],
    ['a fingerprint as ed25519 key', `ed25519:${PGP}`],
    ['another kind', `rsa:${PGP}`],
    ['three numbers', '0x5a2d999e727ba977, 0x83cea6e0708ccf63, 0xdf70ccedc4be19bc'],
    ['a number too large', '0x15a2d999e727ba977, 0x83cea6e0708ccf63, 0xdf70ccedc4be19bc, 0x1'],
    ['a very long text', 'A'.repeat(1_000_000)],
  ])('refuses %s', (_, text) => {
    expect(() => parseKeyName(text, 'KEY')).toThrow(expect.objectContaining({ code: 'E_BAD_VALUE' }));
  });
});

it('shows keys as others print them', () => {
  expect(showKey({ kind: 'openpgp', fingerprint: PGP })).toBe(
    '160D 2D57 7518 B58D 94C9 800B 63F2 2749 9DA8 CCBD',
  );
  expect(showKey({ kind: 'ed25519', fingerprint: ED })).toBe('77A97B72…E27E0881');
});
