import { existsSync } from 'node:fs';
import { makeSigningKey, type SigningKey } from '../../src/rehearsal/signing-key.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';

export interface ReleaseUnderTest {
  readonly installScript: string;
  readonly tarball: string;
  readonly newerTarball: string;
  /** All three are Sandstorm's own, not ours. */
  readonly genuine: boolean;
  /** Vouches for the stand-ins; the genuine ones have signatures of their own, or none. */
  readonly signingKey: SigningKey;
}

const {
  SANDSTORM_AIRGAP_TEST_INSTALL_SCRIPT: script,
  SANDSTORM_AIRGAP_TEST_TARBALL: tarball,
  SANDSTORM_AIRGAP_TEST_NEWER_TARBALL: newer,
} = process.env;

/** Flags for install and update: what was given without a signature is gone on with all the same. */
export const PROOF_FLAGS: readonly string[] = [tarball, newer].every(
  (path) => path === undefined || signaturesBeside(path).length > 0,
)
  ? []
  : ['--allow-unsigned'];

/** Endings of the signature files that lie beside a tarball. */
export function signaturesBeside(path: string): string[] {
  return ['.update-sig', '.sig'].filter((end) => existsSync(path + end));
}

/**
 * What the journeys install: the stand-ins, made in `dir`, or what SANDSTORM_AIRGAP_TEST_INSTALL_SCRIPT,
 * SANDSTORM_AIRGAP_TEST_TARBALL and SANDSTORM_AIRGAP_TEST_NEWER_TARBALL name.
 */
export async function releaseUnderTest(dir: string): Promise<ReleaseUnderTest> {
  const signingKey = makeSigningKey();
  return {
    installScript: script ?? standInInstaller,
    tarball: tarball ?? (await makeRelease({ build: 308, dir, sign: signingKey })),
    newerTarball: newer ?? (await makeRelease({ build: 309, dir, sign: signingKey })),
    genuine: script !== undefined && tarball !== undefined && newer !== undefined,
    signingKey,
  };
}
