// Instances whose own droplet can't be created now take one that gets ready in a pool: each one droplet, whatever is under way.
import { describe, expect, it } from 'vitest';
import { type Condition, getCondition } from '../../src/resources/condition.ts';
import { type Droplet, poolOf } from '../../src/resources/droplet.ts';
import { instanceName } from '../../src/resources/instance.ts';
import { controllerOwner } from '../../src/resources/meta.ts';
import type { FaultRule } from '../../src/simulator/faults.ts';
import { findPlace } from '../../src/simulator/place.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import type { Intercept } from './process.ts';
import { World } from './world.ts';

const [FIRST, SECOND, THIRD] = ['573330000001', '573330000002', '573330000003'] as const;
/** More than two pages, so that a look by name is cheaper than a listing. */
const MANY = 450;
const LIMIT_MS = 900_000;
/** A resync comes only after it. */
const AT_ONCE_MS = 20_000;

const instance = (world: World, number: string) =>
  world.store.peek('Instance', instanceName(number));

const goesBy = (world: World, number: string) => instance(world, number)?.status?.dropletName;

const isCompleted = (world: World, ...numbers: readonly string[]) =>
  numbers.every((number) => instance(world, number)?.status?.phase === 'completed');

const OWN = { name: 'bot-*' };
const OWN_CREATE = { ...OWN, operations: ['createDroplet'] };

const readyReason = (status: { readonly conditions?: readonly Condition[] } | undefined) =>
  getCondition(status?.conditions, 'Ready')?.reason;

const waitsForRoom = (world: World, number: string) =>
  readyReason(instance(world, number)?.status) === 'QuotaExceeded';

const ownOf = (world: World) => world.store.peek('Droplet', instanceName(FIRST));

const isChanging = (world: World) => goesBy(world, FIRST)?.startsWith('pool-') ?? false;

const waiting = (world: World) => world.store.peek('InstancePool', 'warm')?.status?.ready ?? 0;

/** Droplets in the cloud whose records an instance owns, by its name. */
const servedBy = (world: World, number: string): readonly number[] =>
  world.store
    .peekAll('Droplet')
    .filter(({ metadata }) => controllerOwner(metadata)?.name === instanceName(number))
    .flatMap(({ status }) => status?.id ?? []);

/** Droplets that somebody else has made; answers their ids. */
const strangers = (world: World, names: readonly string[]): readonly number[] =>
  world.account
    .create({
      ...findPlace('sfo3', 's-1vcpu-512mb-10gb', 'ubuntu-24-04-x64'),
      names,
      tags: [],
      userData: '',
      publicKeys: [],
      features: [],
      vpcUuid: undefined,
    })
    .map(({ id }) => id);

/** An account that the booting droplets of a pool fill, and whoever is declared meanwhile held up. */
async function aFullAccount(
  members: number,
  numbers: readonly string[],
  {
    intercept,
    dropletLimit,
    others = 0,
  }: {
    readonly intercept?: Intercept;
    /** Nobody is refused for want of room, but by a fault. */
    readonly dropletLimit?: number;
    readonly others?: number;
  } = {},
): Promise<World> {
  const full = others + members;
  const world = new World({
    random: seededRandom(4),
    account: { dropletLimit: dropletLimit ?? full, listLagMs: { least: 0, most: 0 } },
    intercept,
  });
  for (let i = 0; i < others; i++) strangers(world, [`other-${i}`]);
  await world.start([0]);
  await world.pool('warm', { replicas: members });
  const isFull = () => world.account.living().length === full;
  await world.until('the account is full', isFull, LIMIT_MS);
  if (dropletLimit) world.setFaults([{ fault: { kind: 'quota' } }]);
  for (const number of numbers) {
    await world.create(number);
    await world.until('it is held up', () => waitsForRoom(world, number), LIMIT_MS);
  }
  expect(waiting(world)).toBe(0);
  return world;
}

describe('an instance that waits for room in the account', () => {
  it('takes a droplet of the pool as soon as one is ready, the oldest first, and no record of its own is left', async () => {
    const world = await aFullAccount(3, [FIRST, SECOND]);
    await world.until('a droplet is ready', () => waiting(world) > 0, LIMIT_MS);
    await world.until('both run', () => isCompleted(world, FIRST, SECOND), AT_ONCE_MS);
    const names = [FIRST, SECOND].map((number) => goesBy(world, number));
    expect(names).toEqual([expect.stringMatching(/^pool-/), expect.stringMatching(/^pool-/)]);
    expect(new Set(names).size).toBe(2);
    await world.advance(60_000);
    const owned = world.store.peekAll('Droplet').filter((droplet) => !poolOf(droplet));
    expect(owned.map(({ metadata }) => metadata.name).sort()).toEqual(names.toSorted());
    expect(world.account.ledger.report().droplets).toHaveLength(3);
  });

  it('goes before one that was declared later, be that new or held up, too', async () => {
    const order: string[] = [];
    const world = await aFullAccount(1, [FIRST, SECOND]);
    let isReady = false;
    world.store.onCommit(({ kind, object }) => {
      if (kind !== 'Droplet') return;
      const droplet = object as Droplet;
      const owner = controllerOwner(droplet.metadata);
      if (owner?.kind === 'Instance' && droplet.metadata.name.startsWith('pool-')) {
        order.push(owner.name);
      }
      if (isReady || !droplet.status?.preparation?.readyAt) return;
      isReady = true;
      void world.create(THIRD);
    });
    await world.until('one is claimed', () => order.length > 0, LIMIT_MS);
    await world.until('it runs', () => isCompleted(world, FIRST), LIMIT_MS);
    expect(new Set(order)).toEqual(new Set([instanceName(FIRST)]));
    await world.until('the last one is held up', () => waitsForRoom(world, THIRD), LIMIT_MS);
    expect(goesBy(world, SECOND)).toBe(instanceName(SECOND));
  });

  it('has its own droplet when there is room first', async () => {
    const world = await aFullAccount(1, [FIRST]);
    const [member] = world.account.living();
    await world.pool('warm', { replicas: 0 });
    await world.until('it runs', () => isCompleted(world, FIRST), LIMIT_MS);
    expect(goesBy(world, FIRST)).toBe(instanceName(FIRST));
    expect(world.account.living().map(({ id }) => id)).not.toContain(member?.id);
  });

  it.each<[string, (world: World) => boolean, RegExp]>([
    ['before it has decided for the one of the pool', () => true, /^bot-/],
    ['when it has decided for the one of the pool', isChanging, /^bot-/],
    [
      'when it has given up its own',
      (world) => isChanging(world) && ownOf(world)?.metadata.deletionTimestamp !== undefined,
      /^pool-/,
    ],
  ])(
    'has one droplet when a process that was about to ask for its own goes on %s',
    async (_, isTime, name) => {
      let isNext = false;
      let goOn: (() => void) | undefined;
      const intercept: Intercept = async ({ method, args: [kind, object] }, run) => {
        const { metadata, status } = (object ?? {}) as Droplet;
        const isOwn = kind === 'Droplet' && metadata?.name === instanceName(FIRST);
        if (isNext && isOwn && readyReason(status) === 'Create') {
          isNext = false;
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        // Whoever goes on then is the quicker one.
        if (method === 'delete' && object === instanceName(FIRST) && isTime(world)) {
          await world.until(
            'it is asked for',
            () => ownOf(world)?.status?.intent !== undefined,
            5_000,
          );
        }
        return run();
      };
      const world = await aFullAccount(1, [FIRST], { intercept, dropletLimit: 2 });
      isNext = true;
      world.setFaults([]);
      await world.view.setFull(undefined, await world.view.full());
      // Its own reconciler looks, and finds that there is room.
      const own = ownOf(world) as Droplet;
      const annotations = { looked: 'at' };
      await world.store.update('Droplet', { ...own, metadata: { ...own.metadata, annotations } });
      await world.until('it is about to ask', () => goOn !== undefined, LIMIT_MS);
      expect(waiting(world)).toBe(0);
      world.store.onCommit(() => {
        if (isTime(world)) goOn?.();
      });
      if (isTime(world)) goOn?.();
      await world.until('it runs', () => isCompleted(world, FIRST), LIMIT_MS);
      expect(goesBy(world, FIRST)).toMatch(name);
      await world.advance(60_000);
      expect(servedBy(world, FIRST)).toHaveLength(1);
      const made = world.account.ledger.report().droplets;
      expect(made.filter((one) => one.name === instanceName(FIRST)).length).toBeLessThan(2);
    },
  );

  it("does not take one while a stranger's droplet serves its number, and is in nobody's way", async () => {
    const world = await aFullAccount(2, [FIRST, SECOND]);
    const [member] = world.account.living();
    if (member) world.account.vanish(member.id);
    strangers(world, [instanceName(FIRST)]);
    await world.until('the other runs', () => isCompleted(world, SECOND), LIMIT_MS);
    expect(goesBy(world, FIRST)).toBe(instanceName(FIRST));
    expect(servedBy(world, FIRST)).toEqual([]);
  });

  it.each([
    ['one page', 0],
    ['several pages', MANY],
  ])(
    "in an account of %s sees a stranger's droplet that comes in the very moment, without asking again and again",
    async (_, others) => {
      const asked = { listDroplets: 0, findByName: 0 };
      const world = await aFullAccount(1, [FIRST], {
        others,
        dropletLimit: others + 3,
        intercept: async ({ method }, run) => {
          if (method in asked) asked[method as keyof typeof asked] += 1;
          return run();
        },
      });
      let theirs: number | undefined;
      world.store.onCommit(({ object }) => {
        if (theirs || !(object as Droplet).status?.preparation?.readyAt) return;
        [theirs] = strangers(world, [instanceName(FIRST)]);
        Object.assign(asked, { listDroplets: 0, findByName: 0 });
      });
      const isBarred = () => readyReason(instance(world, FIRST)?.status) === 'NumberTaken';
      await world.until('it is barred', isBarred, LIMIT_MS);
      expect(asked.listDroplets + asked.findByName).toBeLessThan(12);
      await world.advance(120_000);
      expect([waiting(world), goesBy(world, FIRST)]).toEqual([1, instanceName(FIRST)]);
      const serving = world.account.living().filter(({ name }) => name === instanceName(FIRST));
      expect(serving.map(({ id }) => id)).toEqual([theirs]);
      if (theirs) world.account.vanish(theirs);
      await world.until('it runs', () => isCompleted(world, FIRST), LIMIT_MS);
      expect(servedBy(world, FIRST)).toHaveLength(1);
    },
  );

  it.each<[string, readonly FaultRule[]]>([
    [
      'while nobody knows what came of its create',
      [
        { fault: { kind: 'lose-response' }, on: OWN_CREATE, times: 1 },
        { fault: { kind: 'hidden', ms: 30_000 }, on: OWN, times: 1 },
      ],
    ],
    [
      'when its create was taken for lost, and may come late',
      [
        { fault: { kind: 'delay', ms: 120_000, when: 'before' }, on: OWN_CREATE, times: 1 },
        { fault: { kind: 'quota' }, on: OWN_CREATE },
      ],
    ],
  ])('does not take one %s', async (_, faults) => {
    const world = await aFullAccount(1, [], { dropletLimit: 3 });
    world.setFaults(faults);
    await world.create(FIRST);
    await world.until('one waits', () => waiting(world) > 0, LIMIT_MS);
    await world.until('it runs', () => isCompleted(world, FIRST), LIMIT_MS);
    expect(goesBy(world, FIRST)).toBe(instanceName(FIRST));
    expect(servedBy(world, FIRST)).toHaveLength(1);
    expect(world.account.living()).toHaveLength(2);
  });
});

describe('an instance that waits for the budget of requests', () => {
  /** A droplet of a pool is being prepared, for which nothing more is asked of the cloud. */
  async function preparing(): Promise<World> {
    const world = new World({ random: seededRandom(4), isLimited: true });
    await world.start([0]);
    await world.pool('warm', { replicas: 1 });
    const isPrepared = () => world.store.peekAll('Droplet').some(({ status }) => status?.ip);
    await world.until('it is being prepared', isPrepared, LIMIT_MS);
    return world;
  }
  const spend = (world: World) => world.budget.observe({ remaining: 0, blockedForMs: 120_000 });
  const isHeldByBudget = (world: World) =>
    readyReason(instance(world, FIRST)?.status) === 'RateLimited';

  it('with a droplet of its own declared takes the one that gets ready', async () => {
    const world = await preparing();
    world.store.onCommit(({ type, kind }) => {
      if (type === 'added' && kind === 'Droplet') void spend(world);
    });
    await world.create(FIRST);
    await world.until('it is held up', () => isHeldByBudget(world), AT_ONCE_MS);
    expect([waiting(world), goesBy(world, FIRST)]).toEqual([0, instanceName(FIRST)]);
    await world.until('it runs', () => isCompleted(world, FIRST), AT_ONCE_MS);
    expect(goesBy(world, FIRST)).toMatch(/^pool-/);
  });

  it('before it has declared one takes the one that gets ready', async () => {
    const world = await preparing();
    await spend(world);
    await world.create(FIRST);
    await world.until('it is held up', () => isHeldByBudget(world), AT_ONCE_MS);
    expect([waiting(world), goesBy(world, FIRST)]).toEqual([0, undefined]);
    await world.until('it runs', () => isCompleted(world, FIRST), AT_ONCE_MS);
    expect(goesBy(world, FIRST)).toMatch(/^pool-/);
  });
});
