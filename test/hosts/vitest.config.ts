import { defineConfig } from 'vitest/config';

/** Apart from the other projects: run.sh has to make the lab first. */
export default defineConfig({
  test: {
    name: 'hosts',
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/hosts/**/*.test.ts'],
    globalSetup: ['test/redis-server.ts', 'test/build.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
