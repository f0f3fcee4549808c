// More creates at once than a minute's requests: paced by the account's budget, each told when it is expected to begin, and none lost.
import { expect, it } from 'vitest';
import { instanceName } from '../../src/resources/instance.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { mostWithin } from './most-within.ts';
import { World } from './world.ts';

/** As many as a minute's requests, and some more: a thousand is `npm run bench -- bulk`. */
const COUNT = 185;
const NUMBERS = Array.from({ length: COUNT }, (_, i) => `57333${String(i).padStart(7, '0')}`);
const HOUR_MS = 3_600_000;
/** A share of the listings that all share, beside the create itself. */
const MOST_CALLS_EACH = 1.2;

it(`${COUNT} creates at once are paced, each told of its turn, and none is lost`, async () => {
  const world = new World({
    random: seededRandom(1),
    account: { dropletLimit: COUNT + 10 },
    class: {
      health: { intervalSeconds: 3_600, failureThreshold: 3, startupSeconds: 60 },
      deadlines: { dropletActiveSeconds: 600, sshSeconds: 600 },
    },
    isLimited: true,
  });
  const arrived: number[] = [];
  world.account.ledger.arrived = (at) => arrived.push(at);
  await world.start([0, 0]);
  const since = world.clock.now();
  for (const number of NUMBERS) await world.create(number);
  await world.advance(5_000);

  const statuses = NUMBERS.map(
    (number) => world.store.peek('Instance', instanceName(number))?.status,
  );
  const waits = statuses.flatMap((status) => {
    const told = /in about (\d+) s/.exec(status?.message ?? '');
    return told ? [Number(told[1])] : [];
  });
  const begun = world.account.living().length;
  expect(waits.length + begun).toBeGreaterThanOrEqual(COUNT);
  // The last is told of the minutes before it, not of the next call alone.
  expect(Math.max(...waits)).toBeGreaterThan(((COUNT - 165) / 80) * 60);

  for (let minutes = 0; world.whyNotSettled().length > 0; minutes++) {
    if (minutes > 60) throw new Error(world.whyNotSettled().slice(0, 5).join('; '));
    await world.advance(30_000);
  }
  const lastBorn = Math.max(...world.account.living().map(({ createdAt }) => createdAt));
  expect(
    world.account
      .living()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(NUMBERS.map(instanceName));
  expect(mostWithin(60_000, arrived)).toBeLessThanOrEqual(250);
  expect(mostWithin(HOUR_MS, arrived)).toBeLessThanOrEqual(5_000);
  expect(arrived.length / COUNT).toBeLessThanOrEqual(MOST_CALLS_EACH);
  // What was told at first came about, never much later, and not twice too cautious.
  const told = Math.max(...waits) * 1_000 + 5_000;
  expect((lastBorn - since) / told).toBeGreaterThan(0.5);
  expect((lastBorn - since) / told).toBeLessThan(1.34);
}, 400_000);
