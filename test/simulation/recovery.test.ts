// Once what was in the way is gone, all goes on at once: not each object by a clock of its own.
import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import {
  anOrphanIsLeft,
  diesAsTheKeyIsReplaced,
  LIMIT_MS,
  NUMBERS,
  theAccountIsFull,
  theTokenIsRefused,
  theTokenIsRefusedForSeconds,
} from './journeys.ts';
import { World } from './world.ts';

it('a token that is taken again is noticed within seconds, and by then all goes on', () =>
  theTokenIsRefused());

it('a controller that dies as a host key is replaced is followed by one that gets in', () =>
  diesAsTheKeyIsReplaced());

it('a token that is refused while creates are on their way loses and doubles none, and they go on in seconds', () =>
  theTokenIsRefusedForSeconds());

it('a full account is asked by one create a minute for all who wait, and room is found by one of them', () =>
  theAccountIsFull());

it('an API that answers again is noticed by one look of all, after a long outage as after a short one', async () => {
  const world = new World({ random: seededRandom(2) });
  await world.start([0]);
  world.setFaults([{ fault: { kind: 'error', status: 503 } }]);
  for (const number of NUMBERS) await world.create(number);
  await world.advance(1_500_000);
  const isTold = () =>
    NUMBERS.every((number) => {
      const { message, conditions } =
        world.store.peek('Instance', instanceName(number))?.status ?? {};
      const ready = conditions?.find(({ type }) => type === 'Ready');
      return message?.includes('HTTP 503') && ready?.reason === 'CloudUnavailable';
    });
  await world.until('all say why they wait', isTold, 5_000);
  world.setFaults([]);
  await world.untilSettled(30_000);
});

it('an orphan is collected by whichever processes happen to sweep', () => anOrphanIsLeft());

it('a number is free as soon as its droplet is gone, though lists still show it without its tags', async () => {
  let last: unknown;
  let staleUntil = 0;
  const world: World = new World({
    intercept: async (effect, run) => {
      if (effect.method !== 'listDroplets') return run();
      if (world.clock.now() < staleUntil) return last as Awaited<ReturnType<typeof run>>;
      const listed = await run();
      last = listed;
      return listed;
    },
    random: seededRandom(4),
    account: { tagLagMs: { least: 600_000, most: 600_000 } },
  });
  await world.start([0]);
  const [number = ''] = NUMBERS;
  await world.create(number);
  await world.untilSettled(LIMIT_MS);
  const left: unknown[] = ['never looked'];
  world.store.onCommit(({ kind, type, object }) => {
    if (kind !== 'Instance' || type !== 'deleted') return;
    void world.view.find({ name: object.metadata.name }).then(({ droplets }) => {
      left.splice(0, left.length, ...droplets);
    });
  });
  staleUntil = world.clock.now() + 20_000;
  await world.delete(number);
  await world.untilSettled(LIMIT_MS);
  expect(left).toEqual([]);
});

it('a create whose outcome is unknown waits quietly while the token is refused', async () => {
  let writes = 0;
  const world = new World({
    random: seededRandom(8),
    intercept: async (effect, run) => {
      if (effect.method === 'updateStatus') writes++;
      if (writes > 5_000) throw new Error('It spins');
      return run();
    },
  });
  await world.start([0, 300]);
  world.setFaults([{ fault: { kind: 'reset' }, on: { operations: ['createDroplet'] } }]);
  await world.pool('warm', { replicas: 2 });
  const isLost = () =>
    world.store
      .peekAll('Droplet')
      .some(({ status }) => status?.message.includes('outcome of the create is unknown'));
  await world.until('the creates are lost', isLost, LIMIT_MS);
  world.setFaults([{ fault: { kind: 'unauthorized' } }]);
  writes = 0;
  await world.advance(120_000);
  expect(writes).toBeLessThan(200);
  world.setFaults([]);
  await world.untilSettled(LIMIT_MS);
  expect(world.account.ledger.report().droplets).toHaveLength(2);
});
