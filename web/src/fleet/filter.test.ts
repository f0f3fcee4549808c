import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PHASES } from '../../../src/resources/phase.ts';
import { countByPhase, NO_FILTER, ORDERS, parseFilter, queryOf, select } from './filter.ts';
import type { InstanceRow } from './standing.ts';

const row = (over: Partial<InstanceRow> = {}): InstanceRow => {
  const number = over.number ?? '573332221111';
  return {
    name: `bot-${number}`,
    number,
    phase: 'completed',
    progress: 100,
    message: '',
    phaseStartedAt: '2026-01-01T00:00:00Z',
    createdAt: '2026-01-01T00:00:00Z',
    className: 'default',
    ip: '203.0.113.7',
    labels: {},
    isPaused: false,
    whatsapp: 'Unknown',
    ...over,
  };
};
const fits = (one: InstanceRow, filter: Partial<typeof NO_FILTER>): boolean =>
  select([one], { ...NO_FILTER, ...filter }).length === 1;

describe('by text', () => {
  test.each([
    ['', true],
    ['3332221', true],
    ['+57 333 222', true],
    ['(333) 222-1111', true],
    ['bot-573', true],
    ['203.0.113', true],
    ['999', false],
    ['bot-999', false],
  ])('"%s" fits: %s', (text, expected) => {
    expect(fits(row(), { text })).toBe(expected);
  });
});

describe('by labels, as kubectl takes them', () => {
  const labelled = row({ labels: { customer: 'acme', 'a.b/tier': 'paid' } });
  test.each([
    ['customer=acme', true],
    ['customer==acme', true],
    ['customer = acme', true],
    ['customer=other', false],
    ['customer!=other', true],
    ['customer!=acme', false],
    ['customer', true],
    ['!customer', false],
    ['!nothing', true],
    ['nothing', false],
    ['customer=acme,a.b/tier=paid', true],
    ['customer=acme, a.b/tier=free', false],
    [' , ', true],
  ])('"%s" fits: %s', (labels, expected) => {
    expect(fits(labelled, { labels })).toBe(expected);
  });
});

test('by phase and class', () => {
  expect(fits(row({ phase: 'failed' }), { phases: ['failed', 'deleting'] })).toBe(true);
  expect(fits(row({ phase: 'completed' }), { phases: ['failed'] })).toBe(false);
  expect(fits(row({ className: 'large' }), { className: 'large' })).toBe(true);
  expect(fits(row(), { className: 'large' })).toBe(false);
});

test('orders: what failed before what is on its way before what rests; the newest first; by number', () => {
  const rows = [
    row({ number: '1000002', createdAt: '2026-01-02T00:00:00Z' }),
    row({ number: '1000001', createdAt: '2026-01-03T00:00:00Z' }),
    row({ number: '1000003', phase: 'failed' }),
    row({ number: '1000004', phase: 'initializing' }),
  ];
  const numbers = (order: (typeof ORDERS)[number]) =>
    select(rows, { ...NO_FILTER, order }).map(({ number }) => number.at(-1));
  expect(numbers('attention')).toEqual(['3', '4', '1', '2']);
  expect(numbers('newest')).toEqual(['1', '2', '3', '4']);
  expect(numbers('number')).toEqual(['1', '2', '3', '4']);
});

test('a filter comes back from its address', () => {
  const filters = fc.record({
    text: fc.string(),
    phases: fc.subarray([...PHASES]),
    className: fc.string(),
    labels: fc.string(),
    order: fc.constantFrom(...ORDERS),
  });
  fc.assert(
    fc.property(filters, (filter) => {
      expect(parseFilter(queryOf(filter))).toEqual(filter);
    }),
  );
});

test('what an address says wrongly counts for nothing', () => {
  expect(parseFilter('phase=nonsense&order=nonsense&x=y')).toEqual(NO_FILTER);
});

test('each is counted in its phase', () => {
  const counts = countByPhase([row(), row(), row({ phase: 'failed' })]);
  expect(counts).toMatchObject({ completed: 2, failed: 1, deleting: 0 });
});
