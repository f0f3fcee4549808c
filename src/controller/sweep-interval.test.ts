import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDroplet, T0, time } from '../../test/builders.ts';
import { bootsOf, sweepIntervalMs, togetherWith } from './sweep-interval.ts';

const booting = (since: number) =>
  aDroplet({ status: { id: 1001, acceptedAt: time(since), attempts: 1 } });
const at = (seconds: number) => T0 + seconds * 1000;

describe('the interval between sweeps', () => {
  it.each([
    ['nothing is changing', [], 0, 29_000],
    ['one was accepted just now', [booting(0)], 0, 500],
    ['it has been booting for 6 s', [booting(0)], 6, 600],
    ['it has been booting for a minute', [booting(0)], 60, 750],
    ['another one was accepted just now', [booting(0), booting(60)], 60, 500],
    ['many were accepted just now', Array.from({ length: 100 }, () => booting(0)), 0, 1_000],
    ['one is waited for since nobody knows when', [aDroplet({ status: { id: 1 } })], 0, 750],
  ] as const)('%s', (_, changing, seconds, expected) => {
    expect(sweepIntervalMs(changing, 0, at(seconds))).toBe(expected);
  });

  it('goes on once an address is known, for nobody waits for it', () => {
    const status = { id: 1001, acceptedAt: time(0), ip: '127.0.0.1', state: 'new', attempts: 1 };
    expect(sweepIntervalMs([aDroplet({ status })], 0, at(12))).toBe(6_000);
  });

  it.each([
    ['not before a machine can be up', 1, 20, 3_981.308],
    ['but within 10 s, for one may be quicker', 1, 2, 10_000],
    ['then closely', 1, 40, 500],
    ['many the wider the more they are spread', 100, 40, 1_800],
    ['and as if nothing were known when it takes far longer', 100, 90, 4_000],
  ])('where boots of 30 s to 48 s are known: %s', (_, count, seconds, expected) => {
    const many = Array.from({ length: count }, () => booting(0));
    const boots = { least: 30_000, most: 48_000, count: 20 };
    expect(sweepIntervalMs(many, 0, at(seconds), { boots })).toBeCloseTo(expected);
  });

  it('lists the last of many as the first: all share their listings', () => {
    const boots = { least: 30_000, most: 48_000, count: 20 };
    const few = Array.from({ length: 3 }, () => booting(0));
    expect(sweepIntervalMs(few, 100, at(40), { boots, together: 100 })).toBe(1_800);
    expect(sweepIntervalMs(few, 100, at(40), { boots, together: 3 })).toBe(500);
  });

  it('knows how many were asked for together, those that are up by now too', () => {
    const up = (since: number) =>
      aDroplet({ status: { id: 1, acceptedAt: time(since), ip: '127.0.0.1', attempts: 1 } });
    const others = [up(0), up(94), up(96), up(100), up(101), aDroplet()];
    const leaving = aDroplet({
      metadata: { deletionTimestamp: time(200) },
      status: { id: 1, acceptedAt: time(0), attempts: 1 },
    });
    expect(togetherWith([booting(100)], [...others, booting(100)])).toBe(3);
    expect(togetherWith([booting(99), booting(100), leaving], others)).toBe(2);
    expect(togetherWith([leaving], others)).toBe(0);
    expect(togetherWith([], others)).toBe(0);
  });

  it('lists many that come up within some seconds as closely as one', () => {
    const many = Array.from({ length: 100 }, () => booting(0));
    expect(
      sweepIntervalMs(many, 100, at(2), { boots: { least: 1_000, most: 3_000, count: 20 } }),
    ).toBe(500);
  });

  /** From its address on a machine is waited for until it is active, and shares the listings of the others. */
  const ACTIVE_AFTER_MS = 8_000;
  const addressed = { id: 1, acceptedAt: time(0), ip: '127.0.0.1', state: 'new', attempts: 1 };

  /** What the listings of so many machines come to, by what was learnt before, and is learnt from each listing, as the program does. */
  function listed(took: number[], ready: number[]) {
    const late: number[] = [];
    let listings = 0;
    const left = ready.toSorted((one, other) => one - other);
    for (let ms = 0; left.length > 0; listings++) {
      const boots = { least: Math.min(...took), most: Math.max(...took), count: took.length };
      const up = ready.filter((at) => at <= ms && at + ACTIVE_AFTER_MS > ms);
      const many = [
        ...left.map(() => booting(0)),
        ...up.map(() => aDroplet({ status: addressed })),
      ];
      ms += sweepIntervalMs(many, 100, T0 + ms, {
        boots: took.length > 0 ? boots : undefined,
        together: ready.length,
      });
      while ((left[0] ?? Number.POSITIVE_INFINITY) <= ms) {
        late.push(ms - (left.shift() ?? 0));
        took.push(ms);
      }
      took.splice(0, took.length - 20);
    }
    const inOrder = late.toSorted((one, other) => one - other);
    return { listings, late: inOrder[Math.floor(0.95 * inOrder.length)] ?? 0 };
  }
  const evenly = (count: number, [least, most]: readonly [number, number]) =>
    Array.from({ length: count }, (_, i) => least + ((most - least) * (i + 0.5)) / count);

  it.each([
    // A hundred creates have 20 listings to share; so little is known but once.
    [0, 27],
    [1, 20],
    [3, 19],
    [20, 18],
  ])(
    'lists 100 machines that boot for 32 to 52 s, %i of them before, %i times at the most, and sees them within 2 s',
    (known, most) => {
      const span = [32_000, 52_000] as const;
      const { listings, late } = listed(evenly(known, span), evenly(100, span));
      expect(listings).toBeLessThanOrEqual(most);
      expect(late).toBeLessThanOrEqual(2_000);
    },
  );

  it.each([1, 3, 20])(
    'sees 100 machines that boot for 30 to 40 s within 1.8 s, for 18 listings, where %i are known',
    (known) => {
      const span = [30_000, 40_000] as const;
      const { listings, late } = listed(evenly(known, span), evenly(100, span));
      expect(late).toBeLessThanOrEqual(1_800);
      expect(listings).toBeLessThanOrEqual(18);
    },
  );

  it.each([1, 3, 20])(
    'sees 100 machines within 2 s though they boot for 16 to 44 s, of which %i are known',
    (known) => {
      const span = [16_000, 44_000] as const;
      const { listings, late } = listed(evenly(known, span), evenly(100, span));
      expect(late).toBeLessThanOrEqual(2_000);
      expect(listings).toBeLessThanOrEqual(24);
    },
  );

  it.each([
    [1, [32_000, 52_000], 600],
    [3, [32_000, 52_000], 600],
    [20, [32_000, 52_000], 600],
    [1, [16_000, 44_000], 1_000],
    [20, [16_000, 44_000], 1_000],
  ] as const)(
    'sees one machine soon, of which %i are known to boot for %o ms: %i ms late at the most, of twenty the worst but one',
    (known, span, most) => {
      const all = evenly(20, span).map((ready) => listed(evenly(known, span), [ready]).late);
      expect(all.toSorted((one, other) => one - other)[18]).toBeLessThanOrEqual(most);
    },
  );

  it.each([
    [0, 7_500],
    [200, 7_500],
    [1_000, 37_500],
    [1_600, 60_000],
    [10_000, 73_500],
  ])('while creates wait for the budget leaves it to them: of %i droplets', (listed, expected) => {
    const many = Array.from({ length: 100 }, () => booting(0));
    expect(sweepIntervalMs(many, listed, T0, { isHeld: true })).toBe(expected);
  });

  it('lists up to 1,000 quiet droplets within 30 s, and no more than 600 requests an hour go to any number of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (listed) => {
        const interval = sweepIntervalMs([], listed, T0);
        expect((3_600_000 / interval) * Math.ceil(listed / 200)).toBeLessThanOrEqual(600 + 1e-9);
        if (listed <= 1_000) expect(interval).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it('learns from the latest 20 machines that were made here how long they boot', () => {
    expect(bootsOf([booting(0)])).toBeUndefined();
    const made = (acceptedAt: number, tookSeconds: number) =>
      aDroplet({
        status: {
          id: 1,
          acceptedAt: time(acceptedAt),
          addressedAt: time(acceptedAt + tookSeconds),
          attempts: 1,
        },
      });
    const older = [made(0, 500), made(1, 1)];
    const latest = Array.from({ length: 20 }, (_, i) => made(100 + i, 10 + i));
    expect(bootsOf([...older, ...latest, ...older])).toEqual({
      least: 10_000,
      most: 29_000,
      count: 20,
    });
  });

  it('counts a deletion from the last time that it was asked for', () => {
    const deletion = { requestedAt: time(100), requests: 2 };
    const leaving = aDroplet({
      metadata: { deletionTimestamp: time(0) },
      status: { id: 1001, acceptedAt: time(0), attempts: 1, deletion },
    });
    expect(sweepIntervalMs([leaving], 0, at(101))).toBe(500);
  });

  it('lets no fleet, however large, spend its minute on listings', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 50 }),
        (listed, ages) => {
          const interval = sweepIntervalMs(ages.map(booting), listed, at(600));
          const callsAMinute = (60_000 / interval) * Math.max(1, Math.ceil(listed / 200));
          // Of floating-point numbers.
          expect(callsAMinute).toBeLessThanOrEqual(150 + 1e-9);
          expect(interval).toBeGreaterThanOrEqual(500);
        },
      ),
    );
  });
});
