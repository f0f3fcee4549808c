import { expect, test } from 'vitest';
import { indexAt, lineCount } from './text-lines.ts';

const TEXT = 'ab\ncdef\n\ng';

test.each([
  [1, 1, 0],
  [1, 2, 1],
  [1, 99, 2],
  [2, 1, 3],
  [2, 3, 5],
  [3, 5, 8],
  [4, 1, 9],
  [99, 1, 10],
])('line %d, column %d is at %d', (line, column, index) => {
  expect(indexAt(TEXT, line, column)).toBe(index);
});

test('a text has one line more than line ends', () => {
  expect([lineCount(''), lineCount('a'), lineCount(TEXT), lineCount('a\n')]).toEqual([1, 1, 4, 2]);
});
