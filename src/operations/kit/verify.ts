import { Refusal } from '../../errors.js';
import { checkKit } from '../../kit/check-kit.js';
import type { Finding } from '../../kit/finding.js';
import { requireTrusted, signedManifest } from '../../kit/judge.js';
import { readKeys } from '../../kit/key-store.js';
import type { KitManifest } from '../../kit/manifest.js';
import { newestOf, readReceipts, requireBase, type Receipt } from '../../kit/receipts.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';

export interface VerifiedKit {
  readonly manifest: KitManifest;
  /** Empty: it is whole. */
  readonly findings: readonly Finding[];
  /** Why its signature does not count here; undefined when it does. */
  readonly refusal: Refusal | undefined;
  /** A newer kit of the same key was taken in on this machine. */
  readonly newer: Receipt | undefined;
  /** What it is a difference to is here. Only of interest where it is to be taken in. */
  readonly baseHere: boolean;
}

/**
 * Reads a kit whole and says all that is wrong with it. Nothing is changed.
 * @throws Refusal E_KIT_MISSING, E_KIT_FORMAT, E_KIT_SIGNATURE, E_TRUST_STORE, E_KIT_RECEIPT, E_IO
 */
export async function verifyKit(path: string, host: Host, ui: Ui): Promise<VerifiedKit> {
  const keys = await readKeys(host);
  const receipts = await readReceipts(host);
  const checked = await ui.step('Read', (progress) =>
    checkKit(
      path,
      {
        judge: (manifest, signature) => Promise.resolve(signedManifest(path, manifest, signature)),
        onProgress: (done, total) => progress.bytes(done, total),
      },
      host,
    ),
  );
  const { manifest } = checked;
  const newest = newestOf(manifest.key, receipts);
  return {
    ...checked,
    refusal: refusalOf(() => void requireTrusted(path, manifest, keys, host.clock.now())),
    newer: newest !== undefined && newest.serial > manifest.serial ? newest : undefined,
    baseHere: await requireBase(path, manifest, receipts, host).then(
      () => true,
      () => false,
    ),
  };
}

function refusalOf(work: () => void): Refusal | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
