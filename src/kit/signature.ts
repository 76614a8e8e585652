import { createPrivateKey, sign } from 'node:crypto';
import { Ed25519Verifier } from '../release/signature/ed25519.js';
import type { HouseKey } from './house-key.js';

/**
 * What is signed is this, then the manifest's bytes: the key of the house may sign other things one day, and no
 * signature of those must do for a kit.
 */
const DOMAIN = Buffer.from('sandstorm-airgap kit manifest v1\0');
const LINE = /^sandstorm-airgap-kit-signature-1 ([0-9a-f]{64}) ([0-9a-f]{128})\n$/;
export const LARGEST_SIGNATURE = 1024;

export interface KitSignature {
  /** Public key, 64 hex digits. */
  readonly key: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

export function signManifest(bytes: Uint8Array, { seed, key }: Pick<HouseKey, 'seed' | 'key'>): string {
  // PKCS #8 of RFC 8410: the seed is all that changes.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const signature = sign(null, Buffer.concat([DOMAIN, bytes]), privateKey);
  return `sandstorm-airgap-kit-signature-1 ${key} ${signature.toString('hex')}\n`;
}

/** undefined when it is none. Pure. */
export function parseSignature(bytes: Uint8Array): KitSignature | undefined {
  const [, key, signature] = LINE.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  if (key === undefined || signature === undefined) return undefined;
  return { key, signature: Buffer.from(signature, 'hex') };
}

/** Whether that key signed these bytes, as strictly as releases are judged. Pure. */
export function isSignedBy({ key, signature }: KitSignature, manifest: Uint8Array): boolean {
  const verifier = new Ed25519Verifier(Buffer.from(key, 'hex'), signature);
  verifier.update(DOMAIN);
  verifier.update(manifest);
  return verifier.verify();
}
