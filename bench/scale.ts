import { type ApiCalls, apiCallFigures, apiCallsOf } from './api-calls.ts';
import type { Figure, Findings, Plot } from './figure.ts';
import { type Health, healthFigures, healthOf } from './health.ts';
import { firstStart, openLightFleet, putUp, restarts, STARTS, type Start } from './light-fleet.ts';
import { rssMb } from './process-cost.ts';
import { type Rest, restOf } from './rest.ts';

export interface ScaleOptions {
  readonly sizes: readonly number[];
  /** How long the controller is watched while there is nothing to do. */
  readonly idleSeconds: number;
  readonly say: (text: string) => void;
}

interface Measured {
  readonly size: number;
  /** Over no instances at all. */
  readonly empty: Start;
  /** Over all of them, with a look at each. */
  readonly full: Start;
  readonly rest: Rest;
  /** MB, at rest. */
  readonly rss: number;
  readonly calls: ApiCalls;
  readonly health: Health;
}

/** What a fleet costs that is declared and up, at several sizes of it. */
export async function scale(options: ScaleOptions): Promise<Findings> {
  const all: Measured[] = [];
  for (const size of options.sizes) all.push(await measure(size, options));
  const [first, last] = [all[0], all.at(-1)];
  if (!last || !first) return { figures: [] };
  const figures = all.flatMap((one) => figuresOf(one, one === last));
  if (last !== first) figures.push(againstSmaller(last, first));
  return { figures, plots: plotsOf(all, first) };
}

async function measure(size: number, { idleSeconds, say }: ScaleOptions): Promise<Measured> {
  const fleet = await openLightFleet(size);
  const { world, shared, controller } = fleet;
  try {
    const klass = await firstStart(fleet);
    const empty = await restarts(fleet);
    await controller.stop();
    await putUp(fleet, size, klass);
    say(`scale: ${size} instances are declared and up`);
    const full = await restarts(fleet);
    say(`scale: a start and the resync took ${full.seconds.toFixed(1)} s`);
    const pid = controller.pid ?? 0;
    const rest = await restOf(world, pid, idleSeconds);
    const rss = rssMb(pid);
    const calls = await apiCallsOf(world, size);
    say('scale: at rest');
    const health = await healthOf(world, shared, pid);
    return { size, empty, full, rest, rss, calls, health };
  } finally {
    await world.close();
  }
}

function figuresOf({ size, full, rest, rss, calls, health }: Measured, isLast: boolean): Figure[] {
  const section = `scale ${size}`;
  const most = (limit: number) => (isLast ? limit : undefined);
  return [
    { section, name: 'idle, % of a core', value: rest.idleShare * 100, unit: '%', most: most(5) },
    { section, name: 'RSS of the controller', value: rss, unit: 'MB', most: most(400) },
    {
      section,
      name: 'a start and the full resync',
      value: full.seconds,
      unit: 's',
      most: most(10),
    },
    {
      section,
      name: 'calls an hour, nothing changing',
      value: rest.callsPerHour,
      unit: 'calls',
      most: 600,
    },
    ...apiCallFigures(section, calls, isLast),
    ...healthFigures(section, size, health, isLast),
  ];
}

/** Most of what a start over a small fleet costs is Node.js itself: that of a start over nothing comes off both. */
function againstSmaller(last: Measured, first: Measured): Figure {
  const perInstance = ({ empty, full, size }: Measured) => Math.max(0, full.cpu - empty.cpu) / size;
  const ms = (one: Measured) => `${(perInstance(one) * 1000).toFixed(2)} ms`;
  return {
    section: 'scale',
    name: `cost per instance, ${last.size} against ${first.size}`,
    value: perInstance(last) / perInstance(first),
    unit: 'x',
    most: 1.2,
    note: `CPU of a start, the median of ${STARTS}, less that of one over nothing (${first.empty.cpu.toFixed(2)} s): ${ms(last)} against ${ms(first)}`,
  };
}

/** They begin at the start over nothing, which was measured too. */
function plotsOf(all: readonly Measured[], first: Measured): readonly Plot[] {
  const points = (of: (start: Start) => number, atSize: (one: Measured) => number) => [
    [0, of(first.empty)] as const,
    ...all.map((one) => [one.size, atSize(one)] as const),
  ];
  const cost = { x: 'instances', title: 'Cost against the size of the fleet' };
  const rss = points(
    (start) => start.rss,
    (one) => one.rss,
  );
  const line = (name: string, of: (start: Start) => number) => ({
    name,
    points: points(of, (one) => of(one.full)),
  });
  return [
    {
      ...cost,
      file: 'cost-memory.svg',
      y: 'MB',
      lines: [{ name: 'RSS of the controller', points: rss }],
    },
    {
      ...cost,
      file: 'cost-resync.svg',
      y: 'seconds',
      lines: [
        line('a start and the full resync', ({ seconds }) => seconds),
        line('its CPU', ({ cpu }) => cpu),
      ],
    },
  ];
}
