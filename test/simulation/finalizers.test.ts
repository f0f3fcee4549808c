// Who takes the finalizers off by force gets rid of the record, and never of the bill behind our back: no droplet stays.
import { expect, it } from 'vitest';
import { kinds } from '../../src/resources/kinds.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { World } from './world.ts';

const NUMBER = '573330000001';
const NAME = `bot-${NUMBER}`;
const LIMIT_MS = 600_000;
/** An orphan is left alone for 10 minutes, and then deleted at the second look. */
const COLLECTED_MS = 1_800_000;

async function aFleetOfOne(): Promise<World> {
  const world = new World({ random: seededRandom(11) });
  await world.start([0]);
  await world.create(NUMBER);
  await world.untilSettled(LIMIT_MS);
  expect(world.account.living()).toHaveLength(1);
  return world;
}

const without = async (world: World, kind: 'Instance' | 'Droplet') => {
  const object = world.store.peek(kind, NAME);
  if (!object) throw new Error(`no ${kind}`);
  const metadata = { ...object.metadata, finalizers: [] };
  return world.store.update(kind, { ...object, metadata } as never);
};

/** What was broken by force, and not by the program. */
function pardon(world: World, rule: RegExp): void {
  for (const broken of world.invariants.broken.splice(0)) expect(broken).toMatch(rule);
}

it('before a deletion they come back at once', async () => {
  const world = await aFleetOfOne();
  for (const kind of ['Instance', 'Droplet'] as const) {
    const written = await without(world, kind);
    expect(written.metadata.finalizers).toEqual(kinds[kind].finalizers);
  }
  await world.advance(LIMIT_MS);
  expect(world.account.living()).toHaveLength(1);
});

it('of an instance that is being deleted: its droplet goes with it', async () => {
  const world = await aFleetOfOne();
  await world.store.delete('Instance', NAME);
  await without(world, 'Instance');
  expect(world.store.peek('Instance', NAME)).toBeUndefined();
  pardon(world, /I6: .* goes while it has a droplet/);
  await world.until('the droplet is gone', () => world.account.living().length === 0, LIMIT_MS);
  await world.until('its record, too', () => !world.store.peek('Droplet', NAME), LIMIT_MS);
});

it('of both at once: the droplet bears our tags and no record, and is collected', async () => {
  const world = await aFleetOfOne();
  await world.store.delete('Instance', NAME);
  await world.store.delete('Droplet', NAME);
  await without(world, 'Droplet');
  await without(world, 'Instance');
  expect(world.store.peek('Droplet', NAME)).toBeUndefined();
  expect(world.account.living()).toHaveLength(1);
  pardon(world, /I6: the record of .* goes while/);
  await world.until('it is collected', () => world.account.living().length === 0, COLLECTED_MS);
});

it('of both at once, and the number wanted again: it ends with one droplet', async () => {
  const world = await aFleetOfOne();
  const [first] = world.account.living();
  await world.store.delete('Instance', NAME);
  await world.store.delete('Droplet', NAME);
  await without(world, 'Droplet');
  await without(world, 'Instance');
  pardon(world, /I6: the record of .* goes while/);
  await world.create(NUMBER);
  // The old one lives on beside it until it is collected: nobody was there to wait for its end.
  const made = world.until('another is made', () => world.account.living().length === 2, LIMIT_MS);
  await made.catch(() => pardon(world, /I2: .* is made while/));
  await world.until(
    'one is left, another one, and it serves',
    () => {
      const living = world.account.living();
      const phase = world.store.peek('Instance', NAME)?.status?.phase;
      return living.length === 1 && living[0]?.id !== first?.id && phase === 'completed';
    },
    COLLECTED_MS,
  );
});
