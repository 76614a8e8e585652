/**
 * App ids: the 32 bytes of an ed25519 public key as 52 characters, five bits each, the most significant
 * first, the last one padded with zeros (Sandstorm's `id-to-text.c++`).
 */

const ALPHABET = '0123456789acdefghjkmnpqrstuvwxyz';
/** What people type for what they read: the alphabet has none of these letters. */
const LOOKALIKES: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1', b: '8' };
const KEY_BYTES = 32;
const ID_LENGTH = 52;

/** @param publicKey 32 bytes */
export function appIdOf(publicKey: Uint8Array): string {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an app id is made of 32 bytes');
  // A spare bit each at the end: 52 characters hold 260 bits.
  let bits = BigInt(`0x${Buffer.from(publicKey).toString('hex')}`) << 4n;
  let id = '';
  for (let at = 0; at < ID_LENGTH; at += 1) {
    id = (ALPHABET[Number(bits & 31n)] ?? '') + id;
    bits >>= 5n;
  }
  return id;
}

/**
 * The key of an app id as somebody may have typed it: upper case and lookalikes are understood.
 * @returns undefined when it is none, also when the spare bits at its end are not zero
 */
export function parseAppId(text: string): Uint8Array | undefined {
  if (text.length !== ID_LENGTH) return undefined;
  let bits = 0n;
  for (const letter of text.toLowerCase()) {
    const value = ALPHABET.indexOf(LOOKALIKES[letter] ?? letter);
    if (value < 0) return undefined;
    bits = (bits << 5n) | BigInt(value);
  }
  if ((bits & 15n) !== 0n) return undefined;
  return Buffer.from((bits >> 4n).toString(16).padStart(2 * KEY_BYTES, '0'), 'hex');
}
