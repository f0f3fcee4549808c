import { describe, expect, it } from 'vitest';
import { instancePoolSpec } from './instance-pool.ts';
import { wantedAt } from './pool-schedule.ts';

const spec = instancePoolSpec.parse({
  replicas: 1,
  schedule: [
    { timeZone: 'America/Bogota', days: ['Fri'], from: '22:00', to: '06:00', replicas: 7 },
    { timeZone: 'Europe/Madrid', from: '09:00', to: '10:00', replicas: 5 },
  ],
});

// 2026-01-02 is a Friday; Bogota is 5 hours behind UTC, Madrid 1 ahead in winter and 2 in summer.
const cases: readonly [string, number][] = [
  ['2026-01-02T12:00:00Z', 1],
  ['2026-01-03T02:59:59Z', 1],
  ['2026-01-03T03:00:00Z', 7],
  ['2026-01-03T10:59:59Z', 7],
  ['2026-01-03T11:00:00Z', 1],
  ['2026-01-04T05:00:00Z', 1],
  ['2026-01-05T08:00:00Z', 5],
  ['2026-01-05T09:00:00Z', 1],
  ['2026-07-06T07:00:00Z', 5],
  ['2026-07-06T08:00:00Z', 1],
];

describe('the schedule of a pool', () => {
  it.each(cases)('at %s wants %i', (time, wanted) => {
    expect(wantedAt(spec, Date.parse(time))).toBe(wanted);
  });

  it('is open round the clock when it ends as it begins', () => {
    const always = instancePoolSpec.parse({
      schedule: [{ from: '08:00', to: '08:00', replicas: 3 }],
    });
    for (let hour = 0; hour < 24; hour++) {
      expect(wantedAt(always, Date.UTC(2026, 0, 1, hour))).toBe(3);
    }
  });
});
