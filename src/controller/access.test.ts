// Proves that a refused token stops what it must, is looked at sparingly, and that one look frees everybody.
import { expect, it } from 'vitest';
import { T0 } from '../../test/builders.ts';
import { MemoryCloudView } from '../../test/twins/memory-cloud-view.ts';
import { VirtualClock } from '../../test/twins/virtual-clock.ts';
import { type Cloud, CloudError, type CreateDroplet } from '../cloud/cloud.ts';
import { StoreError } from '../store/store.ts';
import { noteAccess } from './access.ts';

const live = new AbortController().signal;
const REQUEST = {} as CreateDroplet;

/** Two processes with a token that is refused as `refusing` says: the status to a list, and to a create. */
function aWorld() {
  const clock = new VirtualClock({ startMs: T0 });
  const cloudView = new MemoryCloudView({ newId: () => 'c1' });
  const refusing: { list?: number | undefined; create?: number | undefined } = {};
  const sent = { list: 0, create: 0 };
  const call = async <T>(what: 'list' | 'create', result: T): Promise<T> => {
    sent[what]++;
    await clock.sleep(10);
    const status = refusing[what];
    if (status) throw new CloudError('unauthorized', `no ${what}`, { status });
    return result;
  };
  const cloud = {
    listDroplets: () => call('list', []),
    createDroplet: () => call('create', { id: 1 }),
  } as unknown as Cloud;
  let restored = 0;
  const aProcess = () => noteAccess({ cloud, cloudView, clock, onRestored: () => restored++ });
  const processes = [aProcess(), aProcess()] as const;
  const outcomes = async (asked: readonly Promise<unknown>[]) => {
    const all = Promise.allSettled(asked);
    await clock.advance(10);
    return (await all).map(({ status }) => status);
  };
  return {
    clock,
    cloudView,
    refusing,
    sent,
    restored: () => restored,
    lists: (times = 1) =>
      outcomes(
        Array.from({ length: times }, (_, i) => processes[i % 2 ? 1 : 0].listDroplets(live)),
      ),
    creates: (times = 1) =>
      outcomes(
        Array.from({ length: times }, (_, i) =>
          processes[i % 2 ? 1 : 0].createDroplet(REQUEST, live),
        ),
      ),
  };
}

it('a refused token is asked about by one call of all, first soon and then each 20 s', async () => {
  const { clock, refusing, sent, lists, creates } = aWorld();
  refusing.list = 401;
  await lists();
  const times: number[] = [];
  while (clock.now() < T0 + 400_000) {
    const before = sent.list;
    await lists(5);
    await creates(5);
    if (sent.list > before) times.push(Math.round((clock.now() - T0) / 1000));
    await clock.advance(480);
  }
  expect(sent).toEqual({ list: 1 + times.length, create: 0 });
  const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
  expect(gaps.slice(0, 4)).toEqual([5, 5, 10, 20].map((gap) => expect.closeTo(gap, -0.5)));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(21);
  expect(Math.min(...gaps.slice(5))).toBeGreaterThanOrEqual(19);
});

it('whose look succeeds says so once, and all may go on', async () => {
  const { clock, cloudView, refusing, lists, creates, restored } = aWorld();
  refusing.list = 401;
  await lists();
  refusing.list = undefined;
  expect(await lists()).toEqual(['rejected']);
  await clock.advance(6_000);
  expect(await lists(6)).toEqual(['fulfilled', ...Array(5).fill('rejected')]);
  expect(restored()).toBe(1);
  expect(await cloudView.access()).toMatchObject({ ok: true });
  expect(await creates(2)).toEqual(['fulfilled', 'fulfilled']);
});

it.each([401, 403])(
  'a %i to creates alone stops creates alone, but for one a minute',
  async (status) => {
    const { clock, cloudView, refusing, sent, lists, creates, restored } = aWorld();
    refusing.create = status;
    await creates();
    for (let second = 0; second < 150; second++) {
      expect(await lists()).toEqual(['fulfilled']);
      await creates(4);
      await clock.advance(980);
    }
    expect(sent.create).toBe(3);
    expect(await cloudView.access()).toMatchObject({ ok: false, message: 'no create' });
    refusing.create = undefined;
    await clock.advance(60_000);
    expect(await creates(4)).toContain('fulfilled');
    expect(restored()).toBe(1);
  },
);

it('a clock that is ahead does not shut others out', async () => {
  const { cloudView, lists } = aWorld();
  const far = { ok: false, message: 'no', since: T0 + 3_600_000, refused: 'all' } as const;
  await cloudView.setAccess({ ...far, lookAt: far.since + 60_000 }, undefined);
  expect(await lists()).toEqual(['fulfilled']);
});

it('what cannot be noted keeps no answer back', async () => {
  const { cloudView, creates } = aWorld();
  const away = async () => {
    throw new StoreError('unavailable', 'Redis is away');
  };
  Object.assign(cloudView, { access: away, setAccess: away });
  expect(await creates()).toEqual(['fulfilled']);
});
