// Once what was in the way is gone, all goes on at once: not each object by a clock of its own.
import { expect, it } from 'vitest';
import { clusterTag, ORQUESTA_TAG, uidTag } from '../../src/resources/cloud-droplet.ts';
import { instanceName } from '../../src/resources/instance.ts';
import { dropletTemplate } from '../../src/resources/instance-class.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBERS = Array.from({ length: 8 }, (_, index) => `57333222000${index}`);
const LIMIT_MS = 600_000;
const MINUTE_MS = 60_000;

const phasesOf = (world: World) =>
  NUMBERS.map((number) => world.store.peek('Instance', instanceName(number))?.status?.phase);

it('a token that is taken again is noticed within a minute, and by then all goes on', async () => {
  let calls = 0;
  const world = new World({
    random: seededRandom(1),
    intercept: async (effect, run) => {
      if (effect.port === 'cloud') calls++;
      return run();
    },
  });
  await world.start([0, 500, 1_000]);
  const [kept = '', ...fresh] = NUMBERS;
  await world.create(kept);
  await world.untilSettled(LIMIT_MS);
  world.setFaults([{ fault: { kind: 'unauthorized' } }]);
  for (const number of fresh) await world.create(number);
  await world.delete(kept);
  calls = 0;
  await world.advance(300_000);
  // One look of all of them at a time; 60 s apart in the end.
  expect(calls).toBeLessThan(20);
  const message = world.store.peek('Instance', instanceName(fresh[0] ?? ''))?.status?.message;
  expect(message).toContain('DIGITALOCEAN_TOKEN');

  world.setFaults([]);
  const isBack = async () => (await world.view.access())?.ok === true;
  let isSeen = false;
  void (async () => {
    while (!(await isBack())) await world.clock.sleep(100);
    isSeen = true;
  })();
  await world.until('a look sees it', () => isSeen, MINUTE_MS + 2_000);
  await world.untilSettled(MINUTE_MS);
  expect(phasesOf(world)).toEqual([undefined, ...fresh.map(() => 'completed')]);
});

it('a full account is asked by one create a minute for all who wait, and room is found by one of them', async () => {
  const asked = { creates: 0, limits: 0 };
  const world: World = new World({
    random: seededRandom(5),
    intercept: async (effect, run) => {
      if (effect.method === 'dropletLimit') asked.limits++;
      return run();
    },
  });
  const create = world.cloud.createDroplet.bind(world.cloud);
  world.cloud.createDroplet = (...args) => {
    asked.creates++;
    return create(...args);
  };
  await world.start([0, 500, 1_000]);
  world.setFaults([{ fault: { kind: 'quota' } }]);
  const [first = '', ...others] = NUMBERS;
  await world.create(first);
  await world.advance(5_000);
  for (const number of others) await world.create(number);
  asked.creates = 0;
  await world.advance(300_000);
  expect(asked.creates).toBeGreaterThanOrEqual(4);
  expect(asked.creates).toBeLessThanOrEqual(6);
  expect(asked.limits).toBeLessThanOrEqual(7);
  const messages = NUMBERS.map(
    (number) => world.store.peek('Instance', instanceName(number))?.status?.message,
  );
  expect(messages).toEqual(
    NUMBERS.map(() => expect.stringMatching(/droplet limit.*may have \d+ droplets/)),
  );
  world.setFaults([]);
  await world.untilSettled(2 * MINUTE_MS);
});

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

it('an orphan is collected by whichever processes happen to sweep', async () => {
  const world = new World({ random: seededRandom(3) });
  await world.start([0, 0, 0, 0]);
  const clusterId = await world.view.clusterId();
  void world.cloud.createDroplet(
    {
      name: 'bot-573339999999',
      template: dropletTemplate.parse({}),
      tags: [ORQUESTA_TAG, clusterTag(clusterId), uidTag('nobody')],
      userData: '',
    },
    new AbortController().signal,
  );
  const isGone = () => world.account.living().length === 0;
  await world.advance(599_000);
  expect(isGone()).toBe(false);
  await world.until('it is gone', isGone, 100_000);
  const events = await world.journal.events('Droplet', 'bot-573339999999');
  expect(events.map(({ reason }) => reason)).toEqual(['OrphanDeleted']);
});

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
