import { readKeys, type Key, type PublicKey } from 'openpgp';
import { Refusal } from '../../errors.js';

/** More than any release was ever signed with. */
const MAX_KEYS = 8;
const BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g;

/**
 * The OpenPGP keys in a text that is something else besides: install.sh carries the release key. Nothing
 * is trusted because it stands there; that is for the fingerprint to decide.
 * @param from names the text in messages
 * @returns none when there is no armored block
 * @throws Refusal E_SIGNATURE_FORMAT when a block is broken
 */
export async function keysInText(text: string, from: string): Promise<PublicKey[]> {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length > MAX_KEYS) throw notKeys(from, 'it has more keys than a release could need');
  const keys: PublicKey[] = [];
  for (const block of blocks) keys.push(...(await publicKeys({ armoredKeys: block }, from)));
  return keys;
}

/**
 * The keys of a key file, armored or not.
 * @throws Refusal E_SIGNATURE_FORMAT when it holds none
 */
export async function keysInFile(bytes: Uint8Array, from: string): Promise<PublicKey[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const armored = text.includes('-----BEGIN PGP');
  const keys = armored ? await keysInText(text, from) : await publicKeys({ binaryKeys: bytes }, from);
  if (keys.length === 0) throw notKeys(from, 'it holds no public key');
  return keys;
}

/**
 * Each key once. Of two copies of one key the parts are put together, so that a revocation in either
 * counts. Two keys with one key id are refused: signatures name their key by that id, which is too short
 * to rule out a second key made to fit.
 * @throws Refusal E_SIGNATURE_FORMAT
 */
export async function mergeKeys(keys: readonly PublicKey[], from: string): Promise<PublicKey[]> {
  if (keys.length > MAX_KEYS) throw notKeys(from, 'there are more keys than a release could need');
  const merged = new Map<string, PublicKey>();
  for (const key of keys) {
    const fingerprint = key.getFingerprint();
    const before = merged.get(fingerprint);
    merged.set(fingerprint, before === undefined ? key : await before.update(key));
  }
  const ids = [...merged.values()].flatMap((key) => key.getKeyIDs().map((id) => id.toHex()));
  if (new Set(ids).size !== ids.length) throw notKeys(from, 'two different keys in it have the same key id');
  return [...merged.values()];
}

async function publicKeys(
  input: { armoredKeys: string } | { binaryKeys: Uint8Array },
  from: string,
): Promise<PublicKey[]> {
  let keys: Key[];
  try {
    keys = await ('armoredKeys' in input ? readKeys(input) : readKeys(input));
  } catch (error) {
    throw notKeys(from, error instanceof Error ? error.message : String(error), error);
  }
  // Somebody's secret must not be carried from server to server on a stick.
  if (keys.some((key) => key.isPrivate())) throw notKeys(from, 'it holds a secret key; give the public one');
  return keys.map((key) => key.toPublic());
}

function notKeys(from: string, why: string, cause?: unknown): Refusal {
  return new Refusal('E_SIGNATURE_FORMAT', `the OpenPGP key in ${from} cannot be used: ${why}`, {
    hint: 'gpg --armor --export FINGERPRINT > release-key.asc on a connected machine makes a key file',
    cause,
  });
}
