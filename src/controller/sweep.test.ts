import { expect, it } from 'vitest';
import { aDroplet, time } from '../../test/builders.ts';
import { MemoryCloudView } from '../../test/twins/memory-cloud-view.ts';
import { VirtualClock } from '../../test/twins/virtual-clock.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { Sweeper } from './sweep.ts';

const PAGE_SIZE = 200;
const HOUR_MS = 3_600_000;
/** From when a key is due until its pass begins, on a busy machine. */
const QUEUE_LATE_MS = 400;
const NEVER = new AbortController().signal;

const droplet = (id: number): CloudDroplet => ({
  id,
  name: `bot-${id}`,
  state: 'active',
  tags: [],
  createdAt: '2026-01-01T00:00:00Z',
});

/** A sweeper over an account of so many droplets, each listing of which takes so long; it counts the requests. */
function rigOf({ count, listingMs = 0 }: { count: number; listingMs?: number }) {
  const clock = new VirtualClock();
  const droplets = Array.from({ length: count }, (_, index) => droplet(index + 1));
  const cloudView = new MemoryCloudView({ newId: () => 'c1' });
  const rig = { clock, cloudView, requests: 0, begun: [] as number[] };
  const sweeper = new Sweeper({
    cloud: {
      listDroplets: async () => {
        rig.begun.push(clock.now());
        rig.requests += Math.ceil(droplets.length / PAGE_SIZE);
        if (listingMs > 0) await clock.sleep(listingMs);
        return droplets;
      },
    } as unknown as Cloud,
    cloudView,
    clock,
    log: { debug: () => undefined } as unknown as Logger,
    onSeen: async () => undefined,
    onSwept: async () => undefined,
    onAway: () => undefined,
    onBack: () => undefined,
  });
  return Object.assign(rig, { sweeper });
}

it.each([
  [20, 720],
  [1_000, 1_510],
  [10_000, 1_510],
])(
  'among %i droplets sick bots that are looked at all the time cost %i requests an hour at the most',
  async (count, most) => {
    const rig = rigOf({ count });
    const { clock, sweeper } = rig;
    await sweeper.recent(NEVER);
    rig.requests = 0;
    const end = clock.now() + HOUR_MS;
    while (clock.now() < end) {
      await clock.advance(500);
      await sweeper.recent(NEVER);
    }
    expect(rig.requests).toBeLessThanOrEqual(most);
    expect(rig.requests).toBeGreaterThan(most / 2);
  },
);

it.each([
  [20, 29_000],
  [800, 29_000],
  [1_000, 30_000],
])(
  'lists %i quiet droplets each %i ms from one beginning to the next, however long a listing takes and though the queue is late',
  async (count, expected) => {
    const rig = rigOf({ count, listingMs: 900 });
    const { clock, sweeper } = rig;
    const end = clock.now() + HOUR_MS;
    const duty = (async () => {
      while (clock.now() < end) {
        const lookAgain = await sweeper.reconcile(
          () => [],
          () => false,
          NEVER,
        );
        await clock.sleep(lookAgain + QUEUE_LATE_MS);
      }
    })();
    await clock.until(() => clock.now() >= end, 2 * HOUR_MS);
    await clock.advance(60_000);
    await duty;
    const gaps = rig.begun.slice(1).map((at, i) => at - (rig.begun[i] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([expected]));
  },
);

it('keeps listings apart while something is changing, though each takes long and the pass is woken in between', async () => {
  const { clock, sweeper, begun } = rigOf({ count: 20, listingMs: 900 });
  const booting = aDroplet({ status: { id: 1, acceptedAt: time(0), state: 'new' } });
  const pass = () =>
    sweeper.reconcile(
      () => [booting],
      () => true,
      NEVER,
    );
  const first = pass();
  await clock.advance(900);
  const lookAgain = await first;
  await clock.advance(lookAgain - 100);
  expect(await pass()).toBe(100);
  expect(begun).toHaveLength(1);
});

it('lists the account though a machine whose clock is ahead by an hour has done so just now', async () => {
  const { clock, cloudView, sweeper, begun } = rigOf({ count: 20 });
  const ahead = clock.now() + HOUR_MS;
  await cloudView.record({ startedAt: ahead, finishedAt: ahead + 900 }, []);
  const lookAgain = await sweeper.reconcile(
    () => [],
    () => false,
    NEVER,
  );
  expect(begun).toEqual([clock.now()]);
  expect(lookAgain).toBeGreaterThan(28_000);
});

it('ends its pass when it is told to, and not the moment that it waits for', async () => {
  const { clock, sweeper, begun } = rigOf({ count: 20 });
  const pass = (signal: AbortSignal) =>
    sweeper.reconcile(
      () => [],
      () => false,
      signal,
    );
  await clock.advance(await pass(NEVER));
  const stop = new AbortController();
  const waiting = pass(stop.signal);
  stop.abort();
  expect(await waiting).toBeGreaterThan(0);
  expect(begun).toHaveLength(1);
});
