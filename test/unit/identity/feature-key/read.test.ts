import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/errors.js';
import { readFeatureKey, type FeatureKey } from '../../../../src/identity/feature-key/read.js';
import { requireReal } from '../../../helpers/real-parts.js';
import { armourFeatureKey, packFeatureKey, standInSigningKey } from '../../../stand-ins/feature-key.js';

const ready = requireReal('feature keys, packed by capnp', ['capnp']);

const FULL = `(secret = "s3cret", customer = (id = 42, organizationName = "Corp Ltd", contactName = "Ann",
  contactEmail = "ann@corp.test"), issued = 1480000000, expires = 18446744073709551615, userLimit = 4294967295,
  isElasticBilling = true, features = (saml = false))`;
const read = (text: string): FeatureKey => readFeatureKey(text, 'key.txt', standInSigningKey);
const made = (value: string): FeatureKey => read(armourFeatureKey(packFeatureKey(value)));

describe.skipIf(!ready)('what it says', () => {
  it('is read whole', () => {
    expect(made(FULL)).toEqual({
      genuine: true,
      secret: Buffer.from('s3cret'),
      customer: { id: '42', organization: 'Corp Ltd', contact: 'Ann', email: 'ann@corp.test' },
      issued: new Date('2016-11-24T15:06:40Z'),
      expires: 'never',
      userLimit: 'unlimited',
      elasticBilling: true,
      trial: false,
      free: false,
      forTesting: false,
      features: { ldap: true, saml: false, orgManagement: true },
    });
  });

  it.each<[string, Partial<FeatureKey>]>([
    ['()', { issued: undefined, expires: undefined, userLimit: 0, secret: Buffer.alloc(0) }],
    ['(isTrial = true, userLimit = 7)', { trial: true, free: false, forTesting: false, userLimit: 7 }],
    ['(isFreeKey = true)', { trial: false, free: true, forTesting: false }],
    ['(isForTesting = true)', { trial: false, free: false, forTesting: true }],
    ['(expires = 1500000000)', { expires: new Date('2017-07-14T02:40:00Z') }],
    ['(expires = 18446744073709551614)', { expires: undefined }],
    ['(features = (ldap = false))', { features: { ldap: false, saml: true, orgManagement: true } }],
    ['(features = (orgManagement = false))', { features: { ldap: true, saml: true, orgManagement: false } }],
  ])('%s', (value, expected) => {
    expect(made(value)).toMatchObject(expected);
  });

  it('is read without armour, with other line ends, and in one line', () => {
    const text = armourFeatureKey(packFeatureKey(FULL));
    const bare = text.replace(/^-.*$/gm, '');
    for (const form of [bare, text.replaceAll('\n', '\r\n'), bare.replaceAll('\n', '')]) {
      expect(read(form)).toEqual(read(text));
    }
  });

  it("is nobody's word when the signature is not the right one", () => {
    const text = armourFeatureKey(packFeatureKey(FULL));
    expect(readFeatureKey(text, 'key.txt').genuine).toBe(false);
    const lines = text.split('\n');
    lines[1] = `AAAA${lines[1]?.slice(4) ?? ''}`;
    expect(read(lines.join('\n'))).toMatchObject({ genuine: false, customer: { organization: 'Corp Ltd' } });
  });
});

describe('hostile ones', () => {
  const word = (...bytes: number[]): number[] => [0xff, ...bytes, 0];
  const message = (...words: number[][]): Buffer =>
    Buffer.from([...word(0, 0, 0, 0, words.length, 0, 0, 0), ...words.flatMap((one) => word(...one))]);
  it.each<[string, Buffer | string]>([
    ['nothing', ''],
    ['armour alone', '-----BEGIN\n-----END\n'],
    ['words', 'this is not a key, sorry'],
    ['a signature alone', Buffer.alloc(0)],
    ['cut off in a tag', Buffer.from([0xff, 1, 2])],
    ['cut off behind zeros', Buffer.from([0x00])],
    [
      'more zeros than memory',
      Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at % 2 === 0 ? 0 : 255))),
    ],
    ['words announced that do not come', Buffer.from([0xff, 1, 2, 3, 4, 5, 6, 7, 8, 255, 0])],
    ['four billion segments', Buffer.from(word(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0))],
    ['a pointer to itself', message([0xfc, 0xff, 0xff, 0xff, 0, 0, 1, 0])],
    ['a pointer outside', message([0, 0, 0, 0x10, 3, 0, 2, 0])],
    [
      'a text without an end',
      message([0, 0, 0, 0, 0, 0, 2, 0], [5, 0, 0, 0, 0xfa, 0xff, 0xff, 0xff], [0, 0, 0, 0, 0, 0, 0, 0]),
    ],
  ])('%s', (_, made) => {
    const text = typeof made === 'string' ? made : armourFeatureKey(made);
    let refusal: unknown;
    try {
      refusal = read(text);
    } catch (error) {
      refusal = error;
    }
    // A message that points to itself is one in which nothing stands, or none at all; it ends either way.
    if (!(refusal instanceof Refusal)) expect(refusal).toMatchObject({ customer: { organization: '' } });
    else expect(refusal.code).toBe('E_FEATURE_KEY');
  });
});
