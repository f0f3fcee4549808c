import { defineConfig } from 'vitest/config';

/** Proves the container image: `npm run test:image`, which builds it first. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/image/**/*.test.ts'],
    globalSetup: ['test/redis-server.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
