import { type Findings, percentile } from './figure.ts';
import { createAll, machinesThatBoot, numbersOf } from './ways.ts';

export interface BulkOptions {
  readonly creates: number;
  readonly say: (text: string) => void;
}

/** DigitalOcean gives back 75 requests a minute over an hour, after what may be sent at once. */
const AT_ONCE = 145;
const PER_MINUTE = 75;

/** Far more creates at once than a minute's requests: how they are paced, and that none is lost. */
export async function bulk({ creates, say }: BulkOptions): Promise<Findings> {
  const world = await machinesThatBoot(
    { bootMs: 2_000, droplets: creates },
    { controllers: 0, env: { LOG_LEVEL: 'warn' } },
  );
  try {
    say(`bulk: ${creates} creates at once`);
    const numbers = numbersOf('5734', creates);
    const limitMs = ((creates / PER_MINUTE) * 2 + 5) * 60_000;
    const ways = await createAll(world, numbers, limitMs);
    const { calls, busiestMinute, droplets } = world.cloud.account.ledger.report();
    const all = Object.values(calls).flatMap((byStatus) => Object.entries(byStatus));
    const sum = (some: typeof all) => some.reduce((total, [, count]) => total + count, 0);
    const from = Math.min(...ways.map(({ postedAt }) => postedAt));
    const minutes = ways.map(({ completedAt }) => (completedAt - from) / 60_000);
    const made = new Set(ways.map(({ dropletId }) => dropletId)).size;
    const section = `bulk of ${creates}`;
    return {
      figures: [
        {
          section,
          unit: 'min',
          name: 'until the last is completed',
          value: percentile(minutes, 1),
          floor: Math.max(0, creates - AT_ONCE) / PER_MINUTE,
          note: "the token's requests",
        },
        { section, unit: '', name: 'lost', value: creates - made, most: 0 },
        { section, unit: '', name: 'made twice', value: droplets.length - made, most: 0 },
        {
          section,
          unit: 'calls',
          name: 'API calls per instance',
          value: sum(all) / creates,
          most: 1.2,
        },
        { section, unit: 'calls', name: 'busiest minute', value: busiestMinute, most: 250 },
        {
          section,
          unit: '',
          name: 'answers 429',
          value: sum(all.filter(([status]) => status === '429')),
          most: 0,
        },
      ],
    };
  } finally {
    await world.close();
  }
}
