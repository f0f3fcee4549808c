import { instancePoolSpec } from '../src/resources/instance-pool.ts';
import { eventually } from '../test/eventually.ts';

import { type Findings, percentile } from './figure.ts';
import { BOT_MS, createAll, machinesThatBoot, numbersOf } from './ways.ts';

export interface PoolOptions {
  readonly bootSeconds: number;
  /** Instances that claim, one at a time, and as many that are created cold. */
  readonly claims: number;
  readonly say: (text: string) => void;
}

/** From the POST to `completed` of an instance that claims a droplet which waits, over its bot's own start; and of a cold one beside it. */
export async function pool({ bootSeconds, claims, say }: PoolOptions): Promise<Findings> {
  const world = await machinesThatBoot(
    { bootMs: bootSeconds * 1_000, droplets: 4 * claims },
    { controllers: 0 },
  );
  try {
    const { store, apis } = world;
    const timed = async (prefix: string): Promise<readonly number[]> => {
      const took: number[] = [];
      for (const number of numbersOf(prefix, claims)) {
        const [way] = await createAll(world, [number]);
        if (way) took.push((way.completedAt - way.postedAt) / 1000);
      }
      return took;
    };
    const cold = await timed('5731');
    say(`pool: ${claims} are created cold`);
    await store.create('InstancePool', {
      name: 'waiting',
      spec: instancePoolSpec.parse({ replicas: claims, maxBooting: claims }),
    });
    const filled = () =>
      eventually(
        'the pool is filled',
        async () => (await store.get('InstancePool', 'waiting'))?.status?.ready === claims,
        300_000,
      );
    await filled();
    say('pool: it is filled');
    const claimed = await timed('5732');
    await filled();
    say('pool: it is filled again');
    const ways = await createAll(world, numbersOf('5733', claims));
    const atOnce = ways.map((way) => (way.completedAt - way.postedAt) / 1000);
    const made = (await store.list('Droplet')).items.length;
    if (!apis[0] || made < 3 * claims) throw new Error('Not every instance has its droplet.');
    const section = `pool, boot ${bootSeconds} s`;
    const seconds = { section, unit: 's' };
    const floor = BOT_MS / 1000;
    return {
      figures: [
        { ...seconds, name: 'cold: p50', value: percentile(cold, 0.5), note: `${claims} creates` },
        { ...seconds, name: 'claimed: p50', value: percentile(claimed, 0.5), floor },
        {
          ...seconds,
          name: "claimed: p95 over the bot's own start",
          value: percentile(claimed, 0.95) - floor,
          most: 3,
          note: `${claims} claims, one at a time`,
        },
        {
          ...seconds,
          name: "at once: p95 over the bot's own start",
          value: percentile(atOnce, 0.95) - floor,
          most: 3,
          note: `${claims} claims at the same time`,
        },
        {
          section,
          unit: 'x',
          name: 'claimed against cold',
          value: percentile(claimed, 0.5) / percentile(cold, 0.5),
        },
      ],
    };
  } finally {
    await world.close();
  }
}
