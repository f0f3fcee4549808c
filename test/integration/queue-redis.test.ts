import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { BullmqQueue, type QueueLog } from '../../src/queue/bullmq-queue.ts';
import { connect } from '../../src/store/redis.ts';
import { OwnRedis } from './own-redis.ts';

// What only processes can show: a worker that dies or freezes in a pass, and a Redis that dies under the queue.

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const silent: QueueLog = { debug: () => {}, warn: () => {}, error: () => {} };
const noKeys = async () => [];

async function until(holds: () => boolean, limitMs = 30_000): Promise<void> {
  const end = systemClock.now() + limitMs;
  while (!holds()) {
    if (systemClock.now() > end) throw new Error(`it did not happen within ${limitMs} ms`);
    await systemClock.sleep(5);
  }
}

function openRedis(url: string): Redis {
  const redis = connect({ url }, 'patient');
  ends.push(() => redis.disconnect());
  return redis;
}

function openQueue(
  redis: Redis,
  prefix: string,
  lockMs: number,
  log: QueueLog = silent,
): BullmqQueue {
  const queue = new BullmqQueue({
    redis,
    prefix,
    clock: systemClock,
    random: () => 0,
    log,
    lockMs,
    resyncMs: 3_600_000,
    backoff: { baseMs: 50, maxMs: 200 },
  });
  ends.push(() => queue.close(0));
  return queue;
}

/** A process of its own that takes keys and holds them. */
async function spawnWorker(prefix: string, lockMs: number) {
  const lines: string[] = [];
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      'test/integration/queue-worker.ts',
      inject('redisUrl'),
      prefix,
      `${lockMs}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  ends.push(() => child.kill('SIGKILL'));
  child.stdout?.on('data', (text) => lines.push(...String(text).trim().split('\n')));
  await until(() => lines.includes('ready'));
  return { child, lines };
}

test('the keys of a killed process are taken over by another', async () => {
  const lockMs = 4_000;
  const prefix = `test-${randomUUID()}`;
  const { child, lines } = await spawnWorker(prefix, lockMs);
  const queue = openQueue(openRedis(inject('redisUrl')), prefix, lockMs);
  await queue.trigger('a');
  await until(() => lines.includes('began a'));

  const runs: string[] = [];
  await queue.start(async (key) => {
    runs.push(key);
    return 0;
  }, noKeys);
  child.kill('SIGKILL');
  await until(() => runs.includes('a'), 25_000);
  expect(runs).toEqual(['a']);
});

test('a key that outlives two processes is still not dropped', async () => {
  const lockMs = 1_000;
  const prefix = `test-${randomUUID()}`;
  const queue = openQueue(openRedis(inject('redisUrl')), prefix, lockMs);
  await queue.trigger('a');
  for (let deaths = 0; deaths < 2; deaths++) {
    const { child, lines } = await spawnWorker(prefix, lockMs);
    await until(() => lines.includes('began a'));
    child.kill('SIGKILL');
  }
  const runs: string[] = [];
  await queue.start(async (key) => {
    runs.push(key);
    return 0;
  }, noKeys);
  await until(() => runs.includes('a'));
});

test('a process that was frozen is told, when it wakes, that its key was given to another', async () => {
  const lockMs = 2_000;
  const prefix = `test-${randomUUID()}`;
  const { child, lines } = await spawnWorker(prefix, lockMs);
  const queue = openQueue(openRedis(inject('redisUrl')), prefix, lockMs);
  await queue.trigger('a');
  await until(() => lines.includes('began a'));

  child.kill('SIGSTOP');
  const runs: string[] = [];
  await queue.start(async (key) => {
    runs.push(key);
    return 0;
  }, noKeys);
  await until(() => runs.includes('a'));
  expect(lines).not.toContain('aborted a');
  child.kill('SIGCONT');
  await until(() => lines.includes('aborted a'));
});

test('a pass ends before its lock does when Redis cannot be asked any more', async () => {
  const lockMs = 2_000;
  const server = await OwnRedis.begin();
  ends.push(() => server.end());
  const queue = openQueue(openRedis(server.url), 'orquesta', lockMs);
  let beganAt = 0;
  let abortedAt = 0;
  await queue.start(async (_, signal) => {
    beganAt = systemClock.now();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    abortedAt = systemClock.now();
    return 0;
  }, noKeys);
  await queue.trigger('a');
  await until(() => beganAt > 0);
  await server.kill();
  const killedAt = systemClock.now();
  await until(() => abortedAt > 0);
  // The last renewal came before the kill; a lock's length later another may have the key. Generous for a busy machine.
  expect(abortedAt - killedAt).toBeLessThan(lockMs + 1_000);
  server.start();
});

test('a Redis that is killed loses no trigger that it has confirmed', async () => {
  const server = await OwnRedis.begin();
  ends.push(() => server.end());
  const queue = openQueue(openRedis(server.url), 'orquesta', 2_000);
  const seen = new Map<string, number>();
  const wanted = new Map<string, number>();
  await queue.start(async (key) => {
    const value = wanted.get(key) ?? 0;
    await systemClock.sleep(5);
    seen.set(key, value);
    return 0;
  }, noKeys);
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
  let rounds = 0;
  const triggering = (async () => {
    for (; rounds < 100; rounds++) {
      for (const key of keys) {
        wanted.set(key, rounds);
        await queue.trigger(key);
      }
    }
  })();
  await until(() => rounds >= 20);
  await server.kill();
  server.start();
  await triggering;
  await until(() => keys.every((key) => seen.get(key) === 99));
});

test('a queue whose Redis never answers can be closed', async () => {
  const queue = openQueue(openRedis('redis://127.0.0.1:1'), 'orquesta', 2_000);
  const starting = queue.start(async () => 0, noKeys).catch(() => {});
  let isClosed = false;
  void queue.close(100).then(() => {
    isClosed = true;
  });
  await until(() => isClosed);
  await starting;
});

test('an error of a pass goes to the log with its key, and never ends the process', async () => {
  const told: object[] = [];
  const log = { ...silent, warn: (fields: object) => told.push(fields) };
  const prefix = `test-${randomUUID()}`;
  const queue = openQueue(openRedis(inject('redisUrl')), prefix, 2_000, log);
  const failure = new Error('the cloud is closed');
  let passes = 0;
  await queue.start(async () => {
    if (++passes === 1) throw failure;
    return 0;
  }, noKeys);
  await queue.trigger('a');
  await until(() => passes === 2);
  expect(told).toEqual([{ err: failure, key: 'a' }]);
  expect(queue.lastTakenAt()).toBeGreaterThan(0);
});

test('nothing is left behind when all is done', async () => {
  const prefix = `test-${randomUUID()}`;
  const redis = openRedis(inject('redisUrl'));
  const queue = openQueue(redis, prefix, 2_000);
  const passes = new Map<string, number>();
  await queue.start(async (key) => {
    const nth = (passes.get(key) ?? 0) + 1;
    passes.set(key, nth);
    if (nth === 1) throw new Error('once');
    return nth === 2 ? 20 : 0;
  }, noKeys);
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`);
  for (const key of keys) await queue.trigger(key);
  await until(() => keys.every((key) => passes.get(key) === 3));
  const left = async () =>
    (await redis.keys(`${prefix}:*`)).filter(
      (key) => key.includes('key-') || key.endsWith(':failures') || /:work:\d+$/.test(key),
    );
  let rest = await left();
  for (let tries = 0; rest.length > 0 && tries < 1_000; tries++) {
    await systemClock.sleep(5);
    rest = await left();
  }
  expect(rest).toEqual([]);
});
