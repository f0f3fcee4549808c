import type { BudgetState } from '../src/cloud/budget.ts';
import { call } from '../test/chaos/customer.ts';
import { API_KEY, eventually, startWorld, type World } from '../test/chaos/world.ts';
import { type Figure, type Findings, percentile } from './figure.ts';

/** What the machines of this run are: the same for the floor and for what is measured. */
const BOOTSTRAP_MS = 2_500;
const BOT_MS = 600;

export interface ColdOptions {
  readonly bootSeconds: number;
  readonly singles: number;
  readonly together: number;
  readonly say: (text: string) => void;
}

interface Way {
  readonly totalMs: number;
  readonly floorMs: number;
}

/** From the customer's POST to `completed`, over what the machine itself took; one at a time, and many at once. */
export async function cold(options: ColdOptions): Promise<Findings> {
  const { bootSeconds, singles, together, say } = options;
  const bootMs = bootSeconds * 1_000;
  const world = await startWorld({
    controllers: 0,
    apis: 1,
    machines: 'light',
    random: Math.random,
    bootstrapMs: BOOTSTRAP_MS,
    account: {
      dropletLimit: singles + together + 10,
      bootMs: { least: bootMs * 0.8, most: bootMs * 1.3 },
      addressLeadMs: { least: bootMs * 0.2, most: bootMs * 0.4 },
    },
    classSpec: { deadlines: { dropletActiveSeconds: 600, sshSeconds: 600 } },
  });
  try {
    const figures: Figure[] = [];
    const alone: number[] = [];
    for (let i = 0; i < singles; i++) {
      const [way] = await create(world, [`5731${String(1_000_000 + i)}`]);
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
    const numbers = Array.from({ length: together }, (_, i) => `5732${String(1_000_000 + i)}`);
    const ways = await create(world, numbers);
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

/** All at once; how long each took, and how long its machine took. */
async function create(world: World, numbers: readonly string[]): Promise<readonly Way[]> {
  const { apis, cloud, store } = world;
  const api = apis[0];
  if (!api) throw new Error('There is no API to create with.');
  const posted = new Map<string, number>();
  await Promise.all(
    numbers.map(async (numberphone) => {
      posted.set(`bot-${numberphone}`, Date.now());
      const said = await call(api, 'POST', '/api/instance/create', { numberphone });
      if (said.status !== 201 && said.status !== 200 && said.status !== 202) {
        throw new Error(`A create was answered ${said.status}: ${said.text}`);
      }
    }),
  );
  const done = await eventually(
    'all are completed',
    async () => {
      const { items } = await store.list('Instance');
      const mine = items.filter(({ metadata }) => posted.has(metadata.name));
      return mine.every(({ status }) => status?.phase === 'completed') && mine;
    },
    600_000,
  );
  const born = new Map(
    cloud.account.ledger.report().droplets.map((life) => [life.id, life.createdAt]),
  );
  return done.map(({ metadata, status }) => {
    const id = status?.dropletId ?? 0;
    const sshMs = (cloud.machines?.sshSince(id) ?? 0) - (born.get(id) ?? 0);
    const postedAt = posted.get(metadata.name) ?? 0;
    return {
      totalMs: Date.parse(status?.phaseStartedAt ?? '') - postedAt,
      floorMs: sshMs + BOOTSTRAP_MS + BOT_MS,
    };
  });
}
