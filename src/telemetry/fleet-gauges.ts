import type { Gauge } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { ObjectOf } from '../resources/kinds.ts';
import { unexplainedAmong } from '../resources/ledger.ts';
import { PHASES } from '../resources/phase.ts';
import type { CloudView } from '../store/cloud-view.ts';
import type { ControllerReports } from '../store/controller-reports.ts';
import type { Ledger } from '../store/ledger.ts';

export interface FleetGaugesDeps {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly objects: {
    list<K extends 'Instance' | 'InstancePool'>(
      kind: K,
    ): { readonly items: readonly ObjectOf[K][] };
  };
  readonly cloudView: Pick<CloudView, 'lastSweep' | 'all' | 'clusterId' | 'prices'>;
  readonly reports: Pick<ControllerReports, 'alive' | 'lastResync'>;
  readonly ledger: Pick<Ledger, 'running'>;
  /** Only a process that takes work has a queue to ask. Throws what Redis throws. */
  readonly queueDepth?: (() => Promise<QueueDepth>) | undefined;
  readonly readiness: () => Promise<Readonly<Record<string, { readonly ok: boolean }>>>;
}

interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** How long the longest waiting key has waited. */
  readonly oldestMs: number;
}

/** Sets gauges to what was read. */
type Tell = () => void;

/** A scrape waits no longer for what can't be told now. */
const PATIENCE_MS = 2_000;

/** Reads anew what is true of the whole fleet. What can't be read is told as not a number, or not at all, instead of from memory. */
export async function readFleetGauges(deps: FleetGaugesDeps): Promise<void> {
  tellObjects(deps);
  const { metrics: m } = deps;
  await Promise.all([
    fresh(deps, [m.queueDepth, m.queueAge], () => queue(deps)),
    fresh(deps, [m.sweepAge, m.sweptDroplets, m.resyncAge], () => sweep(deps)),
    fresh(deps, [m.controllers, m.brakes, m.budgetLeft, m.budgetLimit], () => controllers(deps)),
    fresh(deps, [m.runningDroplets, m.unexplained, m.costPerHour], () => ledger(deps)),
    fresh(deps, [m.ready], () => readiness(deps)),
  ]);
}

async function fresh(
  { clock }: FleetGaugesDeps,
  gauges: readonly Gauge[],
  read: () => Promise<Tell>,
): Promise<void> {
  const answered = new AbortController();
  const late = clock.sleep(PATIENCE_MS, answered.signal).then(() => undefined);
  const tell = await Promise.race([read().catch(() => undefined), late]);
  answered.abort();
  for (const gauge of gauges) forget(gauge);
  tell?.();
}

/** Takes off what was told before; a gauge without labels always has a value. */
function forget(gauge: Gauge & { readonly labelNames?: readonly string[] }): void {
  gauge.reset();
  if (gauge.labelNames?.length === 0) gauge.set(Number.NaN);
}

function tellObjects({ objects, metrics }: FleetGaugesDeps): void {
  metrics.instances.reset();
  for (const phase of PHASES) metrics.instances.set({ phase }, 0);
  for (const { metadata, status } of objects.list('Instance').items) {
    const phase = metadata.deletionTimestamp ? 'deleting' : (status?.phase ?? 'creating_droplet');
    metrics.instances.inc({ phase });
  }
  metrics.poolDroplets.reset();
  for (const { metadata, status } of objects.list('InstancePool').items) {
    const pool = metadata.name;
    metrics.poolDroplets.set({ pool, state: 'wanted' }, status?.wanted ?? 0);
    metrics.poolDroplets.set({ pool, state: 'ready' }, status?.ready ?? 0);
    metrics.poolDroplets.set({ pool, state: 'booting' }, status?.booting ?? 0);
  }
}

async function queue({ queueDepth, metrics }: FleetGaugesDeps): Promise<Tell> {
  const depth = await queueDepth?.();
  return () => {
    if (!depth) return;
    for (const state of ['waiting', 'active', 'delayed'] as const) {
      metrics.queueDepth.set({ state }, depth[state]);
    }
    metrics.queueAge.set(depth.oldestMs / 1000);
  };
}

async function sweep({ cloudView, reports, clock, metrics }: FleetGaugesDeps): Promise<Tell> {
  const [last, droplets, resync] = await Promise.all([
    cloudView.lastSweep(),
    cloudView.all(),
    reports.lastResync(),
  ]);
  const age = (at: number) => Math.max(0, clock.now() - at) / 1000;
  return () => {
    if (last) metrics.sweepAge.set(age(last.finishedAt));
    if (last) metrics.sweptDroplets.set(droplets.length);
    if (resync !== undefined) metrics.resyncAge.set(age(resync));
  };
}

async function controllers({ reports, metrics }: FleetGaugesDeps): Promise<Tell> {
  const alive = await reports.alive();
  const newest = alive
    .filter(({ budget }) => budget !== undefined)
    .sort((a, b) => b.seenAt - a.seenAt)
    .at(0);
  return () => {
    metrics.controllers.set(alive.length);
    for (const brake of ['repairs', 'replacements'] as const) {
      metrics.brakes.set({ brake }, alive.some(({ brakes }) => brakes[brake] !== null) ? 1 : 0);
    }
    for (const window of ['minute', 'hour'] as const) {
      const budget = newest?.budget?.[window];
      if (!budget) continue;
      metrics.budgetLeft.set({ window }, budget.left);
      metrics.budgetLimit.set({ window }, budget.limit);
    }
  };
}

async function ledger({ ledger: book, cloudView, metrics }: FleetGaugesDeps): Promise<Tell> {
  const [entries, droplets, clusterId, priced] = await Promise.all([
    book.running(),
    cloudView.all(),
    cloudView.clusterId(),
    cloudView.prices(),
  ]);
  const running = entries.filter(({ dropletId }) => dropletId !== undefined);
  const cost = running
    .map(({ size }) => priced?.prices[size ?? '']?.usdPerHour ?? 0)
    .reduce((sum, one) => sum + one, 0);
  return () => {
    metrics.runningDroplets.set(running.length);
    metrics.unexplained.set(unexplainedAmong(droplets, entries, clusterId));
    metrics.costPerHour.set(cost);
  };
}

async function readiness({ readiness: read, metrics }: FleetGaugesDeps): Promise<Tell> {
  const checks = await read();
  return () => {
    for (const [check, { ok }] of Object.entries(checks)) metrics.ready.set({ check }, ok ? 1 : 0);
  };
}
