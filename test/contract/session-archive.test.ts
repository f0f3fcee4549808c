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
import { MemorySessionArchive } from '../twins/memory-session-archive.ts';

const KEY = randomBytes(32);
const prefix = `test-${randomUUID()}`;
const subjects = {
  RedisSessionArchive: ({ redis }: Place): SessionArchive =>
    new RedisSessionArchive({ redis, prefix, seal: new Seal([KEY]) }),
  MemorySessionArchive: ({ uids }: Place): SessionArchive =>
    new MemorySessionArchive({ isThere: ({ name, uid }) => uids.get(name) === uid }),
};

interface Place {
  readonly redis: Redis;
  /** Of the instances that there are, by name. */
  readonly uids: Map<string, string>;
}

const about = (n: number): SavedSession => ({
  savedAt: `2026-01-01T00:00:0${n}.000Z`,
  dropletId: 1000 + n,
  sizeBytes: n,
  fingerprint: String(n),
});

let place: Place;
let store: RedisStore;
beforeEach(() => {
  const redis = connect({ url: inject('redisUrl') }, 'prompt');
  place = { redis, uids: new Map() };
  store = new RedisStore({ redis, prefix, clock: systemClock, newUid: randomUUID });
});
afterEach(() => {
  store.close();
  place.redis.disconnect();
});

/** An instance that is in the store. */
async function aBot(name = `bot-${Math.trunc(Math.random() * 1e12)}`) {
  const spec = instanceSpec.parse({ numberphone: name.replace('bot-', '').padEnd(7, '0') });
  const { metadata } = await store.create('Instance', { name, spec });
  place.uids.set(name, metadata.uid);
  return metadata;
}
async function goes(name: string) {
  await store.delete('Instance', name);
  const last = await store.get('Instance', name);
  if (last) {
    await store.update('Instance', { ...last, metadata: { ...last.metadata, finalizers: [] } });
  }
  place.uids.delete(name);
}

describe.each(Object.entries(subjects))('%s', (_, make) => {
  test('keeps the last three, and gives back the newest as it was', async () => {
    const archive = make(place);
    const bot = await aBot();
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
    const archive = make(place);
    const bot = await aBot();
    await archive.save(bot, about(1), Buffer.from('old'));
    expect(await archive.latest({ ...bot, uid: randomUUID() })).toBeUndefined();
  });

  test('keeps nothing of an instance that is no more, as a process may bring it that was held up', async () => {
    const archive = make(place);
    const bot = await aBot();
    expect(await archive.save(bot, about(1), Buffer.from('creds'))).toBe(true);
    await goes(bot.name);
    await archive.forget(bot.name);
    expect(await archive.save(bot, about(2), Buffer.from('creds'))).toBe(false);
    expect(await archive.list(bot.name)).toEqual([]);
    const next = await aBot(bot.name);
    expect(await archive.save(bot, about(3), Buffer.from('creds'))).toBe(false);
    expect(await archive.save(next, about(4), Buffer.from('creds'))).toBe(true);
    expect(await archive.list(bot.name)).toEqual([about(4)]);
  });
});

test('what is in Redis can be read with the key alone', async () => {
  const bot = await aBot();
  const text = `creds ${randomUUID()}`;
  await subjects.RedisSessionArchive(place).save(bot, about(1), Buffer.from(text));
  const { redis } = place;
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
