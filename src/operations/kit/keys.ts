import { dirname } from 'node:path';
import { keepHouseKey, makeHouseKey, readHouseKey, type PublicKey } from '../../kit/house-key.js';
import { readKeys, revokeKey, trustKey, type KeyEntry } from '../../kit/key-store.js';
import { kitPlaces } from '../../kit/places.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { withKitLock } from './kit-lock.js';

export interface CreatedKey extends PublicKey {
  readonly file: string;
  readonly changed: boolean;
}

/**
 * A key to sign kits with, kept in a file that only this user can read, and trusted on this machine. One that is there
 * already stays.
 * @throws Refusal E_KEY_FILE, E_KEY_REVOKED, E_TRUST_STORE, E_BUSY, E_IO
 */
export async function createKey(
  wish: { readonly file: string | undefined; readonly name: string; readonly dryRun: boolean },
  host: Host,
): Promise<CreatedKey> {
  const file = wish.file ?? kitPlaces(host).houseKey;
  const there = await ownKey(wish.file, host);
  if (there !== undefined) return { ...there, file, changed: false };
  const made = makeHouseKey(wish.name, host.clock.now());
  const { key, name } = made;
  if (wish.dryRun) return { key, name, file, changed: true };
  return withKitLock('key create', host, async () => {
    await host.files.makeDir(dirname(file), 0o755);
    if (!(await keepHouseKey(file, made, host))) {
      throw new Refusal('E_BUSY', `somebody else has just made ${file}`, {
        hint: 'sandstorm-airgap key show',
      });
    }
    await trustKey(made, 'made on this machine', host);
    return { key, name, file, changed: true };
  });
}

/** The public half of a key of ours. @throws Refusal E_KEY_MISSING, E_KEY_FILE, E_IO */
export async function showKey(file: string | undefined, host: Host): Promise<PublicKey> {
  const { key, name } = await readHouseKey(file ?? kitPlaces(host).houseKey, host);
  return { key, name };
}

/** @throws Refusal E_TRUST_STORE, E_IO */
export function listKeys(host: Host): Promise<readonly KeyEntry[]> {
  return readKeys(host);
}

/** @returns whether anything changed, or would change in a dry run @throws Refusal as trustKey; E_BUSY */
export function trustHouse(key: PublicKey, reason: string, dryRun: boolean, host: Host): Promise<boolean> {
  const work = (): Promise<boolean> => trustKey(key, reason, host, { dryRun });
  return dryRun ? work() : withKitLock('key trust', host, work);
}

/** The same for revokeKey. */
export function revokeHouse(key: PublicKey, reason: string, dryRun: boolean, host: Host): Promise<boolean> {
  const work = (): Promise<boolean> => revokeKey(key, reason, host, { dryRun });
  return dryRun ? work() : withKitLock('key revoke', host, work);
}

async function ownKey(file: string | undefined, host: Host): Promise<PublicKey | undefined> {
  if ((await host.files.lstat(file ?? kitPlaces(host).houseKey)) === undefined) return undefined;
  return showKey(file, host);
}
