import type { BudgetState } from '../src/cloud/budget.ts';
import { API_KEY, type World } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';
import { type Figure, type Findings, percentile } from './figure.ts';
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

interface Measured {
  readonly totalMs: number;
  readonly floorMs: number;
}

/** From the customer's POST to `completed`, over what the machine itself took; one at a time, and many at once. */
export async function cold(options: ColdOptions): Promise<Findings> {
  const { bootSeconds, singles, together, controllers, say } = options;
  const world = await machinesThatBoot(
    { bootMs: bootSeconds * 1_000, droplets: singles + together },
    { controllers },
  );
  try {
    const figures: Figure[] = [];
    const alone: number[] = [];
    for (let i = 0; i < singles; i++) {
      const [way] = await overheadsOf(world, [`5731${String(1_000_000 + i)}`]);
      if (way) alone.push(way.totalMs - way.floorMs);
    }
    say(`cold, boot ${bootSeconds} s: one at a time is measured`);
    // A full minute's window, as 100 at once would find it.
    const before = world.cloud.account.ledger.report();
    await eventually(
      'the budget of the minute is full again',
      async () => (await budgetLeft(world)) >= 160,
      180_000,
    );
    const idle = world.cloud.account.ledger.report();
    const programs = [...world.controllers, ...world.apis.map((api) => api.program)];
    const used = () => programs.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0);
    const cpu = used();
    const ways = await overheadsOf(world, numbersOf('5732', together));
    const cpuMs = (used() - cpu) * 1000;
    const after = world.cloud.account.ledger.report();
    const over = ways.map(({ totalMs, floorMs }) => totalMs - floorMs);
    const floor =
      percentile(
        ways.map(({ floorMs }) => floorMs),
        0.95,
      ) / 1000;
    const calls = count(after.calls) - count(idle.calls);
    const section = `cold ${bootSeconds} s`;
    const seconds = { section, unit: 's' };
    figures.push(
      {
        ...seconds,
        name: 'one: overhead p50',
        value: percentile(alone, 0.5) / 1000,
        note: `${alone.length} creates`,
      },
      { ...seconds, name: 'one: overhead p95', value: percentile(alone, 0.95) / 1000, most: 1 },
      {
        ...seconds,
        name: `${together} at once: overhead p50`,
        value: percentile(over, 0.5) / 1000,
      },
      {
        ...seconds,
        name: `${together} at once: overhead p95`,
        value: percentile(over, 0.95) / 1000,
        most: 2,
      },
      {
        ...seconds,
        name: `${together} at once: p95 to completed`,
        value:
          percentile(
            ways.map(({ totalMs }) => totalMs),
            0.95,
          ) / 1000,
        floor,
        note: 'boot, sshd, bootstrap, the bot itself',
      },
      {
        section,
        unit: 'calls',
        name: `API calls per instance, ${together} at once`,
        value: calls / together,
        floor: 1 + 1 / together,
        most: 1.2,
        note: `${calls} in all, one at a time ${(count(before.calls) / Math.max(1, singles)).toFixed(1)} each`,
      },
      {
        section,
        unit: 'ms',
        name: 'CPU for each',
        value: cpuMs / together,
        note:
          controllers === 0
            ? 'API and controller in one process'
            : `API and ${controllers} controllers`,
      },
      { section, unit: 'calls', name: 'busiest minute', value: after.busiestMinute, most: 250 },
    );
    return {
      figures,
      plots: [
        {
          file: `overhead-boot-${bootSeconds}s.svg`,
          title: `Overhead over the floor, boot ${bootSeconds} s`,
          x: 'overhead, s',
          y: 'share of creates',
          lines: [
            { name: 'one at a time', points: distribution(alone) },
            { name: `${together} at once`, points: distribution(over) },
          ],
        },
      ],
    };
  } finally {
    await world.close();
  }
}

const distribution = (samples: readonly number[]) =>
  samples
    .toSorted((a, b) => a - b)
    .map((ms, at): readonly [number, number] => [ms / 1000, (at + 1) / samples.length]);

const count = (calls: Record<string, Record<string, number>>): number =>
  Object.values(calls)
    .flatMap((byStatus) => Object.values(byStatus))
    .reduce((sum, one) => sum + one, 0);

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
