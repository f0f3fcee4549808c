import { defineConfig } from 'vitest/config';

/** Minutes long, for they wait out takeovers, outages and refusals; so by their own command, `npm run test:chaos`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/chaos/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
