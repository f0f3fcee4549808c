import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { T0 } from '../../../test/builders.ts';
import { nextLookAt } from './look-times.ts';

describe('when a bot is looked at next', () => {
  it('is once an interval, from the second time on', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 1, max: 3600 }), fc.nat(), (uid, seconds, ms) => {
        const first = nextLookAt(uid, seconds, T0 + ms);
        expect(first - (T0 + ms)).toBeGreaterThanOrEqual(seconds * 100 - 1);
        expect(first - (T0 + ms)).toBeLessThanOrEqual(seconds * 1100 + 1);
        expect(nextLookAt(uid, seconds, first + 5) - first).toBeCloseTo(seconds * 1000, 0);
      }),
    );
  });

  it('spreads a fleet that came up at once evenly over the interval', () => {
    const perSecond = new Array<number>(30).fill(0);
    for (let i = 0; i < 3_000; i++) {
      const second = Math.floor(nextLookAt(`uid-${i}`, 30, T0) / 1000) % 30;
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
    expect(Math.max(...perSecond)).toBeLessThan(150);
    expect(Math.min(...perSecond)).toBeGreaterThan(50);
  });
});
