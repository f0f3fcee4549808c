import { expect, it } from 'vitest';
import { MemoryCloudView } from '../../test/twins/memory-cloud-view.ts';
import { VirtualClock } from '../../test/twins/virtual-clock.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { Sweeper } from './sweep.ts';

const PAGE_SIZE = 200;
const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

const droplet = (id: number): CloudDroplet => ({
  id,
  name: `bot-${id}`,
  state: 'active',
  tags: [],
  createdAt: '2026-01-01T00:00:00Z',
});

it.each([
  [20, 720],
  [1_000, 1_510],
  [10_000, 1_510],
])(
  'among %i droplets sick bots that are looked at all the time cost %i requests an hour at the most',
  async (count, most) => {
    const clock = new VirtualClock();
    const droplets = Array.from({ length: count }, (_, index) => droplet(index + 1));
    let requests = 0;
    const sweeper = new Sweeper({
      cloud: {
        listDroplets: async () => {
          requests += Math.ceil(droplets.length / PAGE_SIZE);
          return droplets;
        },
      } as unknown as Cloud,
      cloudView: new MemoryCloudView({ newId: () => 'c1' }),
      clock,
      log: { debug: () => undefined } as unknown as Logger,
      onSeen: async () => undefined,
      onSwept: async () => undefined,
      onAway: () => undefined,
      onBack: () => undefined,
    });
    await sweeper.recent(NEVER);
    requests = 0;
    const end = clock.now() + HOUR_MS;
    while (clock.now() < end) {
      await clock.advance(500);
      await sweeper.recent(NEVER);
    }
    expect(requests).toBeLessThanOrEqual(most);
    expect(requests).toBeGreaterThan(most / 2);
  },
);
