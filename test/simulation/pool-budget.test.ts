import { expect, it } from 'vitest';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

it('a pool waits for the budget of requests without asking again and again, and is filled when it is back', async () => {
  let writes = 0;
  const world = new World({
    random: seededRandom(2),
    isLimited: true,
    intercept: async ({ port, method }, run) => {
      if (port === 'store' && method === 'updateStatus') writes += 1;
      // Virtual time would stand still while they never end.
      if (writes > 1_000) throw new Error('It writes without end');
      return run();
    },
  });
  await world.start([0]);
  await world.budget.observe({ remaining: 0 });
  await world.pool('warm', { replicas: 2 });
  await world.advance(30_000);
  expect(writes).toBeLessThan(60);
  const pool = () => world.store.peek('InstancePool', 'warm');
  await world.until('both are ready', () => pool()?.status?.ready === 2, 900_000);
  expect(writes).toBeLessThan(200);
});
