import { SHA256, type KitFile } from './manifest.js';
import { readKeys } from './key-store.js';
import { readReceipts } from './receipts.js';
import type { Host } from '../system/host.js';

/** That a house carried a release over itself: its key has signed a kit which names these bytes. */
export interface HouseWord {
  /** Of the release, 64 hex digits. */
  readonly sha256: string;
  /** The public key, 64 hex digits. */
  readonly key: string;
  readonly kit: string;
  /** SHA-256 of the signatures that came with it: whoever made the kit has judged them. */
  readonly signatures: readonly string[];
}

/** Pure. @param files of a kit whose manifest is signed and whose key counts */
export function houseWord(
  { kit, key }: Pick<HouseWord, 'kit' | 'key'>,
  sha256: string,
  files: readonly Pick<KitFile, 'kind' | 'sha256'>[],
): HouseWord {
  const isSignature = ({ kind }: Pick<KitFile, 'kind'>): boolean => kind === 'update-sig' || kind === 'sig';
  return { sha256, key, kit, signatures: files.filter(isSignature).map((file) => file.sha256) };
}

/**
 * Who vouches for a release with that hash: a kit that was taken in here, signed by a key that still counts. A key that
 * was revoked since takes its word back.
 * @param sha256 64 hex digits
 * @throws Refusal E_KIT_RECEIPT, E_TRUST_STORE, E_IO
 */
export async function houseWordFor(sha256: string, host: Host): Promise<HouseWord | undefined> {
  if (!SHA256.test(sha256)) return undefined;
  const receipts = await readReceipts(host);
  const naming = receipts.filter(({ files }) =>
    files.some((file) => file.kind === 'release' && file.sha256 === sha256),
  );
  if (naming.length === 0) return undefined;
  const keys = await readKeys(host);
  const counts = naming.findLast((receipt) =>
    keys.some(({ key, revoked }) => key === receipt.key && revoked === null),
  );
  return counts && houseWord(counts, sha256, counts.files);
}
