import { expect, it } from 'vitest';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

it('a pool that wants more than the account has room for takes what fits, and then asks the full account once a minute', async () => {
  const asked = { batches: 0, limits: 0 };
  const world = new World({
    random: seededRandom(4),
    account: { dropletLimit: 4 },
    intercept: async ({ method }, run) => {
      if (method === 'createDroplets') asked.batches += 1;
      if (method === 'dropletLimit') asked.limits += 1;
      return run();
    },
  });
  await world.start([0]);
  await world.pool('warm', { replicas: 10 });
  const ready = () => world.store.peek('InstancePool', 'warm')?.status?.ready;
  await world.until('what fits is ready', () => ready() === 4, 120_000);
  expect(asked.limits).toBe(1);
  // Three times by halves: of ten, of eight, of six.
  expect(asked.batches).toBeLessThanOrEqual(9);
  asked.batches = 0;
  await world.advance(600_000);
  expect(asked.batches).toBeGreaterThanOrEqual(9);
  expect(asked.batches).toBeLessThanOrEqual(11);
  expect(asked.limits).toBe(asked.batches + 1);
});
