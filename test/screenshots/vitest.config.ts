import { defineConfig } from 'vitest/config';

/** `npm run screenshots`: pictures of the dashboard into docs/images. */
export default defineConfig({
  test: {
    include: ['test/screenshots/**/*.test.ts'],
    globalSetup: ['test/redis-server.ts', 'test/build.ts'],
    testTimeout: 300_000,
  },
});
