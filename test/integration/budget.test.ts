import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { RedisBudget, type RedisBudgetDeps } from '../../src/cloud/budget.ts';

let redis: Redis;
let other: Redis;
let prefix: string;

beforeEach(() => {
  redis = new Redis(inject('redisUrl'));
  other = new Redis(inject('redisUrl'));
  prefix = `test:${randomUUID()}:`;
});
afterEach(() => {
  redis.disconnect();
  other.disconnect();
});

const aBudget = (deps: Partial<RedisBudgetDeps> = {}) =>
  new RedisBudget({ redis, clock: systemClock, prefix, token: 'dop_v1_secret', ...deps });

/** So slow that nothing comes back during a test. */
const still = { refill: 1, windowMs: 1_000_000_000, limit: 10_000 };
const stillLimits = (minute: number, hour: number) => ({
  minute: { capacity: minute, ...still, windowMs: still.windowMs / 60 },
  hour: { capacity: hour, ...still },
});

async function takeAll(budget: RedisBudget, priority: 'read' | 'create' | 'delete') {
  let granted = 0;
  while ((await budget.take(priority)).granted) granted++;
  return granted;
}

describe('RedisBudget', () => {
  it('two clients that contend never exceed either window', async () => {
    // DigitalOcean's limits scaled down: at most 25 in any second and 40 in any five.
    const limits = {
      minute: { capacity: 5, refill: 20, windowMs: 1000, limit: 25 },
      hour: { capacity: 10, refill: 30, windowMs: 5000, limit: 40 },
    };
    const grants: number[] = [];
    // The time of a grant is asked of Redis in the same transaction: taken later, it would only show how busy this
    // process is.
    const timed = (client: Redis) => {
      const evaluate = async (...args: Parameters<Redis['eval']>) => {
        const results = await client
          .multi()
          .eval(...args)
          .time()
          .exec();
        const [answer, time] = (results ?? []).map(([, result]) => result as number[]);
        const [seconds = 0, micros = 0] = time ?? [];
        if (answer?.[0] === 1) grants.push(Number(seconds) * 1000 + Number(micros) / 1000);
        return answer;
      };
      return { eval: evaluate } as unknown as Redis;
    };
    const stop = Date.now() + 2500;
    const contend = async (budget: RedisBudget) => {
      while (Date.now() < stop) {
        if (!(await budget.take('delete')).granted) await systemClock.sleep(2);
      }
    };
    const clients = [redis, other].map((client) => aBudget({ limits, redis: timed(client) }));
    await Promise.all(
      clients.flatMap((client) => Array.from({ length: 8 }, () => contend(client))),
    );
    grants.sort((a, b) => a - b);
    const elapsedMs = (grants.at(-1) ?? 0) - (grants[0] ?? 0);
    expect(grants.length).toBeGreaterThanOrEqual(10);
    // The hour is the tighter one in the long run; one token of slack for where the first one falls.
    expect(grants.length).toBeLessThanOrEqual(10 + (30 * elapsedMs) / 5000 + 1);
    for (const from of grants) {
      const within = (ms: number) => grants.filter((at) => at >= from && at < from + ms).length;
      expect(within(1000)).toBeLessThanOrEqual(25);
      expect(within(5000)).toBeLessThanOrEqual(40);
    }
  });

  it('a refused try takes from neither window', async () => {
    const budget = aBudget({ limits: stillLimits(2, 1000) });
    await takeAll(budget, 'delete');
    const before = await budget.state();
    for (let i = 0; i < 20; i++) await budget.take('delete');
    expect(await budget.state()).toEqual(before);
  });

  it('tells from when on a request can be granted, and grants it then', async () => {
    const minute = { capacity: 1, refill: 10, windowMs: 1000, limit: 100 };
    const budget = aBudget({ limits: { minute, hour: { capacity: 100, ...still } } });
    expect(await budget.take('delete')).toEqual({ granted: true });
    const refused = await budget.take('delete');
    if (refused.granted) throw new Error('the bucket holds one token');
    expect(refused.retryAt - Date.now()).toBeLessThanOrEqual(100);
    while (Date.now() <= refused.retryAt) await systemClock.sleep(1);
    expect(await budget.take('delete')).toEqual({ granted: true });
  });

  it('believes DigitalOcean when it counts fewer left, and never when it counts more', async () => {
    const budget = aBudget({ limits: stillLimits(100, 100) });
    await budget.observe({ remaining: 7 });
    expect(await budget.state()).toMatchObject({ minute: { left: 100 }, hour: { left: 7 } });
    await budget.observe({ remaining: 50 });
    expect((await budget.state()).hour.left).toBe(7);
    expect(await takeAll(budget, 'delete')).toBe(7);
  });

  it('after a 429 nobody sends anything until its time, deletes neither', async () => {
    const budget = aBudget();
    const before = Date.now();
    await budget.observe({ blockedForMs: 30_000 });
    for (const client of [budget, aBudget({ redis: other })]) {
      const grant = await client.take('delete');
      if (grant.granted) throw new Error('granted while blocked');
      expect(grant.retryAt).toBeGreaterThan(before + 25_000);
      expect(grant.retryAt).toBeLessThan(Date.now() + 31_000);
    }
    await budget.observe({ blockedForMs: 1000 });
    expect((await budget.state()).blockedUntil).toBeGreaterThan(before + 25_000);
  });

  it('counts each token by itself and never writes it down', async () => {
    const limits = stillLimits(1, 100);
    expect(await takeAll(aBudget({ limits }), 'delete')).toBe(1);
    expect(await takeAll(aBudget({ limits, token: 'dop_v1_other' }), 'delete')).toBe(1);
    const keys = await redis.keys(`${prefix}*`);
    expect(keys).toHaveLength(2);
    expect(keys.join()).not.toContain('dop_v1');
  });

  it('starts with what DigitalOcean allows at once: 165 in the minute, 500 in the hour', async () => {
    expect(await aBudget().state()).toEqual({
      minute: { limit: 165, left: 165 },
      hour: { limit: 500, left: 500 },
      blockedUntil: undefined,
    });
  });

  it('says that nothing was sent when Redis is away, and forgives unheard news', async () => {
    const gone = new Redis(1, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
    gone.on('error', () => {});
    try {
      const budget = aBudget({ redis: gone, redisTimeoutMs: 100 });
      for (const priority of ['read', 'create', 'delete'] as const) {
        await expect(budget.take(priority)).rejects.toMatchObject({
          name: 'CloudError',
          kind: 'try-again',
          message: expect.stringContaining('Nothing was sent'),
        });
      }
      await expect(budget.state()).rejects.toMatchObject({ kind: 'try-again' });
      await expect(budget.observe({ blockedForMs: 1000 })).resolves.toBeUndefined();
      const waits = aBudget({ redis: gone, redisTimeoutMs: 60_000 });
      await expect(waits.take('read', AbortSignal.abort())).rejects.toMatchObject({
        kind: 'try-again',
      });
    } finally {
      gone.disconnect();
    }
  });
});
