import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, expect, inject, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { RedisErrands } from '../../src/store/redis-errands.ts';

const opened: Redis[] = [];
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect();
});

function errandsOver(url: string, clock: Clock) {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 10,
  });
  redis.on('error', () => {});
  opened.push(redis);
  const warnings: string[] = [];
  const log = {
    info: () => {},
    warn: (_fields: object, message: string) => void warnings.push(message),
  };
  const prefix = `errands-${randomUUID()}`;
  return {
    errands: new RedisErrands({ redis, prefix, clock, newId: randomUUID, log }),
    warnings,
  };
}

it('says once that Redis is away, however long it is and however many wait', async () => {
  const stop = new AbortController();
  let tries = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: async (_ms, signal) => {
      tries += 1;
      if (tries === 40) stop.abort();
      await systemClock.sleep(5, signal);
    },
  };
  // Nobody listens on port 1.
  const { errands, warnings } = errandsOver('redis://127.0.0.1:1', clock);
  await errands.serve(async () => ({ ok: true, text: '' }), stop.signal);
  expect(tries).toBeGreaterThanOrEqual(40);
  expect(warnings).toEqual(['Errands of the API wait until Redis can be asked for them']);
});

it('is quiet when it is told to stop, whatever it waits for', async () => {
  const stop = new AbortController();
  const { errands, warnings } = errandsOver(inject('redisUrl'), systemClock);
  const served = errands.serve(async (_errand, signal) => {
    stop.abort();
    throw signal.reason;
  }, stop.signal);
  expect(await errands.ask({ kind: 'webhook-test' }, 300, new AbortController().signal)).toBe(
    undefined,
  );
  await served;
  expect(warnings).toEqual([]);
});

it('tells of one that fails, and runs the next', async () => {
  const stop = new AbortController();
  const { errands, warnings } = errandsOver(inject('redisUrl'), systemClock);
  let isBroken = true;
  const served = errands.serve(async () => {
    if (isBroken) throw new Error('broken');
    return { ok: true, text: 'done' };
  }, stop.signal);
  const never = new AbortController().signal;
  expect(await errands.ask({ kind: 'webhook-test' }, 300, never)).toBe(undefined);
  isBroken = false;
  expect(await errands.ask({ kind: 'webhook-test' }, 10_000, never)).toEqual({
    ok: true,
    text: 'done',
  });
  stop.abort();
  await served;
  expect(warnings).toHaveLength(1);
});
