import type { KeySources } from '../release/signature/watch.js';
import { verifyRelease, type VerifiedRelease } from '../release/verify.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';

/**
 * Reads a tarball whole and compares it with its signatures; the verdict is the caller's to act on.
 * @throws Refusal E_TARBALL_*, E_SIGNATURE_FORMAT, E_TRUST_STORE, E_IO
 */
export async function verifyTarball(
  tarball: string,
  sources: KeySources,
  host: Host,
  ui: Ui,
): Promise<VerifiedRelease> {
  return ui.step('Read', (progress) =>
    verifyRelease(tarball, host, {
      ...sources,
      onProgress: (done, total) => progress.bytes(done, total),
    }),
  );
}
