import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { connect } from '../../src/store/redis.ts';
import { RedisSessionArchive } from '../../src/store/redis-session-archive.ts';
import { Seal, SealError } from '../../src/store/seal.ts';
import type { SavedSession, SessionArchive } from '../../src/store/session-archive.ts';
import { MemorySessionArchive } from '../twins/memory-session-archive.ts';

const KEY = randomBytes(32);
const prefix = `test-${randomUUID()}`;
const subjects = {
  RedisSessionArchive: (redis: Redis): SessionArchive =>
    new RedisSessionArchive({ redis, prefix, seal: new Seal([KEY]) }),
  MemorySessionArchive: (): SessionArchive => new MemorySessionArchive(),
};

const about = (n: number): SavedSession => ({
  savedAt: `2026-01-01T00:00:0${n}.000Z`,
  dropletId: 1000 + n,
  sizeBytes: n,
  fingerprint: String(n),
});

let redis: Redis;
beforeEach(() => {
  redis = connect({ url: inject('redisUrl') }, 'prompt');
});
afterEach(() => redis.disconnect());

describe.each(Object.entries(subjects))('%s', (_, make) => {
  test('keeps the last three, and gives back the newest as it was', async () => {
    const archive = make(redis);
    const bot = { name: `bot-${randomUUID()}`, uid: randomUUID() };
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
    const archive = make(redis);
    const bot = { name: `bot-${randomUUID()}`, uid: randomUUID() };
    await archive.save(bot, about(1), Buffer.from('old'));
    expect(await archive.latest({ ...bot, uid: randomUUID() })).toBeUndefined();
  });
});

test('what is in Redis can be read with the key alone', async () => {
  const bot = { name: `bot-${randomUUID()}`, uid: randomUUID() };
  const text = `creds ${randomUUID()}`;
  await subjects.RedisSessionArchive(redis).save(bot, about(1), Buffer.from(text));
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
