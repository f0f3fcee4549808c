import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleRange } from './visible-range.ts';

const list = fc.record({
  count: fc.nat(20_000),
  rowHeight: fc.integer({ min: 20, max: 200 }),
  top: fc.integer({ min: -5_000, max: 2_000_000 }),
  height: fc.integer({ min: 0, max: 3_000 }),
});

test('every row of which a part is in the window is drawn', () => {
  fc.assert(
    fc.property(list, fc.nat(20_000), ({ count, rowHeight, top, height }, row) => {
      const { first, end } = visibleRange({ count, rowHeight, top, height });
      const isSeen = row < count && (row + 1) * rowHeight > top && row * rowHeight < top + height;
      if (isSeen) expect(row >= first && row < end).toBe(true);
    }),
  );
});

test('never more than the window and its edges, and never a row that is not there', () => {
  fc.assert(
    fc.property(list, ({ count, rowHeight, top, height }) => {
      const { first, end } = visibleRange({ count, rowHeight, top, height });
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 18);
    }),
  );
});

test('of 5,000 rows a window of 900 px draws some thirty', () => {
  expect(visibleRange({ count: 5_000, rowHeight: 68, top: 170_000, height: 900 })).toEqual({
    first: 2_492,
    end: 2_522,
  });
});
