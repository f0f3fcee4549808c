// What a claim asks of the cloud before it takes a droplet: as little as proves that the number is free.
import { describe, expect, it } from 'vitest';
import { clusterTag } from '../../src/resources/cloud-droplet.ts';
import { instanceName, instanceSpec } from '../../src/resources/instance.ts';
import { ADOPT_ANNOTATION } from '../../src/resources/meta.ts';
import { findPlace } from '../../src/simulator/place.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573332221111';
const NAME = instanceName(NUMBER);
const PLACE = findPlace('sfo3', 's-1vcpu-512mb-10gb', 'ubuntu-24-04-x64');
/** More than two pages, so that a look by name is cheaper than a listing. */
const MANY = 450;
const LIMIT_MS = 600_000;

/** A pool with one droplet that waits, in an account of so many others; `asked`: calls to the cloud until the claim, by name of the method; `onLook`: done after each look by name. */
async function aFilledPool(
  others: number,
  {
    isLimited,
    onLook,
  }: { readonly isLimited?: boolean; readonly onLook?: () => Promise<void> } = {},
) {
  const asked = { listDroplets: 0, findByName: 0 };
  const world: World = new World({
    random: seededRandom(6),
    account: { dropletLimit: 1_000, listLagMs: { least: 0, most: 0 } },
    intercept: async ({ port, method }, run) => {
      if (port === 'cloud' && method in asked && !claimed(world)) {
        asked[method as keyof typeof asked] += 1;
      }
      const answer = await run();
      if (method === 'findByName') await onLook?.();
      return answer;
    },
    isLimited,
  });
  for (let i = 0; i < others; i++) stranger(world, `other-${i}`);
  await world.start([0]);
  await world.pool('warm', { replicas: 1 });
  const ready = () => world.store.peek('InstancePool', 'warm')?.status?.ready;
  await world.until('one waits', () => ready() === 1, LIMIT_MS);
  await world.advance(30_000);
  const lists = asked.listDroplets;
  await world.until('all is quiet, and just listed', () => asked.listDroplets > lists, LIMIT_MS);
  await world.advance(2_000);
  asked.listDroplets = 0;
  return { world, asked };
}

const stranger = (world: World, name: string, tags: readonly string[] = []) =>
  world.account.create({
    names: [name],
    ...PLACE,
    tags,
    userData: '',
    publicKeys: [],
    features: [],
    vpcUuid: undefined,
  })[0]?.id;

const instance = (world: World) => world.store.peek('Instance', NAME);

const untilDecided = (world: World, limitMs: number) =>
  world.until(
    'it is decided',
    () => instance(world)?.status?.dropletName !== undefined || isFailed(world),
    limitMs,
  );

const isFailed = (world: World) => instance(world)?.status?.phase === 'failed';

const claimed = (world: World) => instance(world)?.status?.dropletName;

describe('a claim', () => {
  it('of an account of one page lists it, once for all who claim', async () => {
    const { world, asked } = await aFilledPool(0);
    await world.create(NUMBER);
    await world.create(`${NUMBER}2`);
    await untilDecided(world, 5_000);
    expect(claimed(world)).toMatch(/^pool-/);
    expect(asked).toEqual({ listDroplets: 1, findByName: 0 });
  });

  it('in a larger account looks by name, and lists nothing', async () => {
    const { world, asked } = await aFilledPool(MANY);
    await world.create(NUMBER);
    await untilDecided(world, 5_000);
    expect(claimed(world)).toMatch(/^pool-/);
    expect(asked).toEqual({ listDroplets: 0, findByName: 1 });
  });

  it.each([
    ['one page', 0],
    ['several pages', MANY],
  ])(
    'does not wait for the budget of requests where the account of %s was listed within a minute',
    async (_, others) => {
      const { world } = await aFilledPool(others, { isLimited: true });
      await world.budget.observe({ remaining: 0 });
      await world.create(NUMBER);
      const isDone = () => instance(world)?.status?.phase === 'completed';
      await world.until('it is completed', isDone, 10_000);
      expect(claimed(world)).toMatch(/^pool-/);
      expect((await world.budget.state()).hour.left).toBeLessThan(50);
    },
  );

  it('waits for the budget where the last listing is older', async () => {
    const { world, asked } = await aFilledPool(0, { isLimited: true });
    await world.budget.observe({ remaining: 0, blockedForMs: 120_000 });
    await world.advance(61_000);
    asked.listDroplets = 0;
    await world.create(NUMBER);
    await world.advance(50_000);
    expect(claimed(world)).toBeUndefined();
    await untilDecided(world, LIMIT_MS);
    expect(claimed(world)).toMatch(/^pool-/);
  });

  it('in a larger account is not held up by an earlier droplet of ours that lists still show', async () => {
    const { world, asked } = await aFilledPool(MANY);
    stranger(world, NAME, [clusterTag('c1')]);
    await world.advance(4_000);
    await world.create(NUMBER);
    await untilDecided(world, 5_000);
    expect(claimed(world)).toMatch(/^pool-/);
    expect(asked.findByName).toBe(1);
  });

  it.each([
    ['one page', 0],
    ['several pages', MANY],
  ])(
    "in an account of %s sees a stranger's droplet that was made since the last listing",
    async (_, others) => {
      const { world } = await aFilledPool(others);
      const theirs = stranger(world, NAME);
      await world.create(NUMBER);
      await world.until('it has failed', () => isFailed(world), LIMIT_MS);
      expect(instance(world)?.status?.failure?.reason).toBe('ForeignDroplet');
      const serving = world.account.living().filter(({ name }) => name === NAME);
      expect(serving.map(({ id }) => id)).toEqual([theirs]);
    },
  );

  it("forgets no stranger's droplet that it saw before the budget was spent", async () => {
    const { world } = await aFilledPool(MANY, {
      isLimited: true,
      onLook: () => world.budget.observe({ remaining: 0 }),
    });
    stranger(world, NAME);
    await world.create(NUMBER);
    await world.until('it has failed', () => isFailed(world), LIMIT_MS);
    expect(instance(world)?.status?.failure?.reason).toBe('ForeignDroplet');
    expect(world.store.peek('InstancePool', 'warm')?.status?.ready).toBe(1);
  });

  it.each([
    ['its name', NAME, []],
    ['its tag', 'some-other-name', [NUMBER]],
  ])(
    "with the budget spent heeds a stranger's droplet that the last listing saw by %s",
    async (_, name, tags) => {
      const { world, asked } = await aFilledPool(0, { isLimited: true });
      stranger(world, name, tags);
      await world.advance(10_000);
      asked.listDroplets = 0;
      await world.until('it is listed', () => asked.listDroplets > 0, LIMIT_MS);
      await world.advance(2_000);
      await world.budget.observe({ remaining: 0 });
      await world.create(NUMBER);
      await untilDecided(world, LIMIT_MS);
      expect(instance(world)?.status?.failure?.reason).toBe('ForeignDroplet');
    },
  );

  it('is none where the droplet is to be taken over that serves the number, however new that is', async () => {
    const { world } = await aFilledPool(MANY, { isLimited: true });
    const theirs = stranger(world, 'some-other-name', [NUMBER]);
    await world.advance(5_000);
    await world.budget.observe({ remaining: 0 });
    await world.store.create('Instance', {
      name: NAME,
      annotations: { [ADOPT_ANNOTATION]: 'true' },
      spec: instanceSpec.parse({ numberphone: NUMBER }),
    });
    await untilDecided(world, LIMIT_MS);
    expect(claimed(world)).toBe(NAME);
    const adopted = () => world.store.peek('Droplet', NAME)?.status?.id;
    await world.until('it is taken over', () => adopted() === theirs, LIMIT_MS);
  });
});
