import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import { StoreCache } from '../../src/store/cache.ts';
import { type Past, WatchCache } from '../../src/store/watch-cache.ts';
import { MemoryStore } from '../twins/memory-store.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

let clock: VirtualClock;
let store: MemoryStore;
let cache: StoreCache;
let watched: WatchCache;
const begin = async (keptChanges = 10_000) => {
  clock = new VirtualClock();
  store = new MemoryStore({ clock, newUid: randomUUID, keptChanges });
  cache = new StoreCache({ store, clock });
  await cache.start();
  watched = new WatchCache({ store, cache, keptChanges });
};
beforeEach(() => begin());
afterEach(() => cache.close());

const add = (name: string) =>
  store.create('InstanceClass', { name, spec: instanceClassSpec.parse({}) });
const names = (items: readonly { metadata: { name: string } }[]) =>
  items.map(({ metadata }) => metadata.name);

test('a reader who waits sees all that was written before, whoever wrote it', async () => {
  for (const name of ['a', 'b', 'c']) {
    await add(name);
    await watched.caughtUp();
    expect(watched.get('InstanceClass', name)).toBeDefined();
  }
});

test('many who read at one moment ask the store twice at most', async () => {
  let asked = 0;
  const counting = new WatchCache({
    cache,
    store: {
      revision: () => {
        asked++;
        return store.revision();
      },
    },
  });
  await Promise.all(Array.from({ length: 100 }, () => counting.caughtUp()));
  expect(asked).toBeLessThanOrEqual(2);
});

test('shows the objects as they were at a revision', async () => {
  await add('a');
  const b = await add('b');
  await watched.caughtUp();
  const { resourceVersion } = watched.list('InstanceClass');
  await store.update('InstanceClass', { ...b, metadata: { ...b.metadata, labels: { x: 'y' } } });
  await store.delete('InstanceClass', 'a');
  await add('c');
  await watched.caughtUp();
  expect(names(watched.list('InstanceClass').items)).toEqual(['b', 'c']);
  const then = watched.listAt('InstanceClass', resourceVersion);
  expect(names(then.items)).toEqual(['a', 'b']);
  expect(then.items[1]).toEqual(b);
});

test('what is older than the kept history is gone, and what is yet to come too', async () => {
  await cache.close();
  await begin(10);
  for (let index = 0; index < 30; index++) {
    await add(`class-${index}`);
    await watched.caughtUp();
  }
  expect(() => watched.since('InstanceClass', '1')).toThrow(
    expect.objectContaining({ kind: 'gone' }),
  );
  expect(() => watched.since('InstanceClass', '31')).toThrow(
    expect.objectContaining({ kind: 'gone' }),
  );
  expect(watched.since('InstanceClass', '25')).toHaveLength(5);
});

describe('a gap in the history', () => {
  test('ends who follows, and forgets what came before', async () => {
    await cache.close();
    await begin(10);
    await add('a');
    await watched.caughtUp();
    const heard: Past[] = [];
    let gaps = 0;
    watched.follow({ take: (past) => heard.push(past), gap: () => gaps++ });
    store.holdWatches(true);
    // More than the store keeps: the cache must list anew.
    for (let index = 0; index < 30; index++) await add(`class-${index}`);
    store.holdWatches(false);
    await clock.advance(1_000);
    await watched.caughtUp();
    expect(gaps).toBe(1);
    expect(heard).toEqual([]);
    expect(watched.list('InstanceClass').items).toHaveLength(31);
    expect(() => watched.since('InstanceClass', '1')).toThrow(
      expect.objectContaining({ kind: 'gone' }),
    );
    const { resourceVersion } = watched;
    await add('last');
    await watched.caughtUp();
    expect(watched.since('InstanceClass', resourceVersion)).toHaveLength(1);
    expect(heard).toEqual([]);
  });
});
