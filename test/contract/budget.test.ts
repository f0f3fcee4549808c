// What a budget of requests promises, over the one in Redis and its twin.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Budget, type Priority, RedisBudget } from '../../src/cloud/budget.ts';
import { MemoryBudget } from '../twins/memory-budget.ts';
import { redisAt } from '../twins/redis-at.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

let redis: Redis;
beforeEach(() => {
  redis = new Redis(inject('redisUrl'));
});
afterEach(() => redis.disconnect());

/** So slow that nothing comes back during a test, unless told. */
const limits = (minute: number, hour: number, refill = 1) => ({
  minute: { capacity: minute, refill, windowMs: 1_000_000, limit: 10_000 },
  hour: { capacity: hour, refill, windowMs: 1_000_000, limit: 10_000 },
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
  ])(
    'keeps the last tenth of the %s for deletes, and some before it for listings',
    async (_window, minute, hour) => {
      const budget = make(limits(minute, hour));
      expect(await takeAll(budget, 'create')).toBe(17);
      expect(await takeAll(budget, 'read')).toBe(1);
      expect(await takeAll(budget, 'create')).toBe(0);
      expect(await takeAll(budget, 'delete')).toBe(2);
    },
  );

  it('a request that is refused takes nothing, and is told when to come again', async () => {
    const budget = make(limits(10, 10, 10_000));
    await takeAll(budget, 'delete');
    const grant = await budget.take('create');
    expect(grant).toMatchObject({ granted: false });
    const waitMs = grant.granted ? 0 : grant.retryAt - Date.now();
    // Two tokens and some at ten a second: what is kept for others comes back first.
    expect(waitMs).toBeGreaterThan(50);
    expect(waitMs).toBeLessThanOrEqual(250);
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

const MINUTE = 60_000;
const LIMIT = 5_000;

const ofOthers: Record<string, (clock: VirtualClock) => Budget> = {
  RedisBudget: (clock) =>
    new RedisBudget({
      redis: redisAt(redis, clock),
      clock,
      prefix: `test:${randomUUID()}:`,
      token: 'dop_v1_secret',
    }),
  MemoryBudget: (clock) => new MemoryBudget({ clock }),
};

describe.each(Object.entries(ofOthers))('%s of a token that others use too', (_, make) => {
  let clock: VirtualClock;
  let budget: Budget;
  beforeEach(() => {
    clock = new VirtualClock();
    budget = make(clock);
  });

  const take = async (count: number, priority: Priority = 'create') => {
    for (let i = 0; i < count; i++) expect(await budget.take(priority)).toEqual({ granted: true });
  };
  /** An answer: DigitalOcean counts so many in the last hour, the oldest of them so many minutes old. */
  const hear = (counted: number, oldestMinutes: number) =>
    budget.observe({
      remaining: LIMIT - counted,
      limit: LIMIT,
      resetInMs: (60 - oldestMinutes) * MINUTE,
    });
  const left = async () => (await budget.state()).minute.left;

  it('takes from the minute what DigitalOcean counts beyond ours, until the minute is over', async () => {
    await take(10);
    await hear(10, 0);
    await clock.advance(10_000);
    await hear(210, 10 / 60);
    expect(await left()).toBe(250 - 210);
    expect(await takeAll(budget, 'create')).toBe(40 - 20);
    await clock.advance(MINUTE + 4_000);
    await hear(233, 75 / 60);
    expect(await left()).toBeGreaterThan(100);
  });

  it.each([
    ['in their order', (a: number, b: number) => a - b],
    ['the last one first', (a: number, b: number) => b - a],
    ['mixed', (a: number, b: number) => ((a * 37) % 101) - ((b * 37) % 101)],
  ])('takes no request of ours for one of others when answers come %s', async (_order, compare) => {
    await take(100);
    for (const counted of Array.from({ length: 100 }, (_, i) => i + 1).toSorted(compare)) {
      await hear(counted, 0);
    }
    expect(await left()).toBe(65);
    await clock.advance(MINUTE / 2);
    await hear(100, 0.5);
    expect(await left()).toBe(65 + 40);
  });

  it('spreads what others sent before the first answer over the time that is counted', async () => {
    await hear(3_000, 16.7);
    expect(await left()).toBeGreaterThanOrEqual(250 - 190);
    expect(await left()).toBeLessThanOrEqual(250 - 175);
  });

  it('thinks that others go on while no answer tells of them, for a minute', async () => {
    await hear(0, 0);
    await clock.advance(MINUTE);
    await hear(180, 1);
    await clock.advance(MINUTE / 2);
    expect(await left()).toBeLessThanOrEqual(250 - 175);
    await clock.advance(2 * MINUTE);
    expect(await left()).toBe(165);
  });

  it('takes none of ours for one of others when DigitalOcean counts it a little later', async () => {
    await take(100);
    await clock.advance(60 * MINUTE - 10_000);
    await hear(100, 60 - 10 / 60);
    await clock.advance(13_000);
    await hear(100, 60);
    expect(await left()).toBe(165);
  });

  it('takes none of ours for one of others whatever the reset says', async () => {
    for (let round = 1; round <= 10; round++) {
      await take(20);
      await hear(20 * round, 0);
      await clock.advance(MINUTE / 4);
    }
    expect(await left()).toBe(165);
  });

  it('keeps in mind those of ours that are on their way', async () => {
    await hear(0, 0);
    await clock.advance(10_000);
    await hear(150, 10 / 60);
    await take(80);
    await hear(151, 10 / 60);
    expect(await left()).toBe(20);
  });

  it('forgets what DigitalOcean counts no more, while others come in', async () => {
    await take(100);
    await clock.advance(60 * MINUTE + 1_000);
    await take(60);
    await hear(60, 0);
    await clock.advance(5_000);
    await hear(210, 5 / 60);
    expect(await left()).toBe(40);
  });

  it('sees others behind requests of ours that never came to DigitalOcean', async () => {
    await hear(1, 50);
    await take(100);
    await clock.advance(5 * MINUTE);
    await hear(1, 55);
    await clock.advance(10_000);
    await hear(201, 55);
    expect(await left()).toBe(50);
  });

  it('sees others that send as much as leaves the hour', async () => {
    // An hour of 60 a minute, then 120 while those 60 leave; the next to leave is always a second or two away.
    for (let minute = 0; minute < 60; minute++) {
      await hear(60 * minute, minute);
      await clock.advance(MINUTE);
    }
    for (let second = 0; second <= 60; second++) {
      await hear(3_600 + second, 60 - 2 / 60);
      await clock.advance(1_000);
    }
    expect(await left()).toBeGreaterThanOrEqual(250 - 135);
    expect(await left()).toBeLessThanOrEqual(250 - 115);
  });

  it('gives creates nothing back in the hour before DigitalOcean does', async () => {
    await hear(4_951, 40);
    const resetAt = clock.now() + 20 * MINUTE;
    const grant = await budget.take('create');
    expect(grant.granted ? 0 : grant.retryAt).toBeGreaterThanOrEqual(resetAt);
    await take(1, 'delete');
    await clock.advance(20 * MINUTE - 1_000);
    expect((await budget.take('create')).granted).toBe(false);
    expect((await budget.state()).hour.left).toBe(48);
    await clock.advance(30_000);
    await take(1);
  });

  it('learns from a later reset that others sent later than was thought', async () => {
    await hear(4_951, 59);
    await clock.advance(2 * MINUTE);
    await hear(4_951, 10);
    await clock.advance(49 * MINUTE);
    const grant = await budget.take('create');
    expect(grant.granted ? 0 : grant.retryAt - clock.now()).toBeGreaterThan(MINUTE - 5_000);
    expect((await budget.state()).hour.left).toBe(49);
    // How many come back then, only an answer tells: not all that was thought to have left meanwhile.
    await clock.advance(MINUTE - 5_000);
    expect((await budget.state()).hour.left).toBe(49);
    await clock.advance(15_000);
    expect(await takeAll(budget, 'create')).toBeLessThan(40);
    expect(await takeAll(budget, 'delete')).toBeGreaterThanOrEqual(49);
  });

  it('gives back what left the hour earlier than others were thought to have sent it', async () => {
    await hear(4_951, 60);
    await clock.advance(5_000);
    await hear(10, 1);
    await clock.advance(30_000);
    await take(10);
  });
});
