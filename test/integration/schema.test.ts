import { randomUUID } from 'node:crypto';
import { afterEach, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import type { Resource } from '../../src/resources/meta.ts';
import { StoreCache } from '../../src/store/cache.ts';
import { readAll } from '../../src/store/commit-all.ts';
import { storeKeys } from '../../src/store/keys.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { restore } from '../../src/store/restore.ts';
import { type Migration, migrate } from '../../src/store/schema.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function setup(prefix = `schema-${randomUUID()}`) {
  const redis = connect({ url: inject('redisUrl') }, 'prompt');
  const store = new RedisStore({ redis, prefix, clock: systemClock, newUid: randomUUID });
  ends.push(
    () => redis.disconnect(),
    () => store.close(),
  );
  const told: string[] = [];
  const log = { info: (_: object, text: string) => void told.push(text), warn: () => {} };
  const run = (migrations?: readonly Migration[]) =>
    migrate({ redis, prefix, clock: systemClock, log, migrations });
  return { redis, prefix, store, keys: storeKeys(prefix), told, run };
}

const anInstance = (number: string) => ({
  name: `bot-${number}`,
  spec: instanceSpec.parse({ numberphone: number }),
});

/** Counts how often it was at an object: a step that ran twice shows. */
const counted = (mark: string): Migration => ({
  what: `Every Instance has the mark ${mark}`,
  migrate(object: Resource) {
    if (object.kind !== 'Instance') return object;
    const labels = { ...object.metadata.labels };
    labels[mark] = String(Number(labels[mark] ?? '0') + 1);
    return { ...object, metadata: { ...object.metadata, labels } };
  },
});

test('a new Redis gets the version that the program writes, and nothing is migrated', async () => {
  const { redis, keys, run, told } = setup();
  await run([counted('a')]);
  expect(await redis.get(keys.schemaVersion)).toBe('2');
  await run([counted('a')]);
  expect(told).toEqual([]);
});

test('objects from before there were versions are of the first', async () => {
  const { redis, store, keys, run } = setup();
  await store.create('Instance', anInstance('1111111'));
  await run();
  expect(await redis.get(keys.schemaVersion)).toBe('1');
  await run([counted('a')]);
  expect((await store.get('Instance', 'bot-1111111'))?.metadata.labels).toEqual({ a: '1' });
});

test('every step runs once, in order, though many processes start at once and others write meanwhile', async () => {
  const { store, prefix, redis, keys } = setup();
  const numbers = Array.from({ length: 50 }, (_, i) => String(1_000_000 + i));
  for (const number of numbers) await store.create('Instance', anInstance(number));
  const steps = [counted('a'), counted('b')];
  const starters = Array.from({ length: 6 }, () => setup(prefix));
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      const object = await store.get('Instance', 'bot-1000000');
      if (object === undefined) throw new Error('it is gone');
      const annotations = { touched: randomUUID() };
      const touched = { ...object, metadata: { ...object.metadata, annotations } };
      await store.update('Instance', touched).catch(() => undefined);
      await systemClock.sleep(20);
    }
  })();
  await Promise.all(starters.map(({ run }) => run(steps)));
  isWriting = false;
  await writing;
  const { items } = await store.list('Instance');
  expect(items).toHaveLength(50);
  for (const { metadata } of items) expect(metadata.labels).toEqual({ a: '1', b: '1' });
  expect(await redis.get(keys.schemaVersion)).toBe('3');
  // Each step is told by the one that ran it, whoever that is.
  expect(starters.flatMap(({ told }) => told).toSorted()).toEqual([
    'Migrated: Every Instance has the mark a',
    'Migrated: Every Instance has the mark b',
  ]);
});

test('what is migrated is a change like any other to those who watch', async () => {
  const { store, run } = setup();
  await run();
  await store.create('Instance', anInstance('1111111'));
  const cache = new StoreCache({ store, clock: systemClock });
  await cache.start();
  ends.push(() => cache.close());
  await run([counted('a')]);
  expect(await cache.caughtUpTo('2', 20_000)).toBe(true);
  expect(cache.get('Instance', 'bot-1111111')?.metadata.labels).toEqual({ a: '1' });
});

test('data of a newer program are refused with a sentence, and left as they are', async () => {
  const { redis, keys, run } = setup();
  await run([counted('a'), counted('b')]);
  await expect(run([counted('a')])).rejects.toThrow(
    'Redis holds objects of schema version 3, and this program knows versions up to 2: start the version of Orquesta that wrote them, or a later one.',
  );
  expect(await redis.get(keys.schemaVersion)).toBe('3');
});

test('a backup of an earlier version is restored as it is, and migrated by the program that starts on it', async () => {
  const old = setup();
  await old.store.create('Instance', anInstance('1111111'));
  await old.run();
  const backup = await readAll(old.redis, old.keys);
  const next = setup();
  // The newer program was there before, and left its classes.
  await next.run([counted('a'), counted('b')]);
  await next.store.create('InstanceClass', {
    name: 'default',
    spec: instanceClassSpec.parse({}),
  });
  await restore(next.redis, next.prefix, {
    objects: backup.objects,
    clusterId: undefined,
    schemaVersion: 1,
    afterRevision: '0',
  });
  expect(await next.redis.get(next.keys.schemaVersion)).toBe('1');
  await next.run([counted('a'), counted('b')]);
  expect(await next.redis.get(next.keys.schemaVersion)).toBe('3');
  const restored = await next.store.get('Instance', 'bot-1111111');
  expect(restored?.metadata.labels).toEqual({ a: '1', b: '1' });
  expect(restored?.metadata.uid).toBe(backup.objects[0]?.metadata.uid);
});
