import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils';
import { describe, expect, it } from 'vitest';
import { Ed25519Verifier, isSoundKey } from '../../../../src/release/signature/ed25519.js';
import { seeded } from '../../../helpers/archives.js';

const { Point } = ed25519;
const L = Point.CURVE().n;
const P = 2n ** 255n - 19n;

function ours(
  key: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
  piece = message.length || 1,
): boolean {
  const verifier = new Ed25519Verifier(key, signature);
  for (let at = 0; at < message.length; at += piece) verifier.update(message.subarray(at, at + piece));
  return verifier.verify();
}

function nodes(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
}

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { raw: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'), privateKey };
}

const hex = (text: string) => Buffer.from(text, 'hex');
const flip = (bytes: Uint8Array, bit: number) => {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
};

/** H(R || A || M) as a scalar. */
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array) =>
  bytesToNumberLE(createHash('sha512').update(r).update(a).update(message).digest()) % L;

/** The eight points whose order divides 8, made from one of order 8. */
function smallOrderPoints(): InstanceType<typeof Point>[] {
  // Multiplying any point by L leaves only its small part. Search until that has the full order.
  for (let y = 2n; ; y += 1n) {
    try {
      const point = Point.fromBytes(numberToBytesLE(y, 32), true);
      const small = point.multiplyUnsafe(L - 1n).add(point);
      if (small.double().double().is0()) continue;
      const all = [Point.ZERO];
      for (let index = 1; index < 8; index += 1) all.push((all[index - 1] ?? Point.ZERO).add(small));
      return all;
    } catch {
      // No point has that y.
    }
  }
}

/** Encodings with y of p or more, or a sign where x is 0, that lax readers take for small-order points. */
function oddEncodings(): Buffer[] {
  const sign = 1n << 255n;
  const values = [0n, 1n].flatMap((y) => [y + P, y + P + sign]);
  return [...values, 1n + sign, P - 1n + sign].map((value) => Buffer.from(numberToBytesLE(value, 32)));
}

describe('Ed25519Verifier', () => {
  it('agrees with the first vectors of RFC 8032', () => {
    const key = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    const signature = hex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(ours(key, signature, hex('72'))).toBe(true);
    expect(ours(key, signature, hex('73'))).toBe(false);
    expect(ours(key, signature, hex(''))).toBe(false);
  });

  it("agrees with node's own on random keys and messages, in pieces of any size", () => {
    const random = seeded(25519);
    for (let round = 0; round < 60; round += 1) {
      const { raw, privateKey } = keyPair();
      const message = Buffer.from(Array.from({ length: Math.floor(random() * 3000) }, () => random() * 256));
      const signature = sign(null, message, privateKey);
      expect(ours(raw, signature, message, 1 + Math.floor(random() * 500))).toBe(true);

      const bit = Math.floor(random() * 512);
      const damaged = [
        [raw, flip(signature, bit), message],
        [flip(raw, bit % 256), signature, message],
        [raw, signature, Buffer.concat([message, hex('00')])],
        [keyPair().raw, signature, message],
      ] as const;
      for (const [key, one, text] of damaged) {
        expect(ours(key, one, text)).toBe(false);
        expect(nodes(key, one, text)).toBe(false);
      }
    }
  });

  it('refuses S + L, which is the same number to a lax reader', () => {
    const { raw, privateKey } = keyPair();
    const message = Buffer.from('release');
    const signature = sign(null, message, privateKey);
    const s = bytesToNumberLE(signature.subarray(32));
    for (let twin = s + L; twin < 1n << 256n; twin += L) {
      const forged = Buffer.concat([signature.subarray(0, 32), numberToBytesLE(twin, 32)]);
      expect(ours(raw, forged, message)).toBe(false);
    }
    expect(ours(raw, signature, message)).toBe(true);
  });

  it('refuses keys of small order, by which one signature is right for many messages', () => {
    const points = smallOrderPoints();
    expect(new Set(points.map((point) => point.toHex())).size).toBe(8);
    let fooled = 0;
    for (const a of points) {
      const key = Buffer.from(a.toBytes());
      expect(isSoundKey(key)).toBe(false);
      for (let round = 0; round < 16; round += 1) {
        const message = Buffer.from(`message ${String(round)}`);
        // R = S·B: right whenever the challenge is a multiple of the key's order.
        const forged = Buffer.concat([Point.BASE.multiply(7n).toBytes(), numberToBytesLE(7n, 32)]);
        if (nodes(key, forged, message)) fooled += 1;
        expect(ours(key, forged, message)).toBe(false);
      }
    }
    // The forgery is real: a less strict verifier falls for it.
    expect(fooled).toBeGreaterThan(16);
  });

  it('refuses R of small order', () => {
    const secret = 0x1234567890abcdefn;
    const key = Buffer.from(Point.BASE.multiply(secret).toBytes());
    const message = Buffer.from('release');
    let fooled = 0;
    for (const r of smallOrderPoints()) {
      const encoded = r.toBytes();
      const s = (challenge(encoded, key, message) * secret) % L;
      const forged = Buffer.concat([encoded, numberToBytesLE(s, 32)]);
      if (nodes(key, forged, message)) fooled += 1;
      expect(ours(key, forged, message)).toBe(false);
    }
    expect(fooled).toBe(1);
  });

  it('refuses encodings that are not canonical, as key and as R', () => {
    const secret = 0x1234567890abcdefn;
    const good = Buffer.from(Point.BASE.multiply(secret).toBytes());
    const message = Buffer.from('release');
    for (const odd of oddEncodings()) {
      expect(isSoundKey(odd)).toBe(false);
      const asKey = Buffer.concat([Point.BASE.multiply(7n).toBytes(), numberToBytesLE(7n, 32)]);
      expect(ours(odd, asKey, message)).toBe(false);
      const s = (challenge(odd, good, message) * secret) % L;
      expect(ours(good, Buffer.concat([odd, numberToBytesLE(s, 32)]), message)).toBe(false);
    }
  });

  it('is cofactorless: R with a small part added is refused', () => {
    const { raw, privateKey } = keyPair();
    const message = Buffer.from('release');
    const signature = sign(null, message, privateKey);
    const r = Point.fromBytes(signature.subarray(0, 32));
    for (const small of smallOrderPoints().slice(1)) {
      const forged = Buffer.concat([r.add(small).toBytes(), signature.subarray(32)]);
      expect(ours(raw, forged, message)).toBe(false);
    }
  });

  it('refuses wrong lengths and points that are on no curve', () => {
    const { raw, privateKey } = keyPair();
    const message = Buffer.from('release');
    const signature = sign(null, message, privateKey);
    expect(ours(raw, signature.subarray(0, 63), message)).toBe(false);
    expect(ours(raw, Buffer.concat([signature, hex('00')]), message)).toBe(false);
    expect(ours(raw.subarray(1), signature, message)).toBe(false);
    expect(ours(Buffer.alloc(0), Buffer.alloc(0), message)).toBe(false);
    expect(ours(raw, Buffer.alloc(64), message)).toBe(false);
    expect(ours(raw, Buffer.alloc(64, 0xff), message)).toBe(false);
    expect(isSoundKey(Buffer.from(numberToBytesLE(2n, 32)))).toBe(false);
    expect(isSoundKey(raw)).toBe(true);
  });
});
