import { describe, expect, it } from 'vitest';
import {
  diskNames,
  FORMAT,
  manifestText,
  parseManifest,
  type KitManifest,
} from '../../../src/kit/manifest.js';

const HASH = 'a'.repeat(64);
const MANIFEST: KitManifest = {
  format: FORMAT,
  id: '0'.repeat(32),
  serial: 7,
  created: '2026-11-22T03:00:00.000Z',
  expires: null,
  purpose: 'a test',
  madeWith: '1.0.0',
  key: 'b'.repeat(64),
  base: { kind: 'request', id: '1'.repeat(32) },
  builds: [309],
  files: [
    { name: 'sandstorm-309.tar.xz', kind: 'release', size: 9, sha256: HASH },
    {
      name: 'big.spk',
      kind: 'package',
      size: 5,
      sha256: HASH,
      parts: [
        { size: 3, sha256: HASH },
        { size: 2, sha256: HASH },
      ],
    },
  ],
};

const parse = (value: unknown): KitManifest | string =>
  parseManifest(Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`));

describe('a manifest', () => {
  it('has one text, and is read back from it', () => {
    expect(parseManifest(Buffer.from(manifestText(MANIFEST)))).toEqual(MANIFEST);
    expect(MANIFEST.files.flatMap(diskNames)).toEqual(['sandstorm-309.tar.xz', 'big.spk.001', 'big.spk.002']);
  });

  it.each<[string, (text: string) => string]>([
    ['other blanks', (text) => text.replace(' "serial"', '  "serial"')],
    ['no line feed at its end', (text) => text.trimEnd()],
    ['a key twice', (text) => text.replace('"serial": 7', '"serial": 7,\n "serial": 7')],
    ['another order', (text) => text.replace(/ ("id".*\n) ("serial".*\n)/, ' $2 $1')],
    ['a number written in another way', (text) => text.replace('"serial": 7', '"serial": 7.0')],
    ['an escape where none is needed', (text) => text.replace('a test', '\\u0061 test')],
  ])('with %s is none', (_, change) => {
    const text = change(manifestText(MANIFEST));
    expect(text).not.toBe(manifestText(MANIFEST));
    expect(parseManifest(Buffer.from(text))).toMatch(/written/);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an id with a path in it', { id: '../../../../../../etc/passwd0000' }],
    ['a later format', { format: 'sandstorm-airgap-kit-2' }],
    ['no format', { format: 'zip' }],
    ['a serial that is no number', { serial: '7' }],
    ['a serial beyond counting', { serial: 2 ** 60 }],
    ['an impossible day', { created: '2026-02-31T00:00:00.000Z' }],
    ['a local time', { expires: '2026-11-22T03:00:00+02:00' }],
    ['a purpose that moves the cursor', { purpose: '\u001b[2J' }],
    ['a base of another kind', { base: { kind: 'stick', id: '1'.repeat(32) } }],
    ['files that are no list', { files: {} }],
    ['a file of a kind that is not known', { files: [{ ...MANIFEST.files[0], kind: 'virus' }] }],
    ['a size below nothing', { files: [{ ...MANIFEST.files[0], size: -1 }] }],
    ['more than a stick holds', { files: [{ ...MANIFEST.files[0], size: 2 ** 50 }] }],
    ['the same name twice', { files: [MANIFEST.files[0], MANIFEST.files[0]] }],
    [
      'a file named like a part of another',
      { files: [MANIFEST.files[1], { ...MANIFEST.files[0], name: 'big.spk.001' }] },
    ],
    ['parts that make less than the whole', { files: [{ ...MANIFEST.files[1], size: 6 }] }],
    ['one part only', { files: [{ ...MANIFEST.files[1], parts: [{ size: 5, sha256: HASH }] }] }],
  ])('with %s is none', (_, change) => {
    expect(parse({ ...MANIFEST, ...change })).toEqual(expect.any(String));
  });

  it.each(['', 'null', '[]', '"x"', '{', '\u0000'])('is not %j', (text) => {
    expect(parseManifest(Buffer.from(text))).toEqual(expect.any(String));
  });
});
