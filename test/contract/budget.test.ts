// What a budget of requests promises, over the one in Redis and its twin.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Budget, type Priority, RedisBudget } from '../../src/cloud/budget.ts';
import { MemoryBudget } from '../twins/memory-budget.ts';

let redis: Redis;
beforeEach(() => {
  redis = new Redis(inject('redisUrl'));
});
afterEach(() => redis.disconnect());

/** So slow that nothing comes back during a test, unless told. */
const limits = (minute: number, hour: number, refill = 1) => ({
  minute: { capacity: minute, refill, windowMs: 1_000_000 },
  hour: { capacity: hour, refill, windowMs: 1_000_000 },
});

const subjects = {
  RedisBudget: (given: ReturnType<typeof limits>): Budget =>
    new RedisBudget({
      redis,
      clock: systemClock,
      prefix: `test:${randomUUID()}:`,
      token: 'dop_v1_secret',
      limits: given,
    }),
  MemoryBudget: (given: ReturnType<typeof limits>): Budget =>
    new MemoryBudget({ clock: systemClock, ...given }),
};

async function takeAll(budget: Budget, priority: Priority): Promise<number> {
  let granted = 0;
  while ((await budget.take(priority)).granted) granted++;
  return granted;
}

describe.each(Object.entries(subjects))('%s', (_, make) => {
  it.each([
    ['minute', 20, 100],
    ['hour', 100, 20],
  ])('keeps the last tenth of the %s for deletes', async (_window, minute, hour) => {
    const budget = make(limits(minute, hour));
    expect(await takeAll(budget, 'create')).toBe(18);
    expect(await takeAll(budget, 'read')).toBe(0);
    expect(await takeAll(budget, 'delete')).toBe(2);
  });

  it('a request that is refused takes nothing, and is told when to come again', async () => {
    const budget = make(limits(10, 10, 10_000));
    await takeAll(budget, 'delete');
    const grant = await budget.take('create');
    expect(grant).toMatchObject({ granted: false });
    const waitMs = grant.granted ? 0 : grant.retryAt - Date.now();
    // Two tokens at ten a second: the last tenth comes back first.
    expect(waitMs).toBeGreaterThan(50);
    expect(waitMs).toBeLessThanOrEqual(200);
    await systemClock.sleep(waitMs + 20);
    expect(await budget.take('create')).toEqual({ granted: true });
  });

  it('those who wait stand in line: each is told its own time, a minute later at the most', async () => {
    // One request each 5 s.
    const budget = make(limits(10, 1_000, 200));
    await takeAll(budget, 'read');
    const now = Date.now();
    const line = (count: number, priority: Priority) =>
      Promise.all(Array.from({ length: count }, () => budget.take(priority))).then((grants) =>
        grants.map((grant) => (grant.granted ? 0 : grant.retryAt - now)),
      );
    const times = await line(12, 'create');
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4_900);
    expect(Math.max(...times.slice(0, 10))).toBeLessThan(60_000);
    // Another line does not wait behind this one.
    expect((await line(1, 'read'))[0]).toBeLessThan(20_000);
    expect(Math.max(...(await line(50, 'create')))).toBeLessThan(80_000);
  });

  it('believes DigitalOcean when it counts fewer, and never when it counts more', async () => {
    const budget = make(limits(100, 100));
    await budget.observe({ remaining: 7 });
    await budget.observe({ remaining: 90 });
    expect(await takeAll(budget, 'delete')).toBe(7);
  });

  it('sends nothing, deletes neither, while DigitalOcean says to wait', async () => {
    const budget = make(limits(100, 100));
    await budget.observe({ blockedForMs: 60_000 });
    await budget.observe({ blockedForMs: 1_000 });
    const grant = await budget.take('delete');
    expect(grant.granted ? 0 : grant.retryAt - Date.now()).toBeGreaterThan(50_000);
    expect((await budget.state()).blockedUntil).toBeGreaterThan(Date.now() + 50_000);
  });
});
