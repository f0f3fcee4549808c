import { expect } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World, type WorldOptions } from './world.ts';

export const NUMBER = '573332221111';
const NAME = instanceName(NUMBER);
export const LIMIT_MS = 600_000;
const SEEN_LIMIT_MS = 30_000;
const HIDDEN_MS = 10_000;

export async function withOneThatWasSeen(tamper?: WorldOptions['tamper']): Promise<World> {
  const world = new World({
    random: seededRandom(3),
    tamper,
    account: { bootMs: { least: 40_000, most: 40_000 }, listLagMs: { least: 0, most: 0 } },
  });
  await world.start([0, 400]);
  await world.create(NUMBER);
  await world.until('it was seen', () => seen(world) === true, SEEN_LIMIT_MS);
  return world;
}

const seen = (world: World) => world.store.peek('Droplet', NAME)?.status?.seen;

/** For some seconds everything that is asked is answered as if it had never been. */
export async function hide(world: World): Promise<void> {
  const [droplet] = world.account.living();
  if (!droplet) throw new Error('There is no droplet.');
  droplet.visible = false;
  await world.clock.sleep(HIDDEN_MS);
  droplet.visible = true;
}

export const made = (world: World) => world.account.ledger.report().droplets.length;

/** One that is hidden for some seconds after it was seen is not made again. Throws when it is. */
export async function aNewbornHides(tamper?: WorldOptions['tamper']): Promise<void> {
  const world = await withOneThatWasSeen(tamper);
  void hide(world);
  await world.untilSettled(LIMIT_MS);
  expect(world.store.peek('Instance', NAME)?.status?.phase).toBe('completed');
  expect(made(world)).toBe(1);
}
