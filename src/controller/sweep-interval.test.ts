import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDroplet, T0, time } from '../../test/builders.ts';
import { sweepIntervalMs } from './sweep-interval.ts';

const booting = (since: number) =>
  aDroplet({ status: { id: 1001, acceptedAt: time(since), attempts: 1 } });
const at = (seconds: number) => T0 + seconds * 1000;

describe('the interval between sweeps', () => {
  it.each([
    ['nothing is changing', [], 0, 30_000],
    ['one was accepted just now', [booting(0)], 0, 500],
    ['it has been booting for 10 s', [booting(0)], 10, 1_000],
    ['it has been booting for a minute', [booting(0)], 60, 2_000],
    ['another one was accepted just now', [booting(0), booting(60)], 60, 500],
    ['many were accepted just now', Array.from({ length: 100 }, () => booting(0)), 0, 1_000],
    ['one is waited for since nobody knows when', [aDroplet({ status: { id: 1 } })], 0, 2_000],
  ] as const)('%s', (_, changing, seconds, expected) => {
    expect(sweepIntervalMs(changing, 0, at(seconds))).toBe(expected);
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
