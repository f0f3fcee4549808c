import type { BudgetState } from '../src/cloud/budget.ts';
import { call } from '../test/chaos/customer.ts';
import { API_KEY, type World } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';
import { callsOf } from './calls.ts';
import { type Cold, coldFigures, type Measured, overheadPlot } from './cold-figures.ts';
import type { Findings } from './figure.ts';
import { cpuSeconds } from './process-cost.ts';
import { BOOTSTRAP_MS, BOT_MS, createAll, machinesThatBoot, numbersOf } from './ways.ts';

export interface ColdOptions {
  readonly bootSeconds: number;
  readonly singles: number;
  readonly together: number;
  /** Beside one API; 0: the API is the controller as well. */
  readonly controllers: number;
  readonly say: (text: string) => void;
}

/** A full minute's window, but for what listings take meanwhile. */
const FULL_BUDGET = 160;

/**
 * From the customer's POST to `completed`, over what the machine itself took; one at a time, and many at once. Twice: by a
 * controller that has never seen a machine boot, and by one that has and knows about how long it takes.
 */
export async function cold(options: ColdOptions): Promise<Findings> {
  const { bootSeconds } = options;
  const unknown = await measured(options, false);
  const known = await measured(options, true);
  return {
    figures: [
      ...coldFigures(`cold ${bootSeconds} s, none known`, unknown),
      ...coldFigures(`cold ${bootSeconds} s`, known),
    ],
    plots: [overheadPlot(bootSeconds, known)],
  };
}

async function measured(options: ColdOptions, isKnown: boolean): Promise<Cold> {
  const { bootSeconds, singles, together, controllers, say } = options;
  const told = `cold, boot ${bootSeconds} s, boots ${isKnown ? 'known' : 'not known'}`;
  const world = await machinesThatBoot(
    { bootMs: bootSeconds * 1_000, droplets: singles + together + 1 },
    { controllers },
  );
  try {
    if (isKnown) await createAll(world, ['57309999999']);
    const alone: Measured[] = [];
    let callsAlone = 0;
    for (const number of numbersOf('5731', singles)) {
      const before = callsOf(world);
      alone.push(...(await overheadsOf(world, [number])));
      callsAlone += callsOf(world) - before;
      // What is known of boots goes with the records of who booted.
      if (!isKnown) await remove(world, number);
    }
    say(`${told}: one at a time is measured`);
    await eventually(
      'the budget of the minute is full again',
      async () => (await budgetLeft(world)) >= FULL_BUDGET,
      180_000,
    );
    const programs = [...world.controllers, ...world.apis.map((api) => api.program)];
    const used = () => programs.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0);
    const [calls, cpu] = [callsOf(world), used()];
    const atOnce = await overheadsOf(world, numbersOf('5732', together));
    say(`${told}: ${together} at once are measured`);
    return {
      alone,
      callsAlone,
      atOnce,
      callsAtOnce: callsOf(world) - calls,
      cpuMs: (used() - cpu) * 1000,
      busiestMinute: world.cloud.account.ledger.report().busiestMinute,
      controllers,
    };
  } finally {
    await world.close();
  }
}

async function remove({ apis, store }: World, number: string): Promise<void> {
  const api = apis[0];
  if (!api) throw new Error('There is no API to delete with.');
  await call(api, 'DELETE', `/api/instance/${number}`);
  await eventually('its records are gone', async () => {
    const [instances, droplets] = [await store.list('Instance'), await store.list('Droplet')];
    return instances.items.length + droplets.items.length === 0;
  });
}

async function budgetLeft({ apis }: World): Promise<number> {
  const response = await fetch(`${apis[0]?.url}/api/fleet`, { headers: { 'x-api-key': API_KEY } });
  const { data } = (await response.json()) as { data: { budget: BudgetState | null } };
  return data.budget?.minute.left ?? 0;
}

/** How long each took, and how long its machine took by itself. */
async function overheadsOf(world: World, numbers: readonly string[]): Promise<readonly Measured[]> {
  const ways = await createAll(world, numbers);
  const { ledger } = world.cloud.account;
  const born = new Map(ledger.report().droplets.map((life) => [life.id, life.createdAt]));
  return ways.map(({ postedAt, completedAt, dropletId }) => {
    const sshMs = (world.cloud.machines?.sshSince(dropletId) ?? 0) - (born.get(dropletId) ?? 0);
    return { totalMs: completedAt - postedAt, floorMs: sshMs + BOOTSTRAP_MS + BOT_MS };
  });
}
