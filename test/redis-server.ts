import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedRedis } from '../src/cli/embedded-redis.ts';
import { systemClock } from '../src/clock.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** redis://127.0.0.1:PORT of a real server that lives for this run. Take a prefix of your own per test. */
    redisUrl: string;
  }
}

/** Starts the real redis-server with the program's own redis.conf, once for a test run; installs one where there is none. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'orquesta-test-redis-'));
  const redis = await startEmbeddedRedis({
    dir,
    configFile: 'redis.conf',
    clock: systemClock,
    log: console.log,
  });
  project.provide('redisUrl', redis.url);
  return async () => {
    await redis.close();
    await rm(dir, { recursive: true, force: true });
  };
}
