import type { InstancePoolSpec, ScheduleWindow } from './instance-pool.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
type Day = (typeof DAYS)[number];

/** How many droplets a pool is to hold at `now` (ms since the epoch): by the first window that is open, else by `replicas`. Pure. */
export const wantedAt = ({ schedule, replicas }: InstancePoolSpec, now: number): number =>
  schedule.find((window) => isOpen(window, now))?.replicas ?? replicas;

/** By the wall clock of the window's time zone, so that it opens at the same time of day in summer and in winter. */
function isOpen(window: ScheduleWindow, now: number): boolean {
  const { day, time } = wallClock(window.timeZone, now);
  const { from, to } = window;
  const opensOn = (which: Day): boolean => window.days?.includes(which) ?? true;
  if (from < to) return opensOn(day) && time >= from && time < to;
  // Over midnight, or round the clock: the hours after it belong to the day before.
  return (opensOn(day) && time >= from) || (opensOn(dayBefore(day)) && time < to);
}

const dayBefore = (day: Day): Day => DAYS[(DAYS.indexOf(day) + 6) % 7] as Day;

function wallClock(timeZone: string, now: number): { readonly day: Day; readonly time: string } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return { day: part('weekday') as Day, time: `${part('hour')}:${part('minute')}` };
}
