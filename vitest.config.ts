import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Else vitest takes a style for nothing, even where its text is wanted (`?raw`).
    css: true,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Servers start, stop and stay well: a test mostly waits. With three, a quarter of two processors is idle.
    maxWorkers: 4,
    reporters: ['default'],
  },
});
