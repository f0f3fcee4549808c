// Proves, in short, what `npm run chaos` proves at length: nothing lost, doubled, left over or undone, whatever dies when.
import { expect, it } from 'vitest';
import { chaos } from './run.ts';
import { table } from './table.ts';

const INSTANCES = 12;
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

it(`keeps every acknowledged write and one droplet a bot under kills, freezes and faults (CHAOS_SEED=${seed})`, async () => {
  const report = await chaos({
    seed,
    instances: INSTANCES,
    controllers: 2,
    apis: 1,
    faultShare: 0.1,
    disturbedMs: 30_000,
    pauseMs: 8_000,
    settleMs: 120_000,
    monkey: { betweenMs: 2_000, frozenMs: 12_000, redisDownMs: 4_000 },
    machines: 'light',
    limits: undefined,
    say: () => {},
  });
  const { lost, duplicates, doubled, leaks, unconverged, tally, disturbances } = report;
  const bad = { lost, duplicates, doubled, leaks, unconverged, wrong: tally.wrong };
  expect({ ...bad, badStops: disturbances.badStops }, table(report, INSTANCES)).toEqual({
    lost: [],
    duplicates: [],
    doubled: [],
    leaks: [],
    unconverged: [],
    wrong: [],
    badStops: [],
  });
  // A run in which nothing happened proves nothing.
  expect(tally.acknowledged).toBeGreaterThanOrEqual(INSTANCES);
  expect([...disturbances.counts.values()].length).toBeGreaterThan(0);
}, 240_000);
