import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { instanceSpec } from '../../src/resources/instance.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import { API_VERSION, type ObjectMeta } from '../../src/resources/meta.ts';
import { StoreCache } from '../../src/store/cache.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { MemoryStore } from '../twins/memory-store.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

// Over the store's twin (the contract tests hold it to Redis' behaviour), so that time and order are exact.

const caches: StoreCache[] = [];
afterEach(async () => {
  for (const cache of caches.splice(0)) await cache.close();
});

function setup(keptChanges?: number) {
  const clock = new VirtualClock();
  const store = new MemoryStore({ clock, newUid: randomUUID, keptChanges });
  const cache = new StoreCache({ store, clock });
  caches.push(cache);
  const heard: Change[] = [];
  cache.onChange((change) => heard.push(change));
  return { clock, store, cache, heard };
}
const anInstance = (number: string, over: Partial<ObjectMeta> = {}) => ({
  ...over,
  name: `bot-${number}`,
  spec: instanceSpec.parse({ numberphone: number }),
});
const told = (changes: readonly Change[]) =>
  changes.map(({ type, object }) => `${type} ${object.metadata.name}`);

test('holds what was there at the start and what comes after', async () => {
  const { clock, store, cache, heard } = setup();
  const second = await store.create('Instance', anInstance('2222222'));
  await cache.start();
  const first = await store.create('Instance', anInstance('1111111'));
  await clock.settle();
  expect(cache.get('Instance', 'bot-1111111')).toEqual(first);
  expect(cache.list('Instance')).toEqual({ items: [first, second], resourceVersion: '2' });
  expect(told(heard)).toEqual(['added bot-2222222', 'added bot-1111111']);
});

test('follows updates and removals', async () => {
  const { clock, store, cache, heard } = setup();
  await cache.start();
  const created = await store.create('Instance', anInstance('1111111'));
  const marked = await store.delete('Instance', 'bot-1111111');
  await clock.settle();
  expect(cache.get('Instance', 'bot-1111111')).toEqual(marked);
  await store.update('Instance', { ...marked, metadata: { ...marked.metadata, finalizers: [] } });
  await clock.settle();
  expect(cache.get('Instance', created.metadata.name)).toBeUndefined();
  expect(cache.list('Instance').items).toEqual([]);
  expect(told(heard)).toEqual(['added bot-1111111', 'modified bot-1111111', 'deleted bot-1111111']);
});

test('finds what an owner owns, as long as it does', async () => {
  const { clock, store, cache } = setup();
  const owner = { apiVersion: API_VERSION, kind: 'Instance', name: 'bot-9', uid: 'uid-9' };
  await store.create('Instance', anInstance('1111111', { ownerReferences: [owner] }));
  await cache.start();
  const owned = cache.byOwner('uid-9');
  expect(owned.map(({ metadata }) => metadata.name)).toEqual(['bot-1111111']);
  const [mine] = (await store.list('Instance')).items;
  if (mine === undefined) throw new Error('not there');
  await store.update('Instance', { ...mine, metadata: { ...mine.metadata, ownerReferences: [] } });
  await clock.settle();
  expect(cache.byOwner('uid-9')).toEqual([]);
});

test('caughtUpTo waits for a revision, and no longer than its limit', async () => {
  const { clock, store, cache } = setup();
  await cache.start();
  const created = await store.create('Instance', anInstance('1111111'));
  expect(await cache.caughtUpTo(created.metadata.resourceVersion)).toBe(true);
  expect(cache.get('Instance', 'bot-1111111')).toEqual(created);
  let answer: boolean | undefined;
  void cache.caughtUpTo('999', 2_000).then((isThere) => {
    answer = isThere;
  });
  await clock.advance(1_999);
  expect(answer).toBeUndefined();
  await clock.advance(1);
  expect(answer).toBe(false);
});

test('after a gap in the history it lists again and tells the differences', async () => {
  const { clock, store, cache, heard } = setup(3);
  const stays = await store.create('Instance', anInstance('1111111'));
  await store.create('Instance', anInstance('2222222'));
  const goes = await store.create('Instance', anInstance('3333333'));
  await cache.start();
  heard.length = 0;

  // More happens behind the cache's back than the store keeps changes of.
  store.holdWatches(true);
  const marked = await store.delete('Instance', goes.metadata.name);
  await store.update('Instance', { ...marked, metadata: { ...marked.metadata, finalizers: [] } });
  await store.update('Instance', { ...stays, metadata: { ...stays.metadata, labels: { a: 'b' } } });
  await store.create('Instance', anInstance('4444444'));
  await store.create('Instance', anInstance('5555555'));
  expect(heard).toEqual([]);
  store.holdWatches(false);
  await clock.advance(1_000);

  expect(told(heard).sort()).toEqual([
    'added bot-4444444',
    'added bot-5555555',
    'deleted bot-3333333',
    'modified bot-1111111',
  ]);
  expect(cache.list('Instance')).toEqual(await store.list('Instance'));
});

test('what was written between the lists of two kinds is told once', async () => {
  const clock = new VirtualClock();
  const real = new MemoryStore({ clock, newUid: randomUUID });
  const store: Store = {
    create: (kind, object) => real.create(kind, object),
    get: (kind, name) => real.get(kind, name),
    update: (kind, object) => real.update(kind, object),
    updateStatus: (kind, object) => real.updateStatus(kind, object),
    delete: (kind, name) => real.delete(kind, name),
    watch: (after, signal) => real.watch(after, signal),
    revision: () => real.revision(),
    list: async (kind) => {
      const listed = await real.list(kind);
      // After every list something of each kind comes: in the lists that follow it is, in this one it is not.
      const number = String(1_111_111 * (1 + calls++));
      await real.create('Instance', anInstance(number));
      await real.create('InstanceClass', {
        name: `class-${number}`,
        spec: instanceClassSpec.parse({}),
      });
      return listed;
    },
  };
  let calls = 0;
  const cache = new StoreCache({ store, clock });
  caches.push(cache);
  const heard: Change[] = [];
  cache.onChange((change) => heard.push(change));
  await cache.start();
  await clock.settle();
  const names = heard.map(({ object }) => object.metadata.name);
  expect(names).toHaveLength(2 * calls);
  expect(new Set(names).size).toBe(names.length);
  expect(cache.list('Instance')).toEqual(await real.list('Instance'));
});

test('a listener that has gone hears nothing', async () => {
  const { clock, store, cache } = setup();
  const heard: Change[] = [];
  const leave = cache.onChange((change) => heard.push(change));
  await cache.start();
  leave();
  await store.create('Instance', anInstance('1111111'));
  await clock.settle();
  expect(heard).toEqual([]);
});

test('starts when the store comes back', async () => {
  const { clock, store, cache } = setup();
  await store.create('Instance', anInstance('1111111'));
  store.setAway(true);
  let isStarted = false;
  void cache.start().then(() => {
    isStarted = true;
  });
  await clock.advance(10_000);
  expect(isStarted).toBe(false);
  store.setAway(false);
  await clock.advance(1_000);
  expect(isStarted).toBe(true);
  expect(cache.list('Instance').items).toHaveLength(1);
});
