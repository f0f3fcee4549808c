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

/** Watches the controller for `seconds` at least, from the end of one sweep to that of another: a part of that time would count one too many or none. */
export async function restOf(world: World, pid: number, seconds: number): Promise<Rest> {
  await sweepAfter(world, Date.now());
  const [callsBefore, cpuBefore, since] = [callsOf(world), cpuSeconds(pid), Date.now()];
  await systemClock.sleep(seconds * 1000);
  await sweepAfter(world, Date.now());
  const hours = (Date.now() - since) / 3_600_000;
  return {
    idleShare: (cpuSeconds(pid) - cpuBefore) / (hours * 3600),
    callsPerHour: (callsOf(world) - callsBefore) / hours,
  };
}
