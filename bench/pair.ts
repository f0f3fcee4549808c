import type { Findings } from './figure.ts';
import { createAll, machinesThatBoot, numbersOf } from './ways.ts';

/** Work at a time of one controller: few enough that it waits for machines, and not for the processor. */
const CONCURRENCY = 5;

export interface PairOptions {
  readonly creates: number;
  readonly say: (text: string) => void;
}

/** The same creates by one controller and by two, each with few hands: what waits for machines takes half the time. */
export async function pair({ creates, say }: PairOptions): Promise<Findings> {
  const took: number[] = [];
  for (const controllers of [1, 2]) {
    const world = await machinesThatBoot(
      { bootMs: 1_000, droplets: creates },
      { controllers, env: { ORQUESTA_CONCURRENCY: String(CONCURRENCY) } },
    );
    try {
      const ways = await createAll(world, numbersOf('5733', creates));
      const from = Math.min(...ways.map(({ postedAt }) => postedAt));
      took.push((Math.max(...ways.map(({ completedAt }) => completedAt)) - from) / 1000);
      say(`pair: ${creates} creates by ${controllers}`);
    } finally {
      await world.close();
    }
  }
  const [one = 0, two = 0] = took;
  const section = 'two controllers';
  const note = `${creates} creates, ${CONCURRENCY} at a time each`;
  return {
    figures: [
      { section, unit: 's', name: 'by one', value: one, note },
      { section, unit: 's', name: 'by two', value: two, floor: one / 2 },
      { section, unit: 'x', name: 'two against one', value: two / one, floor: 0.5, most: 0.65 },
    ],
  };
}
