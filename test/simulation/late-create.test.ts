// Creates that happen long after everybody has given them up.
import { expect, it } from 'vitest';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const LIMIT_MS = 600_000;
/** Longer than it takes until a create that nobody has seen counts as lost. */
const LATE_MS = 75_000;

it('a create that a process was frozen over is not sent when others have long settled it', async () => {
  let isStruck = false;
  const world: World = new World({
    random: seededRandom(13),
    intercept: async (effect, run, process) => {
      if (isStruck || effect.method !== 'createDroplet') return run();
      isStruck = true;
      process.freeze();
      await world.clock.sleep(LATE_MS);
      // Its answer comes before the process hears that its key was given to another.
      const sent = run();
      process.resume();
      return sent;
    },
  });
  await world.start([0, 400]);
  await world.create(NUMBER);
  await world.untilSettled(LIMIT_MS);
  await world.advance(LATE_MS);
  await world.untilSettled(LIMIT_MS);
  expect(world.account.ledger.report().droplets).toHaveLength(1);
});
