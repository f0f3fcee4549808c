import { describe, expect, test } from 'vitest';
import type { Journey, Timeline } from '../../store/timeline.ts';
import { estimate } from './estimate.ts';

const T0 = Date.UTC(2026, 0, 1);

/** A journey that stayed so many seconds in each phase. */
const journey = (
  create: number,
  ssh: number,
  init: number,
  over: Partial<Journey> = {},
): Journey => ({
  kind: 'create',
  endedAt: '2026-01-01T00:00:00.000Z',
  totalMs: (create + ssh + init) * 1000,
  visits: [
    { phase: 'creating_droplet', afterMs: 0, lastedMs: create * 1000 },
    { phase: 'waiting_for_ssh', afterMs: create * 1000, lastedMs: ssh * 1000 },
    { phase: 'initializing', afterMs: (create + ssh) * 1000, lastedMs: init * 1000 },
  ],
  ...over,
});

/** On its way since T0, in the second phase since 30 s. */
const waiting: Timeline = {
  uid: 'u',
  resourceVersion: '1',
  entries: [],
  way: {
    kind: 'create',
    startedAt: T0,
    visits: [
      { phase: 'creating_droplet', afterMs: 0, lastedMs: 30_000 },
      { phase: 'waiting_for_ssh', afterMs: 30_000 },
    ],
  },
};

const journeys = Array.from({ length: 20 }, (_, index) => journey(30, 10, 50 + index));
const leftAfter = (seconds: number) => estimate(waiting, journeys, T0 + seconds * 1000);

describe('estimate', () => {
  test('what is left, from journeys that were here too: the median and the 95th percentile', () => {
    expect(leftAfter(30)).toMatchObject({
      p50Ms: 69_000,
      p95Ms: 78_000,
      samples: 20,
      kind: 'create',
    });
    expect(leftAfter(35)).toMatchObject({ p50Ms: 64_000, p95Ms: 73_000 });
  });

  test('none once it has been here longer than any, for then nothing is known', () => {
    expect(leftAfter(40)).toBeDefined();
    expect(leftAfter(41)).toBeUndefined();
  });

  test('none from too few', () => {
    expect(estimate(waiting, journeys.slice(0, 4), T0 + 30_000)).toBeUndefined();
    expect(estimate(waiting, journeys.slice(0, 5), T0 + 30_000)).toBeDefined();
  });

  test('repairs say nothing of creations', () => {
    const repairs = journeys.map((one) => ({ ...one, kind: 'repair' as const }));
    expect(estimate(waiting, repairs, T0 + 30_000)).toBeUndefined();
  });

  test('none for one that is on its way nowhere', () => {
    const { way: _, ...resting } = waiting;
    expect(estimate(resting, journeys, T0)).toBeUndefined();
    expect(estimate(undefined, journeys, T0)).toBeUndefined();
  });

  test('tells since when, and how long each phase takes', () => {
    const old = journey(30, 10, 50, { endedAt: '2025-12-01T00:00:00.000Z' });
    const found = estimate(waiting, [...journeys, old], T0 + 30_000);
    expect(found?.since).toBe('2025-12-01T00:00:00.000Z');
    expect(found?.phases).toMatchObject([
      { phase: 'creating_droplet', p50Ms: 30_000, samples: 21 },
      { phase: 'waiting_for_ssh', p50Ms: 10_000 },
      { phase: 'initializing', p95Ms: 68_000 },
    ]);
  });
});
