import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisSessionArchive } from '../../src/store/redis-session-archive.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { Seal, SealError } from '../../src/store/seal.ts';
import type { SavedSession, SessionArchive } from '../../src/store/session-archive.ts';
import type { Store } from '../../src/store/store.ts';
import { MemorySessionArchive } from '../twins/memory-session-archive.ts';
import { MemoryStore } from '../twins/memory-store.ts';

const KEY = randomBytes(32);
const prefix = `test-${randomUUID()}`;
const fresh = { clock: systemClock, newUid: randomUUID };

/** An archive, and the store whose instances the sessions are of. */
interface Subject {
  readonly store: Store;
  readonly archive: SessionArchive;
}

let redis: Redis;
const ends: (() => void)[] = [];
beforeEach(() => {
  redis = connect({ url: inject('redisUrl') }, 'prompt');
  ends.push(() => redis.disconnect());
});
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const subjects = {
  RedisSessionArchive: (): Subject => {
    const store = new RedisStore({ redis, prefix, ...fresh });
    ends.push(() => store.close());
    return { store, archive: new RedisSessionArchive({ redis, prefix, seal: new Seal([KEY]) }) };
  },
  MemorySessionArchive: (): Subject => {
    const store = new MemoryStore(fresh);
    return { store, archive: new MemorySessionArchive({ store }) };
  },
};

const about = (n: number): SavedSession => ({
  savedAt: `2026-01-01T00:00:0${n}.000Z`,
  dropletId: 1000 + n,
  sizeBytes: n,
  fingerprint: String(n),
});

/** An instance that is in the store. */
async function aBot(store: Store, name = `bot-${Math.trunc(Math.random() * 1e12)}`) {
  const spec = instanceSpec.parse({ numberphone: name.replace('bot-', '').padEnd(7, '0') });
  return (await store.create('Instance', { name, spec })).metadata;
}

/** Takes off what holds the record of one that is being deleted, as its controller does, or by force. */
async function goes(store: Store, name: string) {
  const last = await store.get('Instance', name);
  if (!last) throw new Error(`no ${name}`);
  await store.update('Instance', { ...last, metadata: { ...last.metadata, finalizers: [] } });
}

describe.each(Object.entries(subjects))('%s', (_, make) => {
  test('keeps the last three, and gives back the newest as it was', async () => {
    const { store, archive } = make();
    const bot = await aBot(store);
    expect(await archive.latest(bot)).toBeUndefined();
    expect(await archive.list(bot.name)).toEqual([]);
    const bytes = randomBytes(100_000);
    for (const n of [1, 2, 3]) await archive.save(bot, about(n), Buffer.from([n]));
    await archive.save(bot, about(4), bytes);
    expect(await archive.list(bot.name)).toEqual([about(4), about(3), about(2)]);
    const latest = await archive.latest(bot);
    expect(latest?.about).toEqual(about(4));
    expect(latest?.archive.equals(bytes)).toBe(true);
    expect(await archive.forget(bot.name)).toBe(3);
    expect(await archive.latest(bot)).toBeUndefined();
    expect(await archive.forget(bot.name)).toBe(0);
  });

  test('gives nothing of an earlier instance of the same name', async () => {
    const { store, archive } = make();
    const bot = await aBot(store);
    await archive.save(bot, about(1), Buffer.from('old'));
    expect(await archive.latest({ ...bot, uid: randomUUID() })).toBeUndefined();
  });

  test('keeps nothing of an instance that is being deleted or is no more, as a process may bring it that was held up', async () => {
    const { store, archive } = make();
    const bot = await aBot(store);
    const creds = Buffer.from('creds');
    expect(await archive.save(bot, about(1), creds)).toBe(true);
    await store.delete('Instance', bot.name);
    expect(await archive.save(bot, about(2), creds)).toBe(false);
    await goes(store, bot.name);
    expect(await archive.save(bot, about(2), creds)).toBe(false);
    expect(await archive.list(bot.name)).toEqual([]);
    const next = await aBot(store, bot.name);
    expect(await archive.save(bot, about(3), creds)).toBe(false);
    expect(await archive.save(next, about(4), creds)).toBe(true);
    expect(await archive.list(bot.name)).toEqual([about(4)]);
  });

  test('what is kept is gone once the deletion of its instance was answered, whoever takes the record off', async () => {
    const { store, archive } = make();
    const [bot, other] = [await aBot(store), await aBot(store)];
    for (const one of [bot, other]) await archive.save(one, about(1), Buffer.from('creds'));
    await store.delete('Instance', bot.name, { dryRun: true });
    expect(await archive.list(bot.name)).toEqual([about(1)]);
    await store.delete('Instance', bot.name);
    expect(await archive.list(bot.name)).toEqual([]);
    expect(await archive.latest(bot)).toBeUndefined();
    await goes(store, bot.name);
    expect(await store.get('Instance', bot.name)).toBeUndefined();
    expect(await archive.list(other.name)).toEqual([about(1)]);
  });
});

test('what is in Redis can be read with the key alone', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  const text = `creds ${randomUUID()}`;
  await archive.save(bot, about(1), Buffer.from(text));
  const stored = await redis.lrange(`${prefix}:session:${bot.name}`, 0, -1);
  expect(stored).toHaveLength(1);
  expect(stored.join()).not.toContain(text);
  expect(stored.join()).not.toContain(Buffer.from(text).toString('base64').slice(0, 20));
  const other = new RedisSessionArchive({ redis, prefix, seal: new Seal([randomBytes(32)]) });
  await expect(other.latest(bot)).rejects.toThrow(SealError);
  const keyless = new RedisSessionArchive({ redis, prefix, seal: new Seal([]) });
  await expect(keyless.save(bot, about(1), Buffer.from(text))).rejects.toThrow(
    /ORQUESTA_ENCRYPTION_KEY/,
  );
  expect(await keyless.list(bot.name)).toEqual([about(1)]);
});

test('what an earlier program left in Redis when an instance went is not taken for the next one\u2019s', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  await archive.save(bot, about(1), Buffer.from('creds'));
  await redis.hdel(`${prefix}:objects:instances`, bot.name);
  const next = await aBot(store, bot.name);
  expect(await archive.list(next.name)).toEqual([]);
});
