import { systemClock } from '../src/clock.ts';
import type { World } from '../test/chaos/world.ts';
import type { Figure } from './figure.ts';
import { cpuSeconds, rssMb } from './process-cost.ts';
import type { SharedCloud } from './shared-cloud.ts';

/** What it is to look at all bots, each once in HEALTH_SECONDS. */
export interface Health {
  readonly looksPerSecond: number;
  readonly cpuPerLookMs: number;
  readonly busiestSecond: number;
  readonly mostAtOnce: number;
  /** Of the controller, in MB, after it. */
  readonly rss: number;
}

const HEALTH_SECONDS = 30;

/** Has the bots looked at, and watches that for one interval. */
export async function healthOf(
  { store }: World,
  { looks }: SharedCloud,
  pid: number,
): Promise<Health> {
  const klass = await store.get('InstanceClass', 'default');
  if (!klass) throw new Error('There is no class.');
  const { spec } = klass;
  const health = { ...spec.health, intervalSeconds: HEALTH_SECONDS };
  await store.update('InstanceClass', { ...klass, spec: { ...spec, health } });
  // One interval until all have their place, one to be measured.
  await systemClock.sleep((HEALTH_SECONDS + 5) * 1000);
  looks.times.length = 0;
  looks.mostAtOnce = 0;
  const cpu = cpuSeconds(pid);
  await systemClock.sleep(HEALTH_SECONDS * 1000);
  const used = cpuSeconds(pid) - cpu;
  const bySecond = new Map<number, number>();
  for (const time of looks.times) {
    const second = Math.floor(time / 1000);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  return {
    looksPerSecond: looks.times.length / HEALTH_SECONDS,
    cpuPerLookMs: (used * 1000) / Math.max(1, looks.times.length),
    busiestSecond: Math.max(0, ...bySecond.values()),
    mostAtOnce: looks.mostAtOnce,
    rss: rssMb(pid),
  };
}

/** `isLast`: of the size that the targets are for. */
export function healthFigures(
  section: string,
  size: number,
  { looksPerSecond, busiestSecond, mostAtOnce, cpuPerLookMs, rss }: Health,
  isLast: boolean,
): readonly Figure[] {
  const floor = size / HEALTH_SECONDS;
  const most = (limit: number) => (isLast ? limit : undefined);
  return [
    {
      section,
      name: 'health looks',
      value: looksPerSecond,
      unit: '/s',
      floor,
      // Neither does a bot wait for its look, nor is one looked at twice.
      least: isLast ? floor * 0.98 : undefined,
      most: most(floor * 1.05),
    },
    {
      section,
      name: 'busiest second of looks',
      value: busiestSecond,
      unit: 'looks',
      floor,
      // Half as many again as the mean; of few looks a second chance alone makes more.
      most: most(floor + Math.max(floor / 2, 4 * Math.sqrt(floor))),
    },
    { section, name: 'looks at once', value: mostAtOnce, unit: 'looks', most: 500 },
    { section, name: 'CPU of a look', value: cpuPerLookMs, unit: 'ms' },
    { section, name: 'RSS after the looks', value: rss, unit: 'MB', most: most(400) },
  ];
}
