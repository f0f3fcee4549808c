import { expect } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { mostWithin } from './most-within.ts';
import { World, type WorldOptions } from './world.ts';

const NEW = Array.from({ length: 20 }, (_, index) => `57334${String(index).padStart(7, '0')}`);
const HOUR_MS = 3_600_000;

/** Many deletes at once with the budget of requests spent: the last tenth goes to them, and all are gone in the end. Throws when it is not so. */
export async function deletesWithTheBudgetSpent(
  deletes: number,
  tamper?: WorldOptions['tamper'],
): Promise<void> {
  const numbers = Array.from(
    { length: deletes },
    (_, index) => `57333${String(index).padStart(7, '0')}`,
  );
  const sent: { readonly method: string; readonly at: number }[] = [];
  const world: World = new World({
    random: seededRandom(1),
    account: { dropletLimit: 300 },
    class: { health: { intervalSeconds: 3_600, failureThreshold: 3, startupSeconds: 60 } },
    isLimited: true,
    tamper,
  });
  world.account.ledger.arrived = (at) => arrived.push(at);
  const arrived: number[] = [];
  const { cloud } = world;
  for (const method of ['createDroplet', 'deleteDroplet'] as const) {
    const call = cloud[method].bind(cloud) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(cloud, {
      [method]: async (...args: unknown[]) => {
        const before = arrived.length;
        const answer = call(...args);
        // Granted or refused: that is known once the budget has answered.
        await Promise.resolve();
        await Promise.resolve();
        if (arrived.length > before) sent.push({ method, at: world.clock.now() });
        return answer;
      },
    });
  }
  await world.start([0, 0]);
  for (const number of numbers) await world.create(number);
  await settle(world);

  await world.budget.observe({ remaining: 50 });
  const since = world.clock.now();
  for (const number of numbers) await world.delete(number);
  for (const number of NEW) await world.create(number);
  await world.advance(20_000);
  const early = sent.filter(({ at }) => at >= since);
  expect(early.filter(({ method }) => method === 'deleteDroplet').length).toBeGreaterThan(40);
  expect(early.filter(({ method }) => method === 'createDroplet')).toEqual([]);
  const waiting = world.store.peek('Instance', instanceName(NEW[0] ?? ''))?.status;
  expect(waiting?.message).toMatch(/in about \d+ s/);

  await settle(world);
  const living = world.account.living().map(({ name }) => name);
  expect(living.toSorted()).toEqual(NEW.map(instanceName));
  expect(world.store.peekAll('Droplet')).toHaveLength(NEW.length);
  expect(mostWithin(60_000, arrived)).toBeLessThanOrEqual(250);
  expect(mostWithin(HOUR_MS, arrived)).toBeLessThanOrEqual(5_000);
}

/** Looked at now and then only: it is a long look at so many. */
async function settle(world: World): Promise<void> {
  for (let minutes = 0; world.whyNotSettled().length > 0; minutes++) {
    if (minutes > 240) throw new Error(world.whyNotSettled().slice(0, 5).join('; '));
    await world.advance(60_000);
  }
}
