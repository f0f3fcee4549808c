import { z } from 'zod';
import type { Condition } from './condition.ts';
import { DEFAULT_CLASS } from './instance-class.ts';
import { objectName, type Resource } from './meta.ts';

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day in quotes, like "08:30"');

const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone, like America/Bogota');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** While it is open, the pool holds another number of droplets. A window whose end is not after its start goes over midnight. */
const scheduleWindow = z.strictObject({
  timeZone: timeZone.default('UTC').describe('IANA time zone of the times.'),
  /** Of the day on which the window opens; left out: every day. */
  days: z
    .array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))
    .optional()
    .describe('Days on which the window opens; left out: every day.'),
  from: timeOfDay.describe('Time of day at which it opens, like "08:30".'),
  to: timeOfDay.describe('Time of day at which it closes; before the other one: on the next day.'),
  replicas: z.int().min(0).max(1000).describe('How many droplets wait while it is open.'),
});

export type ScheduleWindow = z.infer<typeof scheduleWindow>;

export const instancePoolSpec = z.strictObject({
  /** What its droplets are prepared for. */
  className: objectName
    .default(DEFAULT_CLASS)
    .describe('The InstanceClass that its droplets are prepared for.'),
  /** How many prepared droplets wait to be claimed, outside of all windows. */
  replicas: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('How many prepared droplets wait to be claimed, outside of all windows.'),
  /** Older ones are replaced while they wait. */
  maxAgeSeconds: z
    .int()
    .min(60)
    .max(31_536_000)
    .default(604_800)
    .describe('Droplets that have waited longer are replaced.'),
  /** No more than so many are booted and prepared at a time. */
  maxBooting: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('No more than so many are booted and prepared at a time.'),
  /** The first open window counts. */
  schedule: z
    .array(scheduleWindow)
    .max(50)
    .default([])
    .describe('Times at which another number of droplets waits. The first open window counts.'),
});
export type InstancePoolSpec = z.infer<typeof instancePoolSpec>;

export interface InstancePoolStatus {
  readonly observedGeneration: number;
  readonly message: string;
  readonly conditions: readonly Condition[];
  /** What is wanted now, by the schedule. */
  readonly wanted: number;
  /** Droplets that wait, prepared or not: `ready` + `booting`. */
  readonly replicas: number;
  readonly ready: number;
  readonly booting: number;
  /** Claimed from it by instances that run on them now. */
  readonly claimed: number;
  /** What the waiting droplets cost together; absent while the price of the size is not known. */
  readonly costUsdPerHour?: number | undefined;
  /** Names of droplets that are to be declared, written before they are; each until it has been seen. */
  readonly declaring?: readonly string[] | undefined;
  /** Lots of droplets in a row that came to nothing, and when the last one did. */
  readonly failures?: number | undefined;
  readonly lastFailureAt?: string | undefined;
}

/** Booted and prepared droplets without a number, so that a new instance of the class need not wait for a boot. */
export type InstancePool = Resource<InstancePoolSpec, InstancePoolStatus>;
