import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKOFF, backoffMs } from './backoff.ts';

const withoutJitter = () => 0;

test.each([
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [9, 256_000],
  [10, 300_000],
  [5_000, 300_000],
])('failure %i in a row waits %i ms', (failures, delayMs) => {
  expect(backoffMs(BACKOFF, failures, withoutJitter)).toBe(delayMs);
});

test('jitter only shortens, by a fifth at most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, chance) => {
        const whole = backoffMs(BACKOFF, failures, withoutJitter);
        const delayMs = backoffMs(BACKOFF, failures, () => chance);
        expect(delayMs).toBeLessThanOrEqual(whole);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(whole * 0.8));
      },
    ),
  );
});

test('two keys that failed together come back at different times', () => {
  const [one, other] = [() => 0.1, () => 0.9];
  expect(backoffMs(BACKOFF, 10, one)).not.toBe(backoffMs(BACKOFF, 10, other));
});

test('a count that makes no sense waits as after the first failure', () => {
  expect(backoffMs(BACKOFF, 0, withoutJitter)).toBe(1_000);
});
