// What is in the way of many at once, and that it costs few requests. Each throws when it is not so.
import { expect } from 'vitest';
import { clusterTag, ORQUESTA_TAG, uidTag } from '../../src/resources/cloud-droplet.ts';
import { type Instance, instanceName } from '../../src/resources/instance.ts';
import { dropletTemplate } from '../../src/resources/instance-class.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World, type WorldOptions } from './world.ts';

export const NUMBERS = Array.from({ length: 8 }, (_, index) => `57333222000${index}`);
export const LIMIT_MS = 600_000;
const MINUTE_MS = 60_000;
const TOO_MANY = 100;
const REFUSED_MS = 8_000;
const SECONDS_MS = 15_000;

const phasesOf = (world: World) =>
  NUMBERS.map((number) => world.store.peek('Instance', instanceName(number))?.status?.phase);

/** A token that is not taken for a while is tried by few calls, and once it is taken all goes on. */
export async function theTokenIsRefused(tamper?: WorldOptions['tamper']): Promise<void> {
  let calls = 0;
  const world = new World({
    random: seededRandom(1),
    tamper,
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
  // One look of all of them at a time; 20 s apart in the end.
  expect(calls).toBeLessThan(22);
  const message = world.store.peek('Instance', instanceName(fresh[0] ?? ''))?.status?.message;
  expect(message).toContain('DIGITALOCEAN_TOKEN');

  world.setFaults([]);
  const isBack = async () => (await world.view.access())?.ok === true;
  let isSeen = false;
  void (async () => {
    while (!(await isBack())) await world.clock.sleep(100);
    isSeen = true;
  })();
  await world.until('a look sees it', () => isSeen, 22_000);
  await world.untilSettled(MINUTE_MS);
  expect(phasesOf(world)).toEqual([undefined, ...fresh.map(() => 'completed')]);
}

/** A full account is asked by one create a minute for all who wait, and one of them finds the room. */
export async function theAccountIsFull(tamper?: WorldOptions['tamper']): Promise<void> {
  const asked = { creates: 0, limits: 0 };
  const world: World = new World({
    random: seededRandom(5),
    tamper,
    intercept: async (effect, run) => {
      if (effect.method === 'dropletLimit') asked.limits++;
      return run();
    },
  });
  const create = world.cloud.createDroplet.bind(world.cloud);
  world.cloud.createDroplet = (...args) => {
    asked.creates++;
    // A spinning one would not let time pass.
    return asked.creates > TOO_MANY ? new Promise(() => {}) : create(...args);
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
}

/** What nobody knows is collected by whichever processes happen to sweep. */
export async function anOrphanIsLeft(tamper?: WorldOptions['tamper']): Promise<void> {
  const world = new World({ random: seededRandom(3), tamper });
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
}

/** A controller that dies when sshd presents the new host key, and nobody has written so, is followed by one that still gets in. */
export async function diesAsTheKeyIsReplaced(tamper?: WorldOptions['tamper']): Promise<void> {
  let isDead = false;
  const world: World = new World({
    random: seededRandom(6),
    tamper,
    intercept: async (effect, run, process) => {
      const [, object] = effect.args as [unknown, Instance | undefined];
      const isNews = effect.method === 'updateStatus' && object?.status?.ssh?.isRotated === true;
      if (isDead || !isNews) return run();
      isDead = true;
      world.crash(process);
      return new Promise(() => {});
    },
  });
  await world.start([0, 0]);
  const [number = ''] = NUMBERS;
  await world.create(number);
  await world.untilSettled(LIMIT_MS);
  expect(isDead).toBe(true);
  expect(phasesOf(world)[0]).toBe('completed');
  expect(world.account.ledger.report().droplets).toHaveLength(1);
}

/** The token is refused while creates are under way, for some seconds: nothing is made twice, and all goes on in seconds. */
export async function theTokenIsRefusedForSeconds(tamper?: WorldOptions['tamper']): Promise<void> {
  const world = new World({
    random: seededRandom(7),
    tamper,
    account: { bootMs: { least: 5_000, most: 5_000 } },
  });
  // Some creates are on their way when it begins, and answered after it.
  world.setFaults([
    {
      fault: { kind: 'delay', ms: 3_000, when: 'after' },
      on: { operations: ['createDroplet'] },
      times: NUMBERS.length / 2,
    },
  ]);
  await world.start([0, 300, 700]);
  for (const number of NUMBERS.slice(0, 4)) await world.create(number);
  await world.until('four are made', () => world.account.living().length === 4, LIMIT_MS);
  world.setFaults([{ fault: { kind: 'unauthorized' } }]);
  for (const number of NUMBERS.slice(4)) await world.create(number);
  await world.advance(REFUSED_MS);
  expect((await world.view.access())?.ok).toBe(false);
  expect(world.account.living()).toHaveLength(4);
  world.setFaults([]);
  const made = () => world.account.living().length === NUMBERS.length;
  await world.until('the others are made', made, SECONDS_MS);
  await world.untilSettled(LIMIT_MS);
  expect(phasesOf(world)).toEqual(NUMBERS.map(() => 'completed'));
  expect(world.account.ledger.report().droplets).toHaveLength(NUMBERS.length);
}
