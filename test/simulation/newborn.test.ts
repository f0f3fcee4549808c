// What is asked of a young machine is answered by some that know it and by others that do not yet (digitalocean/pydo#468,
// terraform-provider-digitalocean#1486): it may be listed, and be missing from the next list, and from a look by id.
import { expect, it } from 'vitest';
import { aNewbornHides, hide, LIMIT_MS, made, NUMBER, withOneThatWasSeen } from './newborn.ts';

it('a young machine that is hidden for some seconds after it was seen is not made again', () =>
  aNewbornHides());

it('one that is deleted while it is hidden goes all the same, before its record does', async () => {
  const world = await withOneThatWasSeen();
  const { cloud } = world;
  const [list, send] = [cloud.listDroplets.bind(cloud), cloud.deleteDroplet.bind(cloud)];
  let state: 'shown' | 'about to hide' | 'hidden' | 'back' = 'shown';
  cloud.deleteDroplet = async (id, signal) => {
    if (state === 'back') return send(id, signal);
    if (state === 'shown') state = 'about to hide';
    return 'absent';
  };
  // One list still shows it: that it is missing from the next is news.
  cloud.listDroplets = async (signal) => {
    const droplets = await list(signal);
    if (state === 'about to hide') {
      state = 'hidden';
      void hide(world).then(() => {
        state = 'back';
      });
    }
    return droplets;
  };
  await world.delete(NUMBER);
  // I6 is watched all the while.
  await world.untilSettled(LIMIT_MS);
  expect(world.account.living()).toEqual([]);
});

it('one that is gone while it is young is made again within half a minute', async () => {
  const world = await withOneThatWasSeen();
  for (const { id } of world.account.living()) world.account.vanish(id);
  await world.until('another is made', () => made(world) === 2, 30_000);
  await world.untilSettled(LIMIT_MS);
  expect(world.account.living()).toHaveLength(1);
});
