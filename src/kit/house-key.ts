import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Refusal } from '../errors.js';
import { isSoundKey } from '../release/signature/ed25519.js';
import type { Host } from '../system/host.js';
import { randomBytes } from '../system/random.js';
import { isMoment, matches, requireLine, SHA256 } from './manifest.js';
import { isObject } from '../json.js';

/** A key with which the connected side of the house signs its kits. */
export interface HouseKey {
  /** Public key, 64 hex digits. */
  readonly key: string;
  /** The secret, 32 bytes. */
  readonly seed: Uint8Array;
  readonly name: string;
  /** ISO 8601, UTC */
  readonly created: string;
}

/** A public key and the name its owner gave it, as they travel: one line. */
export interface PublicKey {
  readonly key: string;
  readonly name: string;
}

const LINE = /^sandstorm-airgap-key-1 ([0-9a-f]{64})(?: (.+))?$/i;
const FILE_FORMAT = 'sandstorm-airgap-secret-key-1';
const LARGEST = 4096;

export function publicLine({ key, name }: PublicKey): string {
  return `sandstorm-airgap-key-1 ${key} ${name}`.trimEnd();
}

/** @throws Refusal E_BAD_VALUE for what is no such line, or no key that could vouch for anything */
export function parsePublicLine(text: string, what: string): PublicKey {
  const [, key, name = ''] = LINE.exec(text.trim()) ?? [];
  const bare = /^[0-9a-f]{64}$/i.test(text.trim()) ? text.trim() : undefined;
  const digits = (key ?? bare)?.toLowerCase();
  if (digits === undefined || !isSoundKey(Buffer.from(digits, 'hex'))) {
    throw new Refusal('E_BAD_VALUE', `${what} is no key of a house`, {
      hint: 'give the line that `sandstorm-airgap key show` prints where the kits are made, or a file that holds it',
    });
  }
  return { key: digits, name: requireLine(name, what) };
}

/** A new key, known to nobody else. */
export function makeHouseKey(name: string, now: Date): HouseKey {
  const seed = randomBytes(32);
  return { key: publicOf(seed), seed, name: requireLine(name, '--name'), created: now.toISOString() };
}

/** @returns false when something is there already */
export function keepHouseKey(
  path: string,
  { seed, key, name, created }: HouseKey,
  host: Host,
): Promise<boolean> {
  const secret = Buffer.from(seed).toString('hex');
  const text = `${JSON.stringify({ format: FILE_FORMAT, key, name, created, secret }, undefined, 1)}\n`;
  return host.files.createExclusive(path, text, 0o600);
}

/** @throws Refusal E_KEY_MISSING, E_KEY_FILE, E_IO */
export async function readHouseKey(path: string, host: Host): Promise<HouseKey> {
  const stat = await host.files.stat(path);
  if (stat === undefined) {
    throw new Refusal('E_KEY_MISSING', `there is no key at ${path}`, {
      hint: 'sandstorm-airgap key create makes one; --sign-key FILE names one that lies elsewhere',
    });
  }
  if ((stat.mode & 0o077) !== 0 || (stat.uid !== 0 && stat.uid !== host.user.uid)) {
    throw brokenKey(
      path,
      'others may read it, so it may not be the only one',
      `look who had it, then: chmod 600 ${path}`,
    );
  }
  return parseSecret((await host.files.readText(path, LARGEST)) ?? '', path);
}

function parseSecret(text: string, path: string): HouseKey {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = undefined;
  }
  const hint = 'put back a copy of it, or make a new one with key create and trust that one on the servers';
  if (!isObject(said) || said.format !== FILE_FORMAT) throw brokenKey(path, 'it holds no secret key', hint);
  const { key, name, created, secret } = said;
  if (!matches(secret, SHA256) || !isMoment(created) || typeof name !== 'string')
    throw brokenKey(path, 'it is cut short or was changed', hint);
  const seed = Buffer.from(secret, 'hex');
  if (publicOf(seed) !== key) throw brokenKey(path, 'its two halves do not belong together', hint);
  return { key, seed, name, created };
}

function publicOf(seed: Uint8Array): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return spki.subarray(-32).toString('hex');
}

function brokenKey(path: string, why: string, hint: string): Refusal {
  return new Refusal('E_KEY_FILE', `the key ${path} cannot be used: ${why}`, { hint });
}
