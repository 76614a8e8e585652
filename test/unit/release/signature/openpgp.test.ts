import {
  createMessage,
  enums,
  generateKey,
  PublicKey,
  readSignature,
  reformatKey,
  revokeKey,
  sign,
  type PrivateKey,
} from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/release/signature/finding.js';
import { BUILT_IN_KEYS, type TrustedKey } from '../../../../src/release/signature/keys.js';
import { keysInFile, keysInText, mergeKeys } from '../../../../src/release/signature/openpgp-keys.js';
import { checkOpenPgp } from '../../../../src/release/signature/openpgp.js';
import { seeded } from '../../../helpers/archives.js';

const MADE = new Date('2026-01-01T00:00:00Z');
const SIGNED = new Date('2026-02-01T00:00:00Z');
const NOW = new Date('2026-03-01T00:00:00Z');
const DAY = 86_400;
const DATA = Buffer.from('a release, or what stands for one\n'.repeat(1000));

interface Options {
  readonly atHand?: readonly PublicKey[];
  readonly trusted?: readonly PublicKey[];
  readonly data?: Uint8Array;
  readonly now?: Date;
}

let release: PrivateKey;
let other: PrivateKey;

const newKey = async (
  more: { keyExpirationTime?: number; subkeys?: { sign?: boolean }[]; date?: Date } = {},
) => (await generateKey({ userIDs: { name: 'Release' }, date: MADE, format: 'object', ...more })).privateKey;

beforeAll(async () => {
  release = await newKey();
  other = await newKey();
});

/** A detached signature, binary. */
async function signed(
  by: PrivateKey | PrivateKey[],
  data: Uint8Array = DATA,
  date = SIGNED,
): Promise<Uint8Array> {
  const message = await createMessage({ binary: data });
  const made: unknown = await sign({ message, signingKeys: by, detached: true, format: 'binary', date });
  return made as Uint8Array;
}

const trust = (key: PublicKey): TrustedKey => ({
  kind: 'openpgp',
  fingerprint: key.getFingerprint().toUpperCase(),
  origin: 'store',
});

/** Only `release` is at hand and trusted, unless told otherwise. */
async function check(signature: Uint8Array, options: Options = {}): Promise<Finding> {
  const { data = DATA, now = NOW } = options;
  const atHand = options.atHand ?? [release.toPublic()];
  const trusted = [...BUILT_IN_KEYS, ...(options.trusted ?? [release.toPublic()]).map(trust)];
  const running = await checkOpenPgp(signature, 'x.sig', { atHand, trusted }, now);
  for (let at = 0; at < data.length; at += 1000) await running.update(data.subarray(at, at + 1000));
  return running.finish();
}

const state = async (signature: Uint8Array, options?: Options): Promise<string> => {
  const finding = await check(signature, options);
  return `${finding.state}${'why' in finding ? `: ${finding.why}` : ''}`;
};

describe('checkOpenPgp', () => {
  it('takes a signature by the trusted key', async () => {
    expect(await check(await signed(release))).toEqual({
      kind: 'openpgp',
      file: 'x.sig',
      state: 'valid',
      key: trust(release.toPublic()),
      madeAt: SIGNED.toISOString(),
    });
  });

  it('takes an armored one, with a text before it', async () => {
    const armored = (await readSignature({ binarySignature: await signed(release) })).armor();
    expect(await state(Buffer.from(`\n\n${armored}`))).toBe('valid');
  });

  it('takes one by a signing subkey that the trusted key vouches for', async () => {
    const key = await newKey({ subkeys: [{ sign: true }] });
    expect(await state(await signed(key), { atHand: [key.toPublic()], trusted: [key.toPublic()] })).toBe(
      'valid',
    );
  });

  it('refuses one by a subkey that the trusted key does not vouch for', async () => {
    const stolen = await newKey({ subkeys: [{ sign: true }] });
    const list = release.toPublic().toPacketList();
    list.push(...stolen.toPublic().toPacketList().slice(-2));
    const joined = new PublicKey(list);
    expect(joined.getFingerprint()).toBe(release.getFingerprint());
    expect(joined.subkeys.length).toBe(2);
    const finding = await check(await signed(stolen), { atHand: [joined] });
    expect(finding.state).toBe('wrong');
  });

  it('refuses other bytes: changed, cut, longer, none', async () => {
    const signature = await signed(release);
    const changed = Buffer.from(DATA);
    changed[5000] = (changed[5000] ?? 0) ^ 1;
    const variants = [
      changed,
      DATA.subarray(1),
      DATA.subarray(0, -1),
      Buffer.concat([DATA, Buffer.alloc(1)]),
    ];
    for (const data of [...variants, Buffer.alloc(0)]) {
      expect(await state(signature, { data })).toMatch(/^wrong: /);
    }
  });

  it('says nothing for a key that is not at hand, and names it', async () => {
    const signature = await signed(other);
    expect(await check(signature)).toMatchObject({
      state: 'unknown-key',
      matches: false,
      trusted: false,
      fingerprint: trust(other.toPublic()).fingerprint,
    });
    expect(await check(signature, { atHand: [], trusted: [other.toPublic()] })).toMatchObject({
      state: 'unknown-key',
      matches: false,
      trusted: true,
    });
  });

  it('says nothing for a key that is at hand and not trusted, but sees whether it is right', async () => {
    const signature = await signed(other);
    const atHand = [release.toPublic(), other.toPublic()];
    expect(await check(signature, { atHand })).toMatchObject({
      state: 'unknown-key',
      matches: true,
      trusted: false,
      fingerprint: trust(other.toPublic()).fingerprint,
    });
    expect(await state(signature, { atHand, data: Buffer.from('x') })).toMatch(/^wrong: /);
  });

  it('does not take the right key id for the right key', async () => {
    const signature = Buffer.from(await signed(other));
    const id = Buffer.from(other.getKeyID().toHex(), 'hex');
    const fingerprint = Buffer.from(other.getFingerprint(), 'hex');
    const claimed = Buffer.from(release.getFingerprint(), 'hex');
    claimed.copy(signature, signature.indexOf(fingerprint));
    claimed.subarray(-8).copy(signature, signature.lastIndexOf(id));
    expect(await state(signature)).toMatch(/^wrong: /);
  });

  describe('several signatures', () => {
    const both = async () => Buffer.concat([await signed(other), await signed(release)]);

    it('count when one is by the trusted key, whoever made the others', async () => {
      expect(await state(await both())).toBe('valid');
      expect(await state(await both(), { atHand: [release.toPublic(), other.toPublic()] })).toBe('valid');
    });

    it('do not count when one by a key at hand is wrong', async () => {
      const mixed = Buffer.concat([
        await signed(release),
        await signed(release, Buffer.from('another file')),
      ]);
      expect(await state(mixed)).toMatch(/^wrong: /);
    });

    it('are not taken by the hundred', async () => {
      const one = await signed(release);
      expect(await state(Buffer.concat(Array.from({ length: 9 }, () => one)))).toBe(
        'malformed: it holds more signatures than there are keys',
      );
    });
  });

  describe('time', () => {
    it('a key that expired after it signed is good', async () => {
      const key = await newKey({ keyExpirationTime: 40 * DAY });
      const keys = { atHand: [key.toPublic()], trusted: [key.toPublic()] };
      expect(await state(await signed(key), keys)).toBe('valid');
    });

    it('a key that had expired before it signed is not', async () => {
      const signature = await signed(release);
      const limited = async (days: number) => {
        const more = { userIDs: { name: 'Release' }, keyExpirationTime: days * DAY, date: MADE };
        return (await reformatKey({ privateKey: release, ...more, format: 'object' })).publicKey;
      };
      expect(await state(signature, { atHand: [await limited(40)] })).toBe('valid');
      expect(await state(signature, { atHand: [await limited(10)] })).toMatch(/^wrong: .*expired/);
    });

    it('a revoked key is not, whatever date its signature bears', async () => {
      const { publicKey } = await revokeKey({
        key: release,
        reasonForRevocation: { flag: enums.reasonForRevocation.keyCompromised },
        date: NOW,
        format: 'object',
      });
      expect(await state(await signed(release), { atHand: [publicKey] })).toMatch(/^wrong: .*revoked/);
    });

    it('a key that was replaced is good for what it signed before', async () => {
      const { publicKey } = await revokeKey({
        key: release,
        reasonForRevocation: { flag: enums.reasonForRevocation.keySuperseded },
        date: NOW,
        format: 'object',
      });
      expect(await state(await signed(release), { atHand: [publicKey] })).toBe('valid');
      const later = await signed(release, DATA, new Date(NOW.getTime() + DAY * 1000));
      expect(await state(later, { atHand: [publicKey] })).toMatch(/^wrong: .*revoked/);
    });

    it('a clock that lags behind does not make a signature wrong', async () => {
      expect(await state(await signed(release), { now: new Date('1970-01-01T00:00:10Z') })).toBe('valid');
    });
  });

  it('gives nothing for SHA-1, MD5 and hashes nobody knows', async () => {
    const good = await signed(release);
    // Header of two bytes, version, type, algorithm of the key, hash.
    expect([good[2], good[3]]).toEqual([4, 0]);
    for (const [hash, name] of [
      [2, 'SHA1'],
      [1, 'MD5'],
      [3, 'RIPEMD'],
      [99, 'an unknown hash'],
    ] as const) {
      const weak = Buffer.from(good);
      weak[5] = hash;
      expect(await state(weak)).toBe(`weak: it was made with ${name}, which can be forged`);
    }
  });

  it('takes no signature over a text, where line ends are left open', async () => {
    const message = await createMessage({ text: 'line\n' });
    const made: unknown = await sign({
      message,
      signingKeys: release,
      detached: true,
      format: 'binary',
      date: SIGNED,
    });
    expect(await state(made as Uint8Array, { data: Buffer.from('line\r\n') })).toBe(
      'malformed: it is no signature over a file',
    );
  });

  it.each<[string, () => Promise<Uint8Array>]>([
    ['nothing', () => Promise.resolve(new Uint8Array())],
    ['text', () => Promise.resolve(Buffer.from('<html>404</html>'))],
    ['zeros', () => Promise.resolve(Buffer.alloc(300))],
    [
      'an empty armor',
      () => Promise.resolve(Buffer.from('-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n')),
    ],
    ['an armor without end', () => Promise.resolve(Buffer.from('-----BEGIN PGP SIGNATURE-----\n\niQIz'))],
    ['a key', () => Promise.resolve(release.toPublic().write())],
    [
      'a whole signed message',
      async () => {
        const message = await createMessage({ binary: DATA });
        const made: unknown = await sign({ message, signingKeys: release, format: 'binary', date: SIGNED });
        return made as Uint8Array;
      },
    ],
    ['half a signature', async () => (await signed(release)).subarray(0, 60)],
  ])('is no signature: %s', async (_, bytes) => {
    expect(await state(await bytes())).toMatch(/^malformed: /);
  });

  it('answers every mutation, and never says valid for other bytes', { timeout: 60_000 }, async () => {
    const good = await signed(release);
    const random = seeded(9);
    const data = Buffer.from('another file');
    const states: Record<string, number> = {};
    for (let round = 0; round < 1500; round += 1) {
      const bytes = Buffer.from(good);
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips -= 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const cut = random() < 0.1 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      const finding = await check(cut, { data });
      states[finding.state] = (states[finding.state] ?? 0) + 1;
    }
    expect(states.valid).toBeUndefined();
    expect(states.wrong).toBeGreaterThan(100);
    expect(states.malformed).toBeGreaterThan(100);
  });

  it('can be given up in the middle', async () => {
    const keys = { atHand: [release.toPublic()], trusted: BUILT_IN_KEYS };
    const running = await checkOpenPgp(await signed(release), 'x.sig', keys, NOW);
    await running.update(DATA);
    await running.abandon();
  });
});

describe('keys', () => {
  const armored = (key: PrivateKey) => key.toPublic().armor();
  const fingerprints = (keys: readonly PublicKey[]) => keys.map((key) => key.getFingerprint());

  it('are found in a script', async () => {
    const script = `#!/bin/bash\ngpg --dearmor << __EOF__\n${armored(release)}\n__EOF__\necho done\n`;
    expect(fingerprints(await keysInText(script, 'install.sh'))).toEqual([release.getFingerprint()]);
    expect(await keysInText('#!/bin/bash\n', 'install.sh')).toEqual([]);
  });

  it('are read from a file, armored or not, several too', async () => {
    const two = [release.getFingerprint(), other.getFingerprint()];
    const texts = Buffer.from(armored(release) + armored(other));
    expect(fingerprints(await keysInFile(texts, 'k'))).toEqual(two);
    const packets = Buffer.concat([release.toPublic().write(), other.toPublic().write()]);
    expect(fingerprints(await keysInFile(packets, 'k'))).toEqual(two);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(), /cannot be used/],
    ['text', () => Buffer.from('hello'), /cannot be used/],
    [
      'a broken block',
      () => Buffer.from(armored(release).replace(/^[A-Za-z0-9+/]{60}.*$/m, 'AAAA')),
      /cannot be used/,
    ],
    ['a secret key', () => release.write(), /secret key/],
    ['an armored secret key', () => Buffer.from(release.armor()), /no public key/],
    ['nine keys', () => Buffer.from(armored(release).repeat(9)), /more keys/],
  ])('are refused when the file holds %s', async (_, bytes, why) => {
    const reading = keysInFile(bytes(), 'k.asc');
    await expect(reading).rejects.toMatchObject({ code: 'E_SIGNATURE_FORMAT' });
    await expect(reading).rejects.toThrow(why);
  });

  it('count as revoked when any copy says so', async () => {
    const { publicKey } = await revokeKey({ key: release, format: 'object' });
    for (const copies of [
      [release.toPublic(), publicKey],
      [publicKey, release.toPublic()],
    ]) {
      const merged = await mergeKeys(copies, 'both');
      expect(fingerprints(merged)).toEqual([release.getFingerprint()]);
      expect(await state(await signed(release), { atHand: merged })).toMatch(/^wrong: .*revoked/);
    }
  });
});
