import type { Journey, Timeline } from '../../store/timeline.ts';

/** How long something takes, from what was seen. Durations in ms, by the nearest-rank method. */
interface Spread {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly samples: number;
}

export interface Estimate extends Spread {
  readonly kind: Journey['kind'];
  /** RFC 3339: the end of the oldest journey that counts. */
  readonly since: string;
  /** How long each phase took. */
  readonly phases: readonly (Spread & { readonly phase: string })[];
}

/** With fewer, a percentile would say more than is known. */
const LEAST_SAMPLES = 5;

/**
 * How long until `completed`, from the journeys of this fleet that were at this point too: those that stayed in the phase at least
 * as long as this one has. Undefined when there are too few, or it is on no way there. Pure; `now` in ms since the epoch.
 */
export function estimate(
  timeline: Timeline | undefined,
  all: readonly Journey[],
  now: number,
): Estimate | undefined {
  const way = timeline?.way;
  const here = way?.visits.find((visit) => visit.lastedMs === undefined);
  if (!way || !here) return undefined;
  const elapsedMs = now - way.startedAt - here.afterMs;
  const journeys = all.filter(({ kind }) => kind === way.kind);
  const left: number[] = [];
  let since: string | undefined;
  for (const { totalMs, endedAt, visits } of journeys) {
    const visit = visits.find(({ phase }) => phase === here.phase);
    if (!visit || visit.lastedMs < elapsedMs) continue;
    left.push(Math.max(0, totalMs - visit.afterMs - elapsedMs));
    if (since === undefined || endedAt < since) since = endedAt;
  }
  if (left.length < LEAST_SAMPLES || since === undefined) return undefined;
  return { ...spreadOf(left), kind: way.kind, since, phases: phasesOf(journeys) };
}

function phasesOf(journeys: readonly Journey[]): Estimate['phases'] {
  const lasted = new Map<string, number[]>();
  for (const { visits } of journeys) {
    for (const { phase, lastedMs } of visits) {
      lasted.set(phase, [...(lasted.get(phase) ?? []), lastedMs]);
    }
  }
  return [...lasted]
    .filter(([, samples]) => samples.length >= LEAST_SAMPLES)
    .map(([phase, samples]) => ({ phase, ...spreadOf(samples) }));
}

function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50Ms: rank(0.5), p95Ms: rank(0.95), samples: sorted.length };
}
