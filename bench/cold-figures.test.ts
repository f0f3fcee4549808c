import { describe, expect, it } from 'vitest';
import { type Cold, coldFigures, overheadPlot } from './cold-figures.ts';

const creates = (count: number, overMs: number) =>
  Array.from({ length: count }, (_, i) => ({
    totalMs: 5_000 + overMs * (i + 1),
    floorMs: 5_000,
  }));
const cold = (over: Partial<Cold> = {}): Cold => ({
  alone: creates(2, 100),
  callsAlone: 6,
  atOnce: creates(100, 10),
  callsAtOnce: 110,
  cpuMs: 4_000,
  busiestMinute: 157,
  controllers: 0,
  ...over,
});
const valuesOf = (found: Cold) =>
  Object.fromEntries(coldFigures('cold 2 s', found).map(({ name, value }) => [name, value]));

describe('what creates cost', () => {
  it('is told over what their machines took, in seconds, and for each of them', () => {
    expect(valuesOf(cold())).toEqual({
      'one: overhead p50': 0.1,
      'one: overhead p95': 0.2,
      'one: API calls': 3,
      '100 at once: overhead p50': 0.5,
      '100 at once: overhead p95': 0.95,
      '100 at once: p95 to completed': 5.95,
      'API calls per instance, 100 at once': 1.1,
      'CPU for each': 40,
      'busiest minute': 157,
    });
  });

  it('is not told of what was not measured', () => {
    expect(Object.keys(valuesOf(cold({ alone: [] })))).not.toContain('one: overhead p50');
    expect(Object.keys(valuesOf(cold({ alone: [], atOnce: [] })))).toEqual(['busiest minute']);
  });

  it.each([
    [100, 1.2],
    [99, undefined],
  ])('of %i at once has %s calls each for a target', (count, most) => {
    const figures = coldFigures('cold 2 s', cold({ atOnce: creates(count, 10) }));
    const calls = figures.find(({ name }) => name.startsWith('API calls'));
    expect(calls?.floor).toBe(1 + 1 / count);
    expect(calls?.most).toBe(most);
  });

  it('is drawn as the share of creates that were as quick', () => {
    const { lines } = overheadPlot(2, cold({ atOnce: creates(4, 1_000).toReversed() }));
    expect(lines[1]).toEqual({
      name: '4 at once',
      points: [
        [1, 0.25],
        [2, 0.5],
        [3, 0.75],
        [4, 1],
      ],
    });
  });
});
