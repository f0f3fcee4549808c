import { defineConfig } from 'vitest/config';

/** Whole journeys in a browser, by kubectl, over each kind of Redis and through upgrades: `npm run test:slow`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/**/*.slow.test.ts'],
    globalSetup: ['test/redis-server.ts', 'test/build.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    maxConcurrency: 6,
  },
});
