import { systemClock } from '../src/clock.ts';
import type { World } from '../test/chaos/world.ts';
import { callsOf } from './calls.ts';
import { sweepAfter } from './light-fleet.ts';
import { cpuSeconds } from './process-cost.ts';

/** What a fleet costs to which nothing happens. */
export interface Rest {
  /** Of one core. */
  readonly idleShare: number;
  readonly callsPerHour: number;
}

const HOUR_MS = 3_600_000;

/** Watches the controller for `seconds` at least, from one sweep to another: a part of that time would count one too many or none. */
export async function restOf(world: World, pid: number, seconds: number): Promise<Rest> {
  const first = await sweepAfter(world, Date.now());
  const [callsBefore, cpuBefore, since] = [callsOf(world), cpuSeconds(pid), Date.now()];
  await systemClock.sleep(seconds * 1000);
  const last = await sweepAfter(world, Date.now());
  return {
    idleShare: (cpuSeconds(pid) - cpuBefore) / ((Date.now() - since) / 1000),
    // How long each sweep took itself says nothing of how many there are.
    callsPerHour: ((callsOf(world) - callsBefore) * HOUR_MS) / (last.startedAt - first.startedAt),
  };
}
