import { type Figure, type Plot, percentile } from './figure.ts';

/** One create: how long it took, and how long its machine took by itself. */
export interface Measured {
  readonly totalMs: number;
  readonly floorMs: number;
}

/** What creates cost over machines of one kind. */
export interface Cold {
  /** One at a time … */
  readonly alone: readonly Measured[];
  readonly callsAlone: number;
  /** … and many at once. */
  readonly atOnce: readonly Measured[];
  readonly callsAtOnce: number;
  /** Of all programs, for those at once. */
  readonly cpuMs: number;
  readonly busiestMinute: number;
  /** Beside the API; 0: it is one as well. */
  readonly controllers: number;
}

const MOST_SECONDS = { alone: 1, atOnce: 2 };
/** Of so many at once and more; fewer share their listings among fewer. */
const MOST_CALLS = { calls: 1.2, from: 100 };
const MOST_A_MINUTE = 250;

/** None of what was not measured. Pure. */
export function coldFigures(section: string, found: Cold): readonly Figure[] {
  return [
    ...(found.alone.length > 0 ? aloneFigures(section, found) : []),
    ...(found.atOnce.length > 0 ? atOnceFigures(section, found) : []),
    {
      section,
      unit: 'calls',
      name: 'busiest minute',
      value: found.busiestMinute,
      most: MOST_A_MINUTE,
    },
  ];
}

function aloneFigures(section: string, { alone, callsAlone }: Cold): readonly Figure[] {
  const seconds = { section, unit: 's' };
  const over = overheads(alone);
  return [
    {
      ...seconds,
      name: 'one: overhead p50',
      value: percentile(over, 0.5),
      note: alone.length === 1 ? '1 create' : `${alone.length} creates`,
    },
    {
      ...seconds,
      name: 'one: overhead p95',
      value: percentile(over, 0.95),
      most: MOST_SECONDS.alone,
    },
    {
      section,
      unit: 'calls',
      name: 'one: API calls',
      value: callsAlone / alone.length,
      floor: 2,
      note: 'the create, and a listing that shows its address',
    },
  ];
}

function atOnceFigures(
  section: string,
  { atOnce, callsAtOnce, cpuMs, controllers }: Cold,
): readonly Figure[] {
  const count = atOnce.length;
  const seconds = { section, unit: 's' };
  const over = overheads(atOnce);
  const p95 = (of: (one: Measured) => number) => percentile(atOnce.map(of), 0.95) / 1000;
  return [
    { ...seconds, name: `${count} at once: overhead p50`, value: percentile(over, 0.5) },
    {
      ...seconds,
      name: `${count} at once: overhead p95`,
      value: percentile(over, 0.95),
      most: MOST_SECONDS.atOnce,
    },
    {
      ...seconds,
      name: `${count} at once: p95 to completed`,
      value: p95(({ totalMs }) => totalMs),
      floor: p95(({ floorMs }) => floorMs),
      note: 'boot, sshd, bootstrap, the bot itself',
    },
    {
      section,
      unit: 'calls',
      name: `API calls per instance, ${count} at once`,
      value: callsAtOnce / count,
      floor: 1 + 1 / count,
      most: count >= MOST_CALLS.from ? MOST_CALLS.calls : undefined,
      note: `${callsAtOnce} in all`,
    },
    {
      section,
      unit: 'ms',
      name: 'CPU for each',
      value: cpuMs / count,
      note:
        controllers === 0
          ? 'API and controller in one process'
          : `API and ${controllers} controllers`,
    },
  ];
}

/** How creates spread over what they took beyond their machines. Pure. */
export function overheadPlot(bootSeconds: number, { alone, atOnce }: Cold): Plot {
  return {
    file: `overhead-boot-${bootSeconds}s.svg`,
    title: `Overhead over the floor, boot ${bootSeconds} s`,
    x: 'overhead, s',
    y: 'share of creates',
    lines: [
      { name: 'one at a time', points: distribution(alone) },
      { name: `${atOnce.length} at once`, points: distribution(atOnce) },
    ],
  };
}

/** In seconds. */
const overheads = (creates: readonly Measured[]): readonly number[] =>
  creates.map(({ totalMs, floorMs }) => (totalMs - floorMs) / 1000);

const distribution = (creates: readonly Measured[]) =>
  overheads(creates)
    .toSorted((a, b) => a - b)
    .map((over, at): readonly [number, number] => [over, (at + 1) / creates.length]);
