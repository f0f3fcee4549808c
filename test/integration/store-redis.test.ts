import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { storeKeys } from '../../src/store/keys.ts';
import { connect, durabilityWarnings, type Patience } from '../../src/store/redis.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { StoreError } from '../../src/store/store.ts';
import { OwnRedis } from './own-redis.ts';

// What only a real Redis can show: writers on several connections, crashes of the server, a server that is away.

const connections: Redis[] = [];
const servers: OwnRedis[] = [];
const aborts: AbortController[] = [];
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  for (const redis of connections.splice(0)) redis.disconnect();
  for (const server of servers.splice(0)) await server.end();
});

function open(url: string, patience: Patience = 'prompt'): Redis {
  const redis = connect({ url }, patience);
  connections.push(redis);
  return redis;
}
async function serve(options: readonly string[] = []): Promise<OwnRedis> {
  const server = await OwnRedis.begin(options);
  servers.push(server);
  await open(server.url, 'patient').ping();
  return server;
}
const storeOn = (redis: Redis, prefix: string) =>
  new RedisStore({ redis, prefix, clock: systemClock, newUid: randomUUID });
const anInstance = (number: string) => ({
  name: `bot-${number}`,
  spec: instanceSpec.parse({ numberphone: number }),
});
async function until(holds: () => boolean): Promise<void> {
  const end = systemClock.now() + 30_000;
  while (!holds()) {
    if (systemClock.now() > end) throw new Error('it did not happen within 30 s');
    await systemClock.sleep(5);
  }
}

describe('many writers', () => {
  test('of 100 simultaneous creates of one name exactly one wins', async () => {
    const prefix = `test-${randomUUID()}`;
    const stores = Array.from({ length: 10 }, () => storeOn(open(inject('redisUrl')), prefix));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, async (_, i) => {
        await stores[i % 10]?.create('Instance', anInstance('573332221111'));
      }),
    );
    const won = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ kind: 'already-exists' });
      }
    }
    expect((await stores[0]?.list('Instance'))?.items).toHaveLength(1);
  });

  test('every revision is given once, and a watch of another process sees all of them', async () => {
    const prefix = `test-${randomUUID()}`;
    const stores = Array.from({ length: 5 }, () => storeOn(open(inject('redisUrl')), prefix));
    const watcher = storeOn(open(inject('redisUrl')), prefix);
    const abort = new AbortController();
    aborts.push(abort);
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { object } of watcher.watch('0', abort.signal)) {
        seen.push(object.metadata.resourceVersion);
        if (seen.length === 200) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        await stores[i % 5]?.create('Instance', anInstance(String(1_000_000 + i)));
      }),
    );
    await watching;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 1)));
  });
});

describe('a Redis that is killed', () => {
  test('still has every write that was answered, and a watch goes on where it was', async () => {
    const server = await serve();
    const store = storeOn(open(server.url), 'orquesta');
    const abort = new AbortController();
    aborts.push(abort);
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { object } of store.watch('0', abort.signal))
        seen.push(object.metadata.name);
    })();

    const answered: string[] = [];
    const create = async (number: string) => {
      try {
        answered.push((await store.create('Instance', anInstance(number))).metadata.name);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'unavailable' });
      }
    };
    const writing = (async () => {
      for (let i = 0; i < 3_000; i++) await create(String(1_000_000 + i));
    })();
    await until(() => answered.length >= 100);
    await server.kill();
    const before = answered.length;
    server.start();
    await until(() => answered.length >= before + 50);
    await writing;

    const { items, resourceVersion } = await store.list('Instance');
    const stored = new Set(items.map((item) => item.metadata.name));
    expect(answered.filter((name) => !stored.has(name))).toEqual([]);
    await until(() => seen.length === Number(resourceVersion));
    expect(new Set(seen)).toEqual(stored);
    abort.abort();
    await watching;
  });

  test('and comes back empty ends the watches as gone', async () => {
    const server = await serve(['--appendonly', 'no']);
    const store = storeOn(open(server.url), 'orquesta');
    const created = await store.create('Instance', anInstance('1111111'));
    const abort = new AbortController();
    aborts.push(abort);
    const iterator = store
      .watch(created.metadata.resourceVersion, abort.signal)
      [Symbol.asyncIterator]();
    const next = iterator.next();
    await server.kill();
    server.start();
    await expect(next).rejects.toMatchObject({ kind: 'gone' });
  });

  test('makes calls fail as unavailable within seconds, and they succeed when it is back', async () => {
    const server = await serve();
    const store = storeOn(open(server.url), 'orquesta');
    await store.create('Instance', anInstance('1111111'));
    await server.kill();
    const calls = await Promise.allSettled([
      store.get('Instance', 'bot-1111111'),
      store.list('Instance'),
      store.create('Instance', anInstance('2222222')),
      store.delete('Instance', 'bot-1111111'),
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    }
    server.start();
    let back: unknown;
    for (let tries = 0; back === undefined && tries < 1_000; tries++) {
      back = await store.get('Instance', 'bot-1111111').catch((error) => {
        expect(error).toBeInstanceOf(StoreError);
        return systemClock.sleep(20);
      });
    }
    expect(back).toMatchObject({ metadata: { name: 'bot-1111111' } });
    // What was refused while it was away is not carried out later.
    expect(await store.get('Instance', 'bot-2222222')).toBeUndefined();
  });
});

test('a revision that was set back behind the changes is refused, and nothing is written', async () => {
  const redis = open(inject('redisUrl'));
  const prefix = `test-${randomUUID()}`;
  const store = storeOn(redis, prefix);
  await store.create('Instance', anInstance('1111111'));
  await store.create('Instance', anInstance('2222222'));
  await redis.set(storeKeys(prefix).revision, '1');
  await expect(store.create('Instance', anInstance('3333333'))).rejects.toMatchObject({
    kind: 'unavailable',
  });
  expect(await store.get('Instance', 'bot-3333333')).toBeUndefined();
});

test('every key begins with the prefix, so that one hash tag keeps all in one slot', async () => {
  const server = await serve();
  const redis = open(server.url);
  const store = storeOn(redis, '{orquesta}');
  await store.create('Instance', anInstance('1111111'));
  const keys = await redis.keys('*');
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => !key.startsWith('{orquesta}:'))).toEqual([]);
});

describe('durabilityWarnings', () => {
  test('has nothing to say about the redis.conf of this repository', async () => {
    expect(await durabilityWarnings(open(inject('redisUrl')))).toEqual([]);
  });

  test('says what a server with other settings would lose', async () => {
    const server = await serve(['--appendfsync', 'everysec', '--maxmemory-policy', 'allkeys-lru']);
    const warnings = await durabilityWarnings(open(server.url));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/appendfsync "everysec".*power cut/);
    expect(warnings[1]).toMatch(/maxmemory-policy "allkeys-lru"/);
  });

  test('says so when it may not ask', async () => {
    const server = await serve(['--rename-command', 'CONFIG', '']);
    const warnings = await durabilityWarnings(open(server.url));
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/may not be asked/);
  });
});
