import { join } from 'node:path';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { BUILT_IN_KEYS, ed25519Bytes, sameKey, type KeyName, type TrustedKey } from './keys.js';
import { readOwned, writeOwned } from './owned-file.js';
import { trustStoreRefused } from './refusals.js';

/** A key that an administrator trusts beside the built-in ones. */
export interface TrustEntry extends KeyName {
  /** ISO 8601, UTC */
  readonly addedAt: string;
  /** Login name; behind sudo that of the person. */
  readonly by: string;
  readonly reason: string;
}

const FILE = 'trust.json';
const VERSION = 1;
const LIMIT = 64 * 1024;
/** Each ed25519 key costs one more hash of every tarball. */
const MAX_ENTRIES = 16;
const MAX_TEXT = 500;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

export function trustStorePath(host: Host): string {
  return join(host.layout.stateDir, FILE);
}

/**
 * What was added to the built-in keys, oldest first. Whoever can write that file can make this tool
 * install anything as root, so a file or folder that others may write to is refused, not used.
 * @throws Refusal E_TRUST_STORE, E_IO
 */
export async function readTrustStore(host: Host): Promise<readonly TrustEntry[]> {
  const path = trustStorePath(host);
  const text = await readOwned(path, LIMIT, host);
  return text === undefined ? [] : parseTrustStore(text, path);
}

/** All keys whose word counts: the built-in ones, then the added ones. @throws Refusal E_TRUST_STORE, E_IO */
export async function trustedKeys(host: Host): Promise<readonly TrustedKey[]> {
  const added = (await readTrustStore(host))
    .filter((entry) => !BUILT_IN_KEYS.some((key) => sameKey(key, entry)))
    .map(({ kind, fingerprint }): TrustedKey => ({ kind, fingerprint, origin: 'store' }));
  return [...BUILT_IN_KEYS, ...added];
}

export interface ChangeOptions {
  readonly dryRun?: boolean;
}

/**
 * Remembers a key. Call it under a lock: the file is read, changed and replaced whole.
 * @returns false when the key is trusted already, and there is nothing to change
 * @throws Refusal E_BAD_VALUE, E_TRUST_STORE, E_IO
 */
export async function addTrust(
  key: KeyName,
  reason: string,
  host: Host,
  { dryRun = false }: ChangeOptions = {},
): Promise<boolean> {
  requireReason(reason);
  if (key.kind === 'ed25519' && !(await isSound(key))) throw unsoundKey(key);
  const entries = await readTrustStore(host);
  if ([...BUILT_IN_KEYS, ...entries].some((one) => sameKey(one, key))) return false;
  if (entries.length >= MAX_ENTRIES) {
    throw new Refusal('E_BAD_VALUE', `${String(MAX_ENTRIES)} keys are trusted already`, {
      hint: 'sandstorm-airgap trust list, and trust remove what is not needed any more',
    });
  }
  const { kind, fingerprint } = key;
  const by = host.env.SUDO_USER ?? host.user.name;
  const entry = { kind, fingerprint, addedAt: host.clock.now().toISOString(), by: clean(by), reason };
  if (!dryRun) await write([...entries, entry], host);
  return true;
}

/**
 * Forgets a key that was added. Call it under a lock.
 * @returns false when it is not there
 * @throws Refusal E_BAD_VALUE for a built-in key, E_TRUST_STORE, E_IO
 */
export async function removeTrust(
  key: KeyName,
  host: Host,
  { dryRun = false }: ChangeOptions = {},
): Promise<boolean> {
  if (BUILT_IN_KEYS.some((one) => sameKey(one, key))) {
    throw new Refusal('E_BAD_VALUE', 'that key is built in and cannot be removed', {
      hint: 'sandstorm-airgap trust list shows which ones can',
    });
  }
  const entries = await readTrustStore(host);
  const left = entries.filter((one) => !sameKey(one, key));
  if (left.length === entries.length) return false;
  if (!dryRun) await write(left, host);
  return true;
}

/** Pure. @throws Refusal E_TRUST_STORE */
export function parseTrustStore(text: string, path: string): readonly TrustEntry[] {
  const broken = (why: string): Refusal =>
    trustStoreRefused(path, why, `put back a copy, or remove it and trust your keys again: rm ${path}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken('it is no JSON');
  }
  const { version, keys } = (value ?? {}) as { version?: unknown; keys?: unknown };
  if (version !== VERSION) throw broken(`it is not of version ${String(VERSION)}`);
  if (!Array.isArray(keys) || keys.length > MAX_ENTRIES)
    throw broken('it has no list of keys, or too long a one');
  return keys.map((entry: unknown) => {
    if (!isEntry(entry)) throw broken('one of its entries is not as this tool writes them');
    const { kind, fingerprint, addedAt, by, reason } = entry;
    return { kind, fingerprint, addedAt, by, reason };
  });
}

function isEntry(value: unknown): value is TrustEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, fingerprint, addedAt, by, reason } = value as Record<string, unknown>;
  const texts = [fingerprint, addedAt, by, reason].every(
    (text) => typeof text === 'string' && text.length <= MAX_TEXT && !CONTROL.test(text),
  );
  if (!texts || Number.isNaN(Date.parse(addedAt as string))) return false;
  if (kind === 'ed25519') return /^[0-9A-F]{64}$/.test(fingerprint as string);
  return kind === 'openpgp' && /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint as string);
}

function write(keys: readonly TrustEntry[], host: Host): Promise<void> {
  const text = `${JSON.stringify({ version: VERSION, keys }, undefined, 2)}\n`;
  return writeOwned(trustStorePath(host), text, host);
}

function requireReason(reason: string): void {
  if (reason.trim() !== '' && reason.length <= MAX_TEXT && !CONTROL.test(reason)) return;
  throw new Refusal('E_BAD_VALUE', 'the reason must be a line of text', {
    hint: "--reason 'new release key, announced in issue 3779, compared by phone'",
  });
}

async function isSound(key: KeyName): Promise<boolean> {
  const { isSoundKey } = await import('./ed25519.js');
  return isSoundKey(ed25519Bytes(key));
}

function unsoundKey({ fingerprint }: KeyName): Refusal {
  return new Refusal('E_BAD_VALUE', `${fingerprint} is no ed25519 public key that could vouch for anything`, {
    hint: 'compare it digit by digit with where it was announced',
  });
}

function clean(name: string): string {
  return name.replace(new RegExp(CONTROL, 'gu'), '?').slice(0, 100);
}
