import type { Host } from '../system/host.js';
import { readRelease, type ReadOptions, type ReleaseFacts } from './read.js';
import type { Findings } from './signature/finding.js';
import { judge, type Verdict } from './signature/judge.js';
import type { TrustedKey } from './signature/keys.js';
import { trustedKeys } from './signature/trust.js';
import { watchSignatures, type KeySources, type SignatureWatch } from './signature/watch.js';

/** A tarball that is whole, a release, and compared with its signatures. Look at the verdict. */
export interface VerifiedRelease {
  readonly facts: ReleaseFacts;
  readonly signatures: Findings;
  readonly verdict: Verdict;
}

export interface VerifyOptions extends KeySources {
  /** Default: the built-in keys and the trust store's. */
  readonly trust?: readonly TrustedKey[];
  readonly onProgress?: ReadOptions['onProgress'];
}

/**
 * Reads a tarball once, and hashes, unpacks, judges and compares it with both signatures on the way.
 * @throws Refusal as readRelease, watchSignatures and trustedKeys. A signature that is missing or wrong
 *   is no exception but a verdict.
 */
export async function verifyRelease(
  path: string,
  host: Host,
  { installScript, keyFile, trust, onProgress }: VerifyOptions = {},
): Promise<VerifiedRelease> {
  const trusted = trust ?? (await trustedKeys(host));
  const watch = await watchSignatures(path, trusted, host, { installScript, keyFile });
  const { value, ...judged } = await whileWatching(watch, (tap) =>
    readRelease(path, host, { tap, ...(onProgress === undefined ? {} : { onProgress }) }),
  );
  return { facts: value, ...judged };
}

/**
 * Reads a tarball in whatever way, shows its bytes to the watch, and judges. Works for a staged copy too:
 * stageRelease shows its tap the original's bytes, which are what was signed.
 */
export async function whileWatching<T>(
  watch: SignatureWatch,
  read: (tap: SignatureWatch['tap']) => Promise<T>,
): Promise<{ readonly value: T; readonly signatures: Findings; readonly verdict: Verdict }> {
  let value: T;
  try {
    value = await read(watch.tap);
  } catch (error) {
    await watch.abandon();
    throw error;
  }
  const signatures = await watch.finish();
  return { value, signatures, verdict: judge(signatures) };
}
