import { createHash, type Hash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { bytesToNumberLE } from '@noble/curves/utils';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

/**
 * Plain ed25519 (RFC 8032) over a message that goes by in pieces: node's own verify wants all of it in
 * memory at once. As strict as libsodium, which Sandstorm uses: S below the group's order, R and the key
 * canonical and not of small order, no cofactor. A key of small order would make one signature right for
 * every message.
 */
export class Ed25519Verifier {
  private readonly hash: Hash;
  private readonly parts: { readonly a: Point; readonly s: bigint } | undefined;

  /**
   * @param publicKey 32 bytes
   * @param signature 64 bytes: R, then S
   */
  constructor(
    publicKey: Uint8Array,
    private readonly signature: Uint8Array,
  ) {
    const r = signature.subarray(0, 32);
    this.parts = partsOf(publicKey, signature);
    this.hash = createHash('sha512').update(r).update(publicKey);
  }

  update(chunk: Uint8Array): void {
    // No message can make it right any more.
    if (this.parts !== undefined) this.hash.update(chunk);
  }

  /** Once, after the last piece. */
  verify(): boolean {
    if (this.parts === undefined) return false;
    const { a, s } = this.parts;
    const k = Point.Fn.create(bytesToNumberLE(this.hash.digest()));
    // Compared as bytes: only the canonical encoding of the one right point passes.
    const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes();
    return Buffer.from(expected).equals(this.signature.subarray(0, 32));
  }
}

/** Whether these are the bytes of a key that can vouch for anything. */
export function isSoundKey(publicKey: Uint8Array): boolean {
  return soundPoint(publicKey) !== undefined;
}

function partsOf(publicKey: Uint8Array, signature: Uint8Array): { a: Point; s: bigint } | undefined {
  if (signature.length !== 64) return undefined;
  const a = soundPoint(publicKey);
  const r = soundPoint(signature.subarray(0, 32));
  const s = bytesToNumberLE(signature.subarray(32));
  return a === undefined || r === undefined || !Point.Fn.isValid(s) ? undefined : { a, s };
}

function soundPoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    const point = Point.fromBytes(Uint8Array.from(bytes), false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}
