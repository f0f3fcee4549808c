import { describe, expect, it } from 'vitest';
import { type Figure, judged, percentile, rounded, table } from './figure.ts';

const figure = (over: Partial<Figure> = {}): Figure => ({
  section: 'cold 2 s',
  name: 'overhead',
  value: 3,
  unit: 's',
  ...over,
});

describe('a percentile', () => {
  it.each([
    [[], 0.5, 0],
    [[7], 0.01, 7],
    [[7], 1, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 3, 2, 1], 0.5, 2],
    [[4, 3, 2, 1], 0.51, 3],
    [Array.from({ length: 100 }, (_, i) => 100 - i), 0.95, 95],
    [Array.from({ length: 100 }, (_, i) => 100 - i), 1, 100],
    [[3, 1, 2], 0, 1],
  ])('of %j at %f is the nearest rank, %f', (samples, share, expected) => {
    expect(percentile(samples, share)).toBe(expected);
  });

  it('leaves the samples as they were', () => {
    const samples = [3, 1, 2];
    percentile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe('a number in a table', () => {
  it.each([
    [0, '0'],
    [0.12345, '0.123'],
    [9.9999, '10'],
    [12.345, '12.3'],
    [123.45, '123'],
    [1_234_567, '1234567'],
    [-12.345, '-12.3'],
  ])('%f is told as %s', (value, expected) => {
    expect(rounded(value)).toBe(expected);
  });
});

describe('a figure', () => {
  it.each([
    ['no target', {}, undefined],
    ['at most as much as wanted', { most: 3 }, true],
    ['more than wanted', { most: 2.9 }, false],
    ['as much as wanted at least', { least: 3 }, true],
    ['less than wanted', { least: 3.1 }, false],
    ['between both', { least: 2, most: 4 }, true],
    ['past one of both', { least: 4, most: 5 }, false],
  ])('with %s', (_, target, expected) => {
    expect(judged([figure(target)])[0]?.isMet).toBe(expected);
  });

  it('is told as so many times its floor, where it has one', () => {
    const ratios = judged([figure({ floor: 2 }), figure(), figure({ floor: 0 })]);
    expect(ratios.map(({ ratio }) => ratio)).toEqual([1.5, undefined, undefined]);
  });

  it('keeps in JSON all that was measured', () => {
    const measured = figure({ floor: 2, most: 4, note: 'three runs' });
    expect(JSON.parse(JSON.stringify(judged([measured])))).toEqual([
      { ...measured, ratio: 1.5, isMet: true },
    ]);
  });
});

it('is a table in Markdown, whose columns are as wide as what they hold', () => {
  const figures = [
    figure({ floor: 2, most: 4, note: 'eight creates' }),
    figure({ name: 'made twice', value: 1, unit: '', most: 0 }),
    figure({ name: 'looks', value: 338, unit: '/s', least: 327, most: 350 }),
    figure({ name: 'p50' }),
  ];
  expect(table(figures)).toBe(
    [
      '| section  | figure     | measured | floor | ratio  | target     |        | how           |',
      '| -------- | ---------- | -------- | ----- | ------ | ---------- | ------ | ------------- |',
      '| cold 2 s | overhead   | 3 s      | 2 s   | 1.50 x | <= 4       | ok     | eight creates |',
      '| cold 2 s | made twice | 1        |       |        | <= 0       | MISSED |               |',
      '| cold 2 s | looks      | 338 /s   |       |        | 327 to 350 | ok     |               |',
      '| cold 2 s | p50        | 3 s      |       |        |            |        |               |',
    ].join('\n'),
  );
});

it('is a table of its heads alone where nothing was measured', () => {
  expect(table([]).split('\n')).toHaveLength(2);
});
