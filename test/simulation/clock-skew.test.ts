// Clocks of machines differ: what one with a fast clock wrote must not make another spend the cloud's budget.
import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const LIMIT_MS = 600_000;

it('a create begun by a process whose clock is fast is finished by another with a few listings', async () => {
  let listings = 0;
  const world = new World({
    random: seededRandom(1),
    intercept: async (effect, run, process) => {
      if (effect.method === 'listDroplets') {
        listings++;
        // The fast one dies in its first look, and leaves its time behind.
        if (process.name === 'p1' && world.store.peek('Instance', instanceName(NUMBER))?.status) {
          process.crash();
          void world.startProcess(0);
        }
      }
      return run();
    },
  });
  await world.start([20_000]);
  await world.advance(60_000);
  listings = 0;
  await world.create(NUMBER);
  await world.untilSettled(LIMIT_MS);
  expect(world.processes).toHaveLength(2);
  expect(listings).toBeLessThan(20);
});
