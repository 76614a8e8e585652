import { withLock } from '../journal/lock.js';
import { BUILT_IN_KEYS, type KeyName } from '../release/signature/keys.js';
import { addTrust, readTrustStore, removeTrust, type TrustEntry } from '../release/signature/trust.js';
import type { Host } from '../system/host.js';

export interface TrustedList {
  readonly builtIn: readonly KeyName[];
  readonly added: readonly TrustEntry[];
}

/** @throws Refusal E_TRUST_STORE */
export async function listTrust(host: Host): Promise<TrustedList> {
  const builtIn = BUILT_IN_KEYS.map(({ kind, fingerprint }) => ({ kind, fingerprint }));
  return { builtIn, added: await readTrustStore(host) };
}

/**
 * Remembers a key as trusted on this machine, for every HOME.
 * @returns whether anything changed, or would change in a dry run
 * @throws Refusal E_TRUST_STORE, E_BAD_VALUE, E_BUSY, E_IO
 */
export async function trust(key: KeyName, reason: string, dryRun: boolean, host: Host): Promise<boolean> {
  return locked(host, dryRun, () => addTrust(key, reason, host, { dryRun }));
}

/** The other way; see trust. */
export async function distrust(key: KeyName, dryRun: boolean, host: Host): Promise<boolean> {
  return locked(host, dryRun, () => removeTrust(key, host, { dryRun }));
}

/** Two who change the list at once would lose one's change. */
function locked(host: Host, dryRun: boolean, work: () => Promise<boolean>): Promise<boolean> {
  return dryRun ? work() : withLock(host.layout.stateDir, 'trust', host, work);
}
