import { Refusal } from '../errors.js';
import type { HouseWord } from '../kit/vouch.js';
import type { NewTrust, Proof } from '../release/proof.js';
import { typeKey } from '../release/signature/keys.js';
import { trustedKeys } from '../release/signature/trust.js';
import { watchSignatures, type SignatureWatch } from '../release/signature/watch.js';
import type { Host } from '../system/host.js';
import { trust } from './trust.js';

/** How a tarball shall be shown to be genuine. */
export interface ProofWish {
  /** Go on where no signature lies beside it. */
  readonly allowUnsigned: boolean;
  /** The OpenPGP key is taken from this file too, besides install.sh. */
  readonly keyFile: string | undefined;
  /** Counts in this run, and is remembered once the plan was agreed to. */
  readonly trustKey: NewTrust | undefined;
  /** The kit that it lies in says so, though it is not taken in: a dry run. */
  readonly houseWord?: HouseWord | undefined;
}

/** The signatures beside a tarball, waiting for its bytes, and the key that is to be remembered. */
export interface ProofWatch {
  readonly watch: SignatureWatch;
  readonly newTrust: NewTrust | null;
}

/**
 * @param installScript carries the OpenPGP release key, where there is one
 * @throws Refusal as watchSignatures; E_BAD_VALUE, E_TRUST_STORE
 */
export async function watchForProof(
  tarball: string,
  { keyFile, trustKey }: ProofWish,
  installScript: string | undefined,
  host: Host,
): Promise<ProofWatch> {
  // Judged as if it were remembered now: what the list of trusted keys would not take must not count either.
  const isNew = trustKey !== undefined && (await trust(trustKey, trustKey.reason, true, host));
  const newTrust = isNew ? trustKey : null;
  const known = await trustedKeys(host);
  const trusted = newTrust === null ? known : [...known, { ...nameOf(newTrust), origin: 'store' as const }];
  return { watch: await watchSignatures(tarball, trusted, host, { installScript, keyFile }), newTrust };
}

/**
 * Remembers the key that the plan names, then works. Call it when the plan was agreed to.
 * @throws Refusal as trust; what `work` throws, as something that has changed the machine if a key was added
 */
export async function rememberingTrust<T>(
  { newTrust }: Pick<Proof, 'newTrust'>,
  host: Host,
  work: () => Promise<T>,
): Promise<T> {
  const added = newTrust !== null && (await trust(newTrust, newTrust.reason, false, host));
  try {
    return await work();
  } catch (error) {
    throw added && error instanceof Refusal ? error.afterChanges() : error;
  }
}

/** The flags for it, each with a blank before it. */
export function asTyped({ allowUnsigned, keyFile, trustKey }: ProofWish): string {
  return [
    allowUnsigned ? ' --allow-unsigned' : '',
    keyFile === undefined ? '' : ` --key ${keyFile}`,
    trustKey === undefined
      ? ''
      : ` --trust-key ${typeKey(trustKey)} --trust-reason ${quoted(trustKey.reason)}`,
  ].join('');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function nameOf({ kind, fingerprint }: NewTrust): Pick<NewTrust, 'kind' | 'fingerprint'> {
  return { kind, fingerprint };
}
