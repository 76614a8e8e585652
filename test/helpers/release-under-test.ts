import { makeRelease, standInInstaller } from '../stand-ins/release.js';

export interface ReleaseUnderTest {
  readonly installScript: string;
  readonly tarball: string;
  readonly newerTarball: string;
  /** All three are Sandstorm's own, not ours. */
  readonly genuine: boolean;
}

/**
 * What the journeys install: the stand-ins, made in `dir`, or what SANDSTORM_AIRGAP_TEST_INSTALL_SCRIPT,
 * SANDSTORM_AIRGAP_TEST_TARBALL and SANDSTORM_AIRGAP_TEST_NEWER_TARBALL name.
 */
export async function releaseUnderTest(dir: string): Promise<ReleaseUnderTest> {
  const script = process.env.SANDSTORM_AIRGAP_TEST_INSTALL_SCRIPT;
  const tarball = process.env.SANDSTORM_AIRGAP_TEST_TARBALL;
  const newer = process.env.SANDSTORM_AIRGAP_TEST_NEWER_TARBALL;
  return {
    installScript: script ?? standInInstaller,
    tarball: tarball ?? (await makeRelease({ build: 308, dir })),
    newerTarball: newer ?? (await makeRelease({ build: 309, dir })),
    genuine: script !== undefined && tarball !== undefined && newer !== undefined,
  };
}
