import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ControllerReport, ControllerReports } from '../../src/store/controller-reports.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisControllerReports } from '../../src/store/redis-controller-reports.ts';
import { MemoryControllerReports } from '../twins/memory-controller-reports.ts';

interface Options {
  readonly keptMs?: number;
}
const subjects = {
  RedisControllerReports: (redis: Redis, options: Options = {}): ControllerReports =>
    new RedisControllerReports({ redis, prefix: `test-${randomUUID()}`, ...options }),
  MemoryControllerReports: (_: Redis, options: Options = {}): ControllerReports =>
    new MemoryControllerReports({ clock: systemClock, ...options }),
};

const report = (id: string, over: Partial<ControllerReport> = {}): ControllerReport => ({
  id,
  startedAt: 1_000,
  seenAt: 2_000,
  brakes: { repairs: null, replacements: null },
  budget: { minute: { limit: 50, left: 49 }, hour: { limit: 500, left: 480 } },
  ...over,
});

describe.each(Object.entries(subjects))('%s', (_, make) => {
  let redis: Redis;
  beforeEach(() => {
    redis = connect({ url: inject('redisUrl') }, 'prompt');
  });
  afterEach(() => redis.disconnect());

  test('nobody reports at first', async () => {
    const reports = make(redis);
    expect(await reports.alive()).toEqual([]);
    expect(await reports.lastResync()).toBeUndefined();
  });

  test('the last report of each counts, ordered by id', async () => {
    const reports = make(redis);
    await reports.report(report('b'));
    await reports.report(report('a'));
    const braked = report('b', {
      seenAt: 3_000,
      brakes: { repairs: 'Redis was away', replacements: null },
    });
    await reports.report(braked);
    expect(await reports.alive()).toEqual([report('a'), braked]);
  });

  test('one that says no more is forgotten, and known again with its next report', async () => {
    const reports = make(redis, { keptMs: 40 });
    await reports.report(report('a'));
    await expect.poll(() => reports.alive(), { timeout: 10_000 }).toEqual([]);
    await expect
      .poll(
        async () => {
          await reports.report(report('a'));
          return reports.alive();
        },
        { timeout: 10_000 },
      )
      .toEqual([report('a')]);
  });

  test('one that stops takes itself off', async () => {
    const reports = make(redis);
    await reports.report(report('a'));
    await reports.report(report('b'));
    await reports.withdraw('a');
    expect(await reports.alive()).toEqual([report('b')]);
  });

  test('a resync leaves its time', async () => {
    const reports = make(redis);
    await reports.noteResync(5_000);
    await reports.noteResync(6_000);
    expect(await reports.lastResync()).toBe(6_000);
  });
});
