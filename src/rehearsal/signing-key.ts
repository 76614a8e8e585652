import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyName } from '../release/signature/keys.js';
import { writeUpdateSig } from '../release/signature/update-sig.js';

/** An ed25519 key that nobody has but this process. */
export interface SigningKey {
  /** For `trust add`. */
  readonly name: KeyName;
  /** The `.update-sig` file of a tarball, as Sandstorm's own tool writes them. */
  sign(tarball: Uint8Array): Buffer;
}

/** A throw-away key, for stand-in releases to be proven genuine by the way that real ones go. */
export function makeSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return {
    name: { kind: 'ed25519', fingerprint: raw.toString('hex').toUpperCase() },
    sign: (tarball) => writeUpdateSig([sign(null, tarball, privateKey)]),
  };
}
