import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** redis://127.0.0.1:PORT of a real server that lives for this run. Take a prefix of your own per test. */
    redisUrl: string;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts the real redis-server with the program's own redis.conf, once for a test run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'orquesta-test-redis-'));
  const port = await freePort();
  const server: ChildProcess = spawn(
    'redis-server',
    ['redis.conf', '--port', String(port), '--dir', dir, '--daemonize', 'no'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const failed = new Promise<never>((_, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error('redis-server is not installed; run scripts/setup-redis.sh first', { cause }),
      ),
    );
  });
  const redis = new Redis(port, '127.0.0.1', {
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  redis.on('error', () => {});
  await Promise.race([redis.ping(), failed]);
  redis.disconnect();
  project.provide('redisUrl', `redis://127.0.0.1:${port}`);
  return async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
}
