import type { KeyEntry } from './key-store.js';
import { publicLine } from './house-key.js';
import { parseManifest, type KitManifest } from './manifest.js';
import { kitExpired, keyRevoked, keyUntrusted, notAKit, signatureWrong } from './refusals.js';
import { isSignedBy, parseSignature } from './signature.js';

/**
 * The manifest of a kit whose key has signed these very bytes; whether that key counts is another question.
 * Pure.
 * @throws Refusal E_KIT_SIGNATURE, E_KIT_FORMAT
 */
export function signedManifest(path: string, bytes: Uint8Array, signatureFile: Uint8Array): KitManifest {
  const signature = parseSignature(signatureFile);
  if (signature === undefined) throw signatureWrong(path, 'kit.json.sig holds no signature');
  if (!isSignedBy(signature, bytes))
    throw signatureWrong(path, 'kit.json was changed, or it is the signature of another kit');
  const manifest = parseManifest(bytes);
  if (typeof manifest === 'string') throw notAKit(path, manifest);
  if (manifest.key !== signature.key) throw signatureWrong(path, 'kit.json says that another key signs it');
  return manifest;
}

/**
 * Whether a kit with that manifest may be used today. Pure.
 * @throws Refusal E_KIT_UNTRUSTED, E_KEY_REVOKED, E_KIT_EXPIRED
 */
export function requireTrusted(
  path: string,
  manifest: KitManifest,
  keys: readonly KeyEntry[],
  now: Date,
): KeyEntry {
  const entry = keys.find(({ key }) => key === manifest.key);
  if (entry === undefined) throw keyUntrusted(path, publicLine({ key: manifest.key, name: '' }));
  if (entry.revoked) throw keyRevoked(path, entry.key, entry.revoked.at, entry.revoked.reason);
  if (manifest.expires !== null && Date.parse(manifest.expires) <= now.getTime())
    throw kitExpired(path, manifest, now);
  return entry;
}
