import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createMessage,
  generateKey,
  readKey,
  readSignature,
  sign,
  type PrivateKey,
  type PublicKey,
} from 'openpgp';
import { describe, expect, it } from 'vitest';
import { checkOpenPgp } from '../../../../src/release/signature/openpgp.js';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/release-signature/', import.meta.url));
const TARBALL = readFileSync(`${FIXTURES}sandstorm-9.tar.xz`);
const GENUINE = readFileSync(`${FIXTURES}sandstorm-9.tar.xz.sig`);
const NOW = new Date('2027-01-01');
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const IDENTITY = Buffer.from(`01${'00'.repeat(31)}`, 'hex');
/** y = 1 as p + 1, which a lax reader takes for the same. */
const ODD_IDENTITY = Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex');

async function state(signature: Uint8Array, key: PublicKey): Promise<string> {
  const fingerprint = key.getFingerprint().toUpperCase();
  const trusted = [{ kind: 'openpgp', fingerprint, origin: 'store' } as const];
  const running = await checkOpenPgp(signature, 'x.sig', { atHand: [key], trusted }, NOW);
  await running.update(TARBALL);
  return (await running.finish()).state;
}

type Params = Record<string, Uint8Array>;

/** The signature with its numbers changed and everything else as it was. */
async function changed(signature: Uint8Array, how: (params: Params) => void): Promise<Uint8Array> {
  const read = await readSignature({ binarySignature: signature });
  how((read.packets[0] as unknown as { params: Params }).params);
  return read.write() as Uint8Array;
}

const big = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
const bytesOf = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
const little = (bytes: Uint8Array) => big(Buffer.from(bytes).reverse());
const littleBytes = (value: bigint) => bytesOf(value, 32).reverse();

describe('an RSA signature, made by the genuine tool', () => {
  const key = async () =>
    (await readKey({ armoredKey: readFileSync(`${FIXTURES}release-key.asc`, 'utf8') })).toPublic();

  it('is right, and stays so when written anew', async () => {
    expect(await state(GENUINE, await key())).toBe('valid');
    expect(await state(await changed(GENUINE, () => undefined), await key())).toBe('valid');
  });

  it.each<[string, (s: bigint, n: bigint) => bigint]>([
    ['plus the modulus, which is the same number to a lax reader', (s, n) => s + n],
    ['the modulus less it', (s, n) => n - s],
    ['1', () => 1n],
    ['the modulus', (_, n) => n],
    ['the modulus less 1', (_, n) => n - 1n],
    ['of three times the length', (s) => s << 4096n],
  ])('is wrong as %s', async (_, how) => {
    const own = await key();
    const { n } = (own.keyPacket as unknown as { publicParams: { n: Uint8Array } }).publicParams;
    const other = await changed(GENUINE, (params) => {
      const value = how(big(params.s ?? Buffer.alloc(0)), big(n));
      params.s = bytesOf(value, Math.ceil(value.toString(16).length / 2));
    });
    expect(await state(other, own)).toBe('wrong');
  });
});

describe.each([
  ['Ed25519', { type: 'curve25519' }],
  ['EdDSA as old keys have it', { type: 'ecc', curve: 'ed25519Legacy' }],
] as const)('a signature by %s', (_, kind) => {
  const made = (async () => {
    const { privateKey } = await generateKey({
      ...kind,
      userIDs: [{ name: 'test' }],
      format: 'object',
      date: new Date('2026-01-01'),
    });
    return { key: privateKey.toPublic(), signature: await signed(privateKey) };
  })();

  it('is right, and stays so when written anew', async () => {
    const { key, signature } = await made;
    expect(await state(signature, key)).toBe('valid');
    expect(await state(await changed(signature, () => undefined), key)).toBe('valid');
  });

  it.each<[string, (r: Buffer, s: Buffer) => [Uint8Array, Uint8Array]]>([
    ['S plus the order, which is the same number to a lax reader', (r, s) => [r, littleBytes(little(s) + L)]],
    ['S of 1', (r) => [r, littleBytes(1n)]],
    ['S of the order', (r) => [r, littleBytes(L)]],
    ['R of small order', (_, s) => [IDENTITY, s]],
    ['R of small order and S of 1', () => [IDENTITY, littleBytes(1n)]],
    ['R that is not canonical', (_, s) => [ODD_IDENTITY, s]],
    ['R and S exchanged', (r, s) => [s, r]],
    ['all ones', () => [Buffer.alloc(32, 0xff), Buffer.alloc(32, 0xff)]],
  ])('is wrong with %s', async (_, how) => {
    const { key, signature } = await made;
    const other = await changed(signature, (params) => {
      const { RS, r, s } = params;
      const [newR, newS] = how(
        Buffer.from(RS?.subarray(0, 32) ?? padded(r)),
        Buffer.from(RS?.subarray(32) ?? padded(s)),
      );
      if (RS === undefined) Object.assign(params, { r: newR, s: newS });
      else params.RS = Buffer.concat([newR, newS]);
    });
    expect(Buffer.from(other).equals(Buffer.from(signature))).toBe(false);
    expect(await state(other, key)).toBe('wrong');
  });

  it('is not one when cut anywhere, nor right when longer', async () => {
    const { key, signature } = await made;
    for (let length = 0; length < signature.length; length += 1) {
      expect(await state(signature.subarray(0, length), key), `${length} bytes`).toMatch(/malformed|wrong/);
    }
    expect(await state(Buffer.concat([signature, Buffer.alloc(1)]), key)).toMatch(/malformed|wrong/);
  });
});

/** Numbers lose their leading zeros in the file. */
const padded = (bytes: Uint8Array = Buffer.alloc(0)) =>
  Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);

async function signed(by: PrivateKey): Promise<Uint8Array> {
  const message = await createMessage({ binary: TARBALL });
  const date = new Date('2026-06-01');
  const made: unknown = await sign({ message, signingKeys: by, detached: true, format: 'binary', date });
  return made as Uint8Array;
}
