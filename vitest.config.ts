import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // Servers start, stop and stay well: a test mostly waits.
    maxWorkers: 3,
    reporters: ['default'],
  },
});
