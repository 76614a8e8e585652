import { config, enums, readKeys, readMessage, verify, type Key, type KeyID, type PublicKey } from 'openpgp';

/** What the author's own OpenPGP signature in a package is worth. */
export type AuthorFinding =
  | { readonly state: 'valid'; readonly fingerprint: string; readonly name: string | undefined }
  /** It is there and proves nothing, as a clause: "it is over another text". */
  | { readonly state: 'invalid'; readonly why: string };

/** A signed sentence has some hundred bytes; what is more could be packed and unpack to anything. */
const MAX_SIGNATURE_BYTES = 16 * 1024;
/** Keys with many certificates of others reach a few hundred thousand bytes. */
const MAX_KEYRING_BYTES = 2 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 64 * 1024;
const MAX_KEYS = 16;

/**
 * Compares what `gpg --sign` made of a sentence that names the app (`pgpSignature` in package.capnp) with the
 * keys in the package. Who the key belongs to is for people to find out: the package brings its own.
 *
 * What upstream's gpg takes is taken: apps of 2015 have SHA-1 and short keys. The sentence leaves a forger no
 * room for the two texts of one hash that he would have to make. A key that has expired since has still signed.
 */
export async function checkAuthorSignature(
  appId: string,
  signature: Uint8Array,
  keyring: Uint8Array | undefined,
): Promise<AuthorFinding> {
  if (keyring === undefined) return invalid('the key to check it with is missing');
  if (signature.length > MAX_SIGNATURE_BYTES || keyring.length > MAX_KEYRING_BYTES) {
    return invalid('it is larger than any');
  }
  try {
    const keys = (await readKeys({ binaryKeys: keyring, config: LIMITED })).slice(0, MAX_KEYS);
    return await compare(appId, signature, keys.map(publicOf));
  } catch (error) {
    return invalid(clause(error));
  }
}

const LIMITED = {
  ...config,
  maxDecompressedMessageSize: MAX_UNPACKED_BYTES,
  rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd]),
  rejectPublicKeyAlgorithms: new Set<enums.publicKey>(),
  minRSABits: 1024,
};

async function compare(appId: string, bytes: Uint8Array, keys: PublicKey[]): Promise<AuthorFinding> {
  const message = await readMessage({ binaryMessage: bytes, config: LIMITED });
  const result: unknown = await verify({
    message,
    verificationKeys: keys,
    // Now, or any time before: see above.
    date: null,
    config: LIMITED,
  });
  const { data, signatures } = result as Verified;
  const [signed] = signatures;
  if (signed === undefined) return invalid('there is no signature in it');
  await signed.verified;
  if (data.trim() !== sentenceFor(appId)) return invalid('it is over another text');
  const key = keys.find((one) => one.getKeys(signed.keyID).length > 0);
  if (key === undefined) return invalid('the key to check it with is missing');
  const { users } = key;
  return {
    state: 'valid',
    fingerprint: key.getFingerprint().toUpperCase(),
    name: users[0]?.userID?.name,
  };
}

/** What the library answers; its own types want a package that is not needed to run. */
interface Verified {
  readonly data: string;
  readonly signatures: readonly { readonly keyID: KeyID; readonly verified: Promise<true> }[];
}

function sentenceFor(appId: string): string {
  return `I am the author of the Sandstorm.io app with the following ID: ${appId}`;
}

/** Somebody's secret by mistake; nothing is done with it. */
function publicOf(key: Key): PublicKey {
  return key.toPublic();
}

function invalid(why: string): AuthorFinding {
  return { state: 'invalid', why };
}

/** The library's words, without what only its makers need. */
function clause(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^Error [a-z ]+: /, '')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200);
}
