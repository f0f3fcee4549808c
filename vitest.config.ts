import { defineConfig } from 'vitest/config';

/** By their own command: `npm run test:slow`. */
const SLOW = ['**/*.slow.test.ts'];

export default defineConfig({
  test: {
    // One more than a small machine has cores: some tests wait for processes. Left to itself, half of the cores stand still.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,web,bench}/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/{effects,simulation}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'redis',
          include: ['test/{contract,fuzz,integration}/**/*.test.ts'],
          exclude: SLOW,
          globalSetup: ['test/redis-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: SLOW,
          globalSetup: ['test/redis-server.ts', 'test/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxConcurrency: 6,
        },
      },
    ],
  },
});
