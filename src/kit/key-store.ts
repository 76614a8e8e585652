import { Refusal } from '../errors.js';
import { readOwned, writeOwned } from '../release/signature/owned-file.js';
import { trustStoreRefused } from '../release/signature/refusals.js';
import type { Host } from '../system/host.js';
import { CONTROL, isMoment, matches, requireLine, SHA256 } from './manifest.js';
import { isObject } from '../json.js';
import type { PublicKey } from './house-key.js';
import { kitPlaces } from './places.js';
import { shortKey } from './refusals.js';

/** A key that may vouch for kits and what is in them, or that must not any more. */
export interface KeyEntry extends PublicKey {
  /** ISO 8601, UTC */
  readonly addedAt: string;
  /** Login name; behind sudo that of the person. */
  readonly by: string;
  readonly reason: string;
  readonly revoked: { readonly at: string; readonly by: string; readonly reason: string } | null;
}

const LIMIT = 256 * 1024;
/** Revoked ones stay: a kit that is signed by one of them may turn up at any time. */
const MAX_ENTRIES = 200;

/** Oldest first. @throws Refusal E_TRUST_STORE, E_IO */
export async function readKeys(host: Host): Promise<readonly KeyEntry[]> {
  const path = kitPlaces(host).keys;
  const text = await readOwned(path, LIMIT, host);
  return text === undefined ? [] : parseKeys(text, path);
}

/**
 * Trusts a key. Call it under a lock.
 * @returns false when it is trusted already
 * @throws Refusal E_KEY_REVOKED, E_TRUST_STORE, E_IO
 */
export async function trustKey(
  { key, name }: PublicKey,
  reason: string,
  host: Host,
  { dryRun = false } = {},
): Promise<boolean> {
  requireLine(reason, '--reason');
  const entries = await readKeys(host);
  const known = entries.find((entry) => entry.key === key);
  if (known?.revoked) {
    throw new Refusal('E_KEY_REVOKED', `${shortKey(key)} was revoked here: ${known.revoked.reason}`, {
      hint: 'a key that was revoked is not trusted again; make a new one: sandstorm-airgap key create FILE',
    });
  }
  if (known !== undefined) return false;
  const entry = { key, name, ...signed(host), reason, revoked: null };
  if (!dryRun) await write([...entries, entry], host);
  return true;
}

/**
 * From now on nothing that it signed is taken in, whenever that was. A key that was never trusted can be revoked too,
 * so that nobody trusts it by mistake. Call it under a lock.
 * @returns false when it is revoked already
 */
export async function revokeKey(
  { key, name }: PublicKey,
  reason: string,
  host: Host,
  { dryRun = false } = {},
): Promise<boolean> {
  requireLine(reason, '--reason');
  const entries = await readKeys(host);
  const known = entries.find((entry) => entry.key === key);
  if (known?.revoked) return false;
  const { addedAt, by } = signed(host);
  const before = known ?? { key, name, addedAt, by, reason };
  const entry: KeyEntry = { ...before, revoked: { at: addedAt, by, reason } };
  const changed =
    known === undefined ? [...entries, entry] : entries.map((one) => (one === known ? entry : one));
  if (!dryRun) await write(changed, host);
  return true;
}

/** Pure. @throws Refusal E_TRUST_STORE */
export function parseKeys(text: string, path: string): readonly KeyEntry[] {
  const broken = (why: string): Refusal =>
    trustStoreRefused(path, why, `put back a copy, or remove it and trust your keys again: rm ${path}`);
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw broken('it is no JSON');
  }
  if (!isObject(said) || said.version !== 1) throw broken('it is not of version 1');
  if (!Array.isArray(said.keys) || said.keys.length > MAX_ENTRIES)
    throw broken('it has no list of keys, or too long a one');
  return said.keys.map((entry: unknown) => {
    // What was revoked must not become trusted because a line of it is damaged.
    if (!isEntry(entry)) throw broken('one of its entries is not as this tool writes them');
    return entry;
  });
}

function isEntry(said: unknown): said is KeyEntry {
  if (!isObject(said)) return false;
  const { key, name, addedAt, by, reason, revoked, ...others } = said;
  if (Object.keys(others).length > 0 || !matches(key, SHA256) || !isMoment(addedAt)) return false;
  if (![name, by, reason].every(isLine)) return false;
  if (revoked === null) return true;
  return isObject(revoked) && isMoment(revoked.at) && isLine(revoked.by) && isLine(revoked.reason);
}

function isLine(said: unknown): boolean {
  return typeof said === 'string' && said.length <= 500 && !CONTROL.test(said);
}

function signed(host: Host): Pick<KeyEntry, 'addedAt' | 'by'> {
  const by = (host.env.SUDO_USER ?? host.user.name).replace(new RegExp(CONTROL, 'gu'), '?').slice(0, 100);
  return { addedAt: host.clock.now().toISOString(), by };
}

async function write(keys: readonly KeyEntry[], host: Host): Promise<void> {
  if (keys.length > MAX_ENTRIES) {
    throw new Refusal('E_BAD_VALUE', `${String(MAX_ENTRIES)} keys are known already`, {
      hint: 'sandstorm-airgap key list shows them',
    });
  }
  await writeOwned(kitPlaces(host).keys, `${JSON.stringify({ version: 1, keys }, undefined, 1)}\n`, host);
}
