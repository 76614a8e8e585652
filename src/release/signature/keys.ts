import { badValue } from '../../errors.js';

export type KeyKind = 'ed25519' | 'openpgp';

/** For people. */
export const KIND_NAMES = { ed25519: 'ed25519', openpgp: 'OpenPGP' } as const;

/** Which key, of which kind. */
export interface KeyName {
  readonly kind: KeyKind;
  /**
   * Upper-case hexadecimal digits. OpenPGP: its fingerprint, 40 digits (64 from version 5 on).
   * ed25519: the public key itself, 64 digits; its bytes are few enough to need no shorter name.
   */
  readonly fingerprint: string;
}

/** A key whose word counts, and on whose say-so. */
export interface TrustedKey extends KeyName {
  /** A house's key vouches for what came in its kits, and for nothing else. */
  readonly origin: 'built-in' | 'store' | 'house';
}

/**
 * Keys Sandstorm signs releases with. The first is the only entry of `updatePublicKeys` in
 * src/sandstorm/update-tool.capnp (four little-endian UInt64); the second the fingerprint that
 * install.sh compares with.
 */
export const BUILT_IN_KEYS: readonly TrustedKey[] = [
  {
    kind: 'ed25519',
    fingerprint: '77A97B729E992D5A63CF8C70E0A6CE83BC19BEC4EDCC70DF667341DBE27E0881',
    origin: 'built-in',
  },
  { kind: 'openpgp', fingerprint: '160D2D577518B58D94C9800B63F227499DA8CCBD', origin: 'built-in' },
];

/** Where the built-in ed25519 key stands in upstream's list: its signature has the same place in a file. */
export const BUILT_IN_ED25519_INDEX = 0;

const WORDS = /^(?:0x[0-9a-f]{1,16}[\s,]*){4}$/i;

/**
 * A key as people write it: a fingerprint with or without blanks and colons, `ed25519:` or `openpgp:`
 * before it, or the four numbers of update-tool.capnp. Bare 64 digits are an ed25519 key.
 * @throws Refusal E_BAD_VALUE. Short OpenPGP key ids too: anybody can make a key with a given one.
 */
export function parseKeyName(text: string, what: string): KeyName {
  const [, prefix, rest = ''] = /^(?:(ed25519|openpgp):)?(.*)$/is.exec(text.trim()) ?? [];
  const kind = prefix?.toLowerCase() as KeyKind | undefined;
  if (kind !== 'openpgp' && WORDS.test(rest)) return { kind: 'ed25519', fingerprint: fromWords(rest) };

  const digits = rest.replace(/[\s:]/g, '').toUpperCase();
  const length = /^[0-9A-F]+$/.test(digits) ? digits.length : 0;
  if (length === 40 && kind !== 'ed25519') return { kind: 'openpgp', fingerprint: digits };
  if (length === 64) return { kind: kind ?? 'ed25519', fingerprint: digits };
  throw badValue(
    what,
    text.length > 200 ? `${text.slice(0, 200)}…` : text,
    'a whole OpenPGP fingerprint (40 hexadecimal digits) or an ed25519 public key (64)',
  );
}

function fromWords(text: string): string {
  const bytes = Buffer.alloc(32);
  const words = text.match(/0x[0-9a-f]+/gi) ?? [];
  words.forEach((word, index) => bytes.writeBigUInt64LE(BigInt(word), index * 8));
  return bytes.toString('hex').toUpperCase();
}

/** For people: "160D 2D57 7518 …" whole, as others print it; an ed25519 key shortened. */
export function showKey({ kind, fingerprint }: KeyName): string {
  if (kind === 'openpgp') return fingerprint.replace(/(.{4})(?=.)/g, '$1 ');
  return `${fingerprint.slice(0, 8)}…${fingerprint.slice(-8)}`;
}

/** As parseKeyName reads it back, for a command to type. */
export function typeKey({ kind, fingerprint }: KeyName): string {
  return kind === 'openpgp' && fingerprint.length === 40 ? fingerprint : `${kind}:${fingerprint}`;
}

export function sameKey(one: KeyName, other: KeyName): boolean {
  return one.kind === other.kind && one.fingerprint === other.fingerprint;
}

export function ed25519Bytes({ fingerprint }: KeyName): Uint8Array {
  return Buffer.from(fingerprint, 'hex');
}
