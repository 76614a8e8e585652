import type { HouseWord } from '../kit/vouch.js';
import type { KeySources } from '../release/signature/watch.js';
import { verifyRelease, type VerifiedRelease } from '../release/verify.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { orByHouse } from './house-proof.js';

/**
 * Reads a tarball whole and compares it with its signatures, or with what a kit of the house says of it; the verdict is
 * the caller's to act on.
 * @param known a kit that is being looked at, and not taken in
 * @throws Refusal E_TARBALL_*, E_SIGNATURE_FORMAT, E_TRUST_STORE, E_KIT_RECEIPT, E_IO
 */
export async function verifyTarball(
  tarball: string,
  sources: KeySources,
  host: Host,
  ui: Ui,
  known?: HouseWord,
): Promise<VerifiedRelease> {
  const verified = await ui.step('Read', (progress) =>
    verifyRelease(tarball, host, {
      ...sources,
      onProgress: (done, total) => progress.bytes(done, total),
    }),
  );
  const { sha256 } = verified.facts;
  return { ...verified, verdict: await orByHouse({ ...verified, sha256 }, known, host) };
}
