import { expect, test } from 'vitest';
import { ageText, countText, durationText, moneyText, spanText } from './format.ts';

test.each([
  [-1, '0 s', '0 s'],
  [0, '0 s', '0 s'],
  [59.4, '59 s', '59 s'],
  [60, '1 min', '1 min'],
  [125, '2 min 5 s', '2 min'],
  [3_600, '1 h', '1 h'],
  [12_000, '3 h 20 min', '3 h'],
  [100_000, '1 d 3 h', '27 h'],
  [90_000_000, '1041 d', '1041 d'],
])('%d s is %s, in short %s', (seconds, long, short) => {
  expect(durationText(seconds)).toBe(long);
  expect(ageText(seconds)).toBe(short);
});

test.each([
  [0.04, '0 s'],
  [0.44, '0.4 s'],
  [9.96, '10 s'],
  [75, '1 min 15 s'],
])('a short span of %d s is %s', (seconds, text) => {
  expect(spanText(seconds, 'en')).toBe(text);
});

test('figures are written as each language does', () => {
  expect(countText(12_345.5, 'en')).toBe('12,345.5');
  expect(countText(12_345.5, 'es')).toBe('12.345,5');
  expect(moneyText(1234.5, 'en').replace(/\s/g, ' ')).toBe('USD 1,234.50');
  expect(moneyText(0.00595, 'en').replace(/\s/g, ' ')).toBe('USD 0.006');
});
