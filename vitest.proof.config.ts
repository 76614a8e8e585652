import { defineConfig } from 'vitest/config';

/** `npm run proof`: what happens when everything fails, case by case. About an hour on two processors. */
export default defineConfig({
  test: {
    include: ['test/proof/**/*.proof.ts'],
    globalSetup: ['test/proof/counts/print.ts', 'test/proof/machine/place.ts'],
    // A case mostly waits: for a boot, for a server to stay well.
    maxConcurrency: 3,
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 400_000,
    env: { SANDSTORM_AIRGAP_ANSWERS_UNCHECKED: '1' },
    reporters: ['default'],
  },
});
