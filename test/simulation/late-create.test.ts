// Creates that happen long after everybody has given them up.
import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const NAME = instanceName(NUMBER);
const LIMIT_MS = 600_000;
/** Longer than it takes until a create that nobody has seen counts as lost. */
const LATE_MS = 75_000;
const ON_CREATES = { operations: ['createDroplet'] };

it('a droplet that an earlier create made late has a host key that nobody knows any more, and is replaced', async () => {
  let creates = 0;
  const world: World = new World({
    random: seededRandom(12),
    intercept: (effect, run) => {
      if (effect.method !== 'createDroplet') return run();
      creates++;
      // The first comes true after the second was sent, of which nothing is heard either.
      if (creates === 1) {
        world.setFaults([
          { fault: { kind: 'delay', ms: LATE_MS, when: 'before' }, on: ON_CREATES },
        ]);
      } else world.setFaults(creates === 2 ? [{ fault: { kind: 'reset' }, on: ON_CREATES }] : []);
      return run();
    },
  });
  await world.start([0, 400]);
  await world.create(NUMBER);
  await world.until('two are sent', () => creates === 2, LIMIT_MS);
  await world.untilSettled(LIMIT_MS);
  expect(world.store.peek('Instance', NAME)?.status?.phase).toBe('completed');
  expect(world.account.living()).toHaveLength(1);
});

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
