import { setMaxListeners } from 'node:events';
import { type Random, systemClock } from '../../src/clock.ts';
import { Customer, call, type Tally } from './customer.ts';
import { faultRules } from './fault-rules.ts';
import { type Judgement, judge, type Overlap, overlaps } from './judgement.ts';
import { type Disturbances, Monkey, type MonkeyOptions, supervise } from './monkey.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

export interface ChaosOptions extends Pick<WorldOptions, 'machines' | 'limits'> {
  readonly seed: number;
  readonly controllers: number;
  readonly apis: number;
  readonly instances: number;
  /** Share of the cloud's calls that are struck by a fault. */
  readonly faultShare: number;
  /** How long everything is disturbed. All first creates come within its first half. */
  readonly disturbedMs: number;
  /** Between two wishes of one customer, on average. */
  readonly pauseMs: number;
  readonly monkey: MonkeyOptions;
  /** How long it may take after the last disturbance until all is as wanted. */
  readonly settleMs: number;
  /** Leave logs and data behind. */
  readonly keep?: boolean | undefined;
  readonly say: (text: string) => void;
}

export interface ChaosReport extends Judgement {
  readonly disturbances: Disturbances;
  readonly tally: Tally;
  /** Two droplets of one name at a time by two creates, or for longer than the program may take to notice the cloud's own doubling. */
  readonly doubled: readonly Overlap[];
  readonly worstTwinMs: number;
  readonly settledMs: number | undefined;
  /** Instances that had been given up under faults and were restarted by hand, with what was said of them. */
  readonly helped: readonly string[];
  readonly deaths: readonly string[];
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly dropletsMade: number;
  readonly busiestMinute: number;
  readonly busiestHour: number;
  readonly dir: string;
}

/** A second droplet that the cloud made unasked is noticed by a sweep; under faults and outages that takes some of them. */
const TWIN_WINDOW_MS = 120_000;

/** A generator of its own for each part: what one of them does with chance changes nothing for the others. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One chaos run: everything at once, then silence, then the account of it. */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, instances, say } = options;
  const random = seeded(seed);
  const world = await startWorld({
    ...options,
    random: seeded(seed + 1),
    account: { dropletLimit: instances + 50 },
  });
  let isGood = false;
  try {
    const stop = new AbortController();
    // Each customer listens to it.
    setMaxListeners(0, stop.signal);
    const closing = new AbortController();
    const tally: Tally = { acknowledged: 0, retries: 0, wrong: [], lost: [] };
    const customers = Array.from({ length: instances }, (_, index) => {
      const number = `57${index % 3}${String(3_000_000 + index)}`;
      return new Customer({ number, apis: world.apis, random, tally, stop: stop.signal });
    });
    const monkey = new Monkey(world, seeded(seed + 2), options.monkey);
    const supervised = supervise(world, closing.signal);

    world.cloud.faults.set(faultRules(options.faultShare));
    const lives = customers.map((customer, index) =>
      customer.live((options.disturbedMs / 2) * (index / instances), options.pauseMs),
    );
    const played = monkey.play(stop.signal);
    const told = tell(world, tally, monkey.done, say, closing.signal);
    await systemClock.sleep(options.disturbedMs);
    stop.abort();
    await played;
    world.cloud.faults.set([]);
    for (const { id, locked } of world.cloud.account.living()) {
      if (locked) world.cloud.account.lock(id, false);
    }
    say('No more faults; everything runs. Waiting until all is as wanted');
    const calmSince = Date.now();
    await Promise.all(lives);
    const helped = new Map<Customer, string>();
    const settled = await settle(world, customers, helped, calmSince, options.settleMs);
    closing.abort();
    await Promise.all([supervised, told]);

    const ledger = world.cloud.account.ledger.report();
    const all = overlaps(ledger.droplets, Date.now());
    const report: ChaosReport = {
      ...settled.judgement,
      lost: [...tally.lost, ...settled.judgement.lost],
      disturbances: monkey.done,
      tally,
      doubled: all.filter((overlap) => !overlap.isTwin || overlap.ms > TWIN_WINDOW_MS),
      worstTwinMs: Math.max(0, ...all.filter((one) => one.isTwin).map((one) => one.ms)),
      settledMs: settled.tookMs,
      helped: [...helped.values()],
      deaths: deathsOf(world),
      calls: ledger.calls,
      dropletsMade: ledger.droplets.length,
      busiestMinute: ledger.busiestMinute,
      busiestHour: ledger.busiestHour,
      dir: world.dir,
    };
    isGood = isClean(report);
    return report;
  } finally {
    await world.close(options.keep || !isGood);
  }
}

/** Nothing lost, nothing twice, nothing left over, nothing undone. */
export const isClean = (report: ChaosReport): boolean =>
  [report.lost, report.duplicates, report.doubled, report.leaks, report.unconverged].every(
    (list) => list.length === 0,
  ) &&
  report.tally.wrong.length === 0 &&
  report.disturbances.badStops.length === 0;

/** Waits until nothing is left to complain of. What was given up under faults is restarted once, as its owner would. */
async function settle(
  world: World,
  customers: readonly Customer[],
  helped: Map<Customer, string>,
  since: number,
  limitMs: number,
): Promise<{ readonly judgement: Judgement; readonly tookMs: number | undefined }> {
  while (true) {
    const judgement = await judge(world, customers).catch(() => undefined);
    const tookMs = Date.now() - since;
    if (judgement) {
      const open = [...judgement.unconverged, ...judgement.leaks, ...judgement.duplicates];
      if (open.length === 0 || tookMs > limitMs) {
        return { judgement, tookMs: open.length === 0 ? tookMs : undefined };
      }
      for (const customer of customers) {
        const why = judgement.failed.find((text) => text.startsWith(`bot-${customer.number}:`));
        if (!why || helped.has(customer)) continue;
        helped.set(customer, why);
        await customer.restart();
      }
    } else if (tookMs > limitMs) {
      throw new Error('Redis did not answer until the end; nothing can be said of this run.');
    }
    await systemClock.sleep(1_000);
  }
}

const deathsOf = ({ redis, controllers, apis }: World): readonly string[] =>
  [redis, ...controllers, ...apis.map((api) => api.program)]
    .filter((program) => program.deaths > 0)
    .map((program) => `${program.name} ended ${program.deaths} times by itself`);

async function tell(
  world: World,
  tally: Tally,
  { counts }: Disturbances,
  say: (text: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const since = Date.now();
  while (!stop.aborted) {
    await systemClock.sleep(10_000, stop);
    const [api] = world.apis;
    if (stop.aborted || !api) return;
    const list = await call(api, 'GET', '/api/instance/list');
    const inPhase = new Map<string, number>();
    for (const [, phase = ''] of list.text.matchAll(/"status":"(\w+)"/g)) {
      inPhase.set(phase, (inPhase.get(phase) ?? 0) + 1);
    }
    const phases = [...inPhase].map(([phase, count]) => `${count} ${phase}`).join(', ');
    const disturbed = [...counts.values()].reduce((sum, count) => sum + count, 0);
    say(
      `${Math.round((Date.now() - since) / 1000)} s: ${tally.acknowledged} writes acknowledged, ${disturbed} disturbances; ${phases || said(list.status)}`,
    );
  }
}

const said = (status: number | 'none'): string =>
  status === 200 ? 'no instances' : `the API answers ${status}`;
