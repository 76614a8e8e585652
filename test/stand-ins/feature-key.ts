import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The fields of a key, as Sandstorm's schema numbers them; names are ours. */
const SCHEMA = `@0xd24581e9cd6a6772;
struct FeatureKey {
  secret @0 :Data; customer @1 :Customer; issued @2 :UInt64; expires @3 :UInt64; userLimit @4 :UInt32;
  isElasticBilling @5 :Bool; isTrial @6 :Bool;
  features :group { ldap @7 :Bool = true; saml @8 :Bool = true; orgManagement @9 :Bool = true; }
  isForTesting @10 :Bool; isFreeKey @11 :Bool;
  struct Customer { id @0 :UInt64; organizationName @1 :Text; contactName @2 :Text; contactEmail @3 :Text; }
}
`;

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

/** Whose signature the keys made here have. */
export const standInSigningKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

/** @param value of struct FeatureKey, as capnp's text format has it; packed by the genuine capnp */
export function packFeatureKey(value: string): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'feature-key-'));
  try {
    const schema = join(dir, 'feature-key.capnp');
    writeFileSync(schema, SCHEMA);
    return execFileSync('capnp', ['encode', '--packed', schema, 'FeatureKey'], { input: value });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Signature and armour around it, as Sandstorm's own tool made them. */
export function armourFeatureKey(packed: Uint8Array): string {
  const whole = Buffer.concat([sign(null, packed, privateKey), packed]).toString('base64');
  const lines = whole.match(/.{1,72}/g) ?? [];
  const line = (word: string): string =>
    `--------------------- ${word} SANDSTORM FEATURE KEY ----------------------`;
  return [line('BEGIN'), ...lines, line('END'), ''].join('\n');
}
