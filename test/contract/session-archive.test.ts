import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import {
  type Instance,
  type InstanceStatus,
  instanceSpec,
  type SessionStatus,
} from '../../src/resources/instance.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisSessionArchive } from '../../src/store/redis-session-archive.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { Seal, SealError } from '../../src/store/seal.ts';
import type {
  SavedSession,
  SessionArchive,
  SessionOwner,
} from '../../src/store/session-archive.ts';
import type { Store } from '../../src/store/store.ts';
import { MemorySessionArchive } from '../twins/memory-session-archive.ts';
import { MemoryStore } from '../twins/memory-store.ts';

const KEY = randomBytes(32);
const prefix = `test-${randomUUID()}`;
const NOW = '2026-01-02T00:00:00.000Z';
const CREDS = Buffer.from('creds');
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

/** Saves one after a look at what is known, as a controller does. */
const keep = async (archive: SessionArchive, bot: SessionOwner, n: number, bytes = CREDS) =>
  archive.save(bot, about(n), bytes, await archive.known(bot));

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
    for (const n of [1, 2, 3]) await keep(archive, bot, n, Buffer.from([n]));
    await keep(archive, bot, 4, bytes);
    expect(await archive.list(bot.name)).toEqual([about(4), about(3), about(2)]);
    const latest = await archive.latest(bot);
    expect(latest?.about).toEqual(about(4));
    expect(latest?.archive.equals(bytes)).toBe(true);
    expect(await archive.forget(bot.name, NOW)).toBe(3);
    expect(await archive.latest(bot)).toBeUndefined();
    expect(await archive.forget(bot.name, NOW)).toBe(0);
  });

  test('gives nothing of an earlier instance of the same name', async () => {
    const { store, archive } = make();
    const bot = await aBot(store);
    await keep(archive, bot, 1);
    expect(await archive.latest({ ...bot, uid: randomUUID() })).toBeUndefined();
  });

  test('keeps nothing of an instance that is being deleted or is no more, as a process may bring it that was held up', async () => {
    const { store, archive } = make();
    const bot = await aBot(store);
    expect(await keep(archive, bot, 1)).toBe(true);
    await store.delete('Instance', bot.name);
    expect(await keep(archive, bot, 2)).toBe(false);
    await goes(store, bot.name);
    expect(await keep(archive, bot, 2)).toBe(false);
    expect(await archive.list(bot.name)).toEqual([]);
    const next = await aBot(store, bot.name);
    expect(await keep(archive, bot, 3)).toBe(false);
    expect(await keep(archive, next, 4)).toBe(true);
    expect(await archive.list(bot.name)).toEqual([about(4)]);
  });

  test('what is kept is gone once the deletion of its instance was answered, whoever takes the record off', async () => {
    const { store, archive } = make();
    const [bot, other] = [await aBot(store), await aBot(store)];
    for (const one of [bot, other]) await keep(archive, one, 1);
    await store.delete('Instance', bot.name, { dryRun: true });
    expect(await archive.list(bot.name)).toEqual([about(1)]);
    await store.delete('Instance', bot.name);
    expect(await archive.list(bot.name)).toEqual([]);
    expect(await archive.latest(bot)).toBeUndefined();
    await goes(store, bot.name);
    expect(await store.get('Instance', bot.name)).toBeUndefined();
    expect(await archive.list(other.name)).toEqual([about(1)]);
  });

  test('whatever text the instance holds: half of a surrogate pair is no JSON to everybody', async () => {
    const { store, archive } = make();
    const name = `bot-${Math.trunc(Math.random() * 1e12)}`;
    const env = { HALF: 'x\ud800y\udc00', WHOLE: '\ud83d\ude00', NONE: '\\ud800 \\\\udc00' };
    const spec = instanceSpec.parse({ numberphone: '573332221111', env });
    const bot = (await store.create('Instance', { name, spec })).metadata;
    expect(await keep(archive, bot, 1)).toBe(true);
    expect(await archive.forget(name, NOW)).toBe(1);
    expect(await archive.known(bot)).toMatchObject({ is: 'forgotten' });
  });

  describe('what is known of it', () => {
    const forgotten = (n: number, at = NOW) => {
      const { dropletId, fingerprint } = about(n);
      return { is: 'forgotten', at, dropletId, fingerprint };
    };

    test('is the newest that is kept of this very instance', async () => {
      const { store, archive } = make();
      const bot = await aBot(store);
      expect(await archive.known(bot)).toBeUndefined();
      for (const n of [1, 2]) await keep(archive, bot, n);
      const { keyId } = archive;
      expect(await archive.known(bot)).toEqual({ is: 'kept', about: about(2), keyId });
      expect(await archive.known({ ...bot, uid: randomUUID() })).toBeUndefined();
    });

    test('is that it was forgotten, until another is saved; nobody is shown that, or given it', async () => {
      const { store, archive } = make();
      const bot = await aBot(store);
      for (const n of [1, 2]) await keep(archive, bot, n);
      expect(await archive.forget(bot.name, NOW)).toBe(2);
      expect(await archive.known(bot)).toEqual(forgotten(2));
      expect(await archive.forget(bot.name, '2026-01-03T00:00:00.000Z')).toBe(0);
      expect(await archive.known(bot)).toEqual(forgotten(2));
      expect(await archive.known({ ...bot, uid: randomUUID() })).toBeUndefined();
      expect(await archive.list(bot.name)).toEqual([]);
      expect(await archive.latest(bot)).toBeUndefined();
      const known = await archive.known(bot);
      expect(await archive.save(bot, about(3), CREDS, known)).toBe(true);
      expect(await archive.known(bot)).toMatchObject({ is: 'kept', about: about(3) });
      expect(await archive.forget(bot.name, '2026-01-03T00:00:00.000Z')).toBe(1);
      expect(await archive.known(bot)).toEqual(forgotten(3, '2026-01-03T00:00:00.000Z'));
    });

    test('and what was read before it was forgotten, or a newer one saved, is kept no more, as a process may bring it that was held up', async () => {
      const { store, archive } = make();
      const bot = await aBot(store);
      await keep(archive, bot, 1);
      const before = await archive.known(bot);
      await archive.forget(bot.name, NOW);
      const known = await archive.known(bot);
      for (const old of [undefined, before]) {
        expect(await archive.save(bot, about(2), CREDS, old)).toBe(false);
      }
      expect(await archive.known(bot)).toEqual(forgotten(1));
      expect(await archive.save(bot, about(3), CREDS, known)).toBe(true);
      await archive.forget(bot.name, '2026-01-03T00:00:00.000Z');
      expect(await archive.save(bot, about(4), CREDS, known)).toBe(false);
      expect(await archive.list(bot.name)).toEqual([]);
      const last = await archive.known(bot);
      expect(await archive.save(bot, about(5), CREDS, last)).toBe(true);
      expect(await archive.save(bot, about(4), CREDS, last)).toBe(false);
      expect(await archive.list(bot.name)).toEqual([about(5)]);
    });

    test('is that what its status tells of was forgotten, where only Redis had lost it', async () => {
      const { store, archive } = make();
      const bot = await aBot(store);
      expect(await archive.forget(bot.name, NOW)).toBe(0);
      expect(await archive.known(bot)).toBeUndefined();
      const tells = async (session: SessionStatus) => {
        const instance = await store.get('Instance', bot.name);
        const status = { ...instance?.status, session } as InstanceStatus;
        await store.updateStatus('Instance', { ...(instance as Instance), status });
      };
      await tells({ lookedAt: NOW, problem: 'There is nothing' });
      expect(await archive.forget(bot.name, NOW)).toBe(0);
      expect(await archive.known(bot)).toBeUndefined();
      await tells({ lookedAt: NOW, ...about(4) });
      expect(await archive.known(bot)).toBeUndefined();
      expect(await archive.forget(bot.name, NOW)).toBe(0);
      expect(await archive.known(bot)).toEqual(forgotten(4));
    });

    test('is nothing once its instance is being deleted, also for who forgets it then', async () => {
      const { store, archive } = make();
      const bot = await aBot(store);
      await keep(archive, bot, 1);
      await archive.forget(bot.name, NOW);
      const instance = await store.get('Instance', bot.name);
      const status = { ...instance?.status, session: { lookedAt: NOW, ...about(1) } };
      await store.updateStatus('Instance', { ...instance, status } as Instance);
      await store.delete('Instance', bot.name);
      expect(await archive.known(bot)).toBeUndefined();
      expect(await archive.forget(bot.name, NOW)).toBe(0);
      expect(await archive.known(bot)).toBeUndefined();
      await goes(store, bot.name);
      expect(await archive.forget(bot.name, NOW)).toBe(0);
      expect(await archive.known(bot)).toBeUndefined();
    });
  });
});

test('what is in Redis can be read with the key alone', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  const text = `creds ${randomUUID()}`;
  await keep(archive, bot, 1, Buffer.from(text));
  const stored = await redis.lrange(`${prefix}:session:${bot.name}`, 0, -1);
  expect(stored).toHaveLength(1);
  expect(stored.join()).not.toContain(text);
  expect(stored.join()).not.toContain(Buffer.from(text).toString('base64').slice(0, 20));
  const other = new RedisSessionArchive({ redis, prefix, seal: new Seal([randomBytes(32)]) });
  await expect(other.latest(bot)).rejects.toThrow(SealError);
  const keyless = new RedisSessionArchive({ redis, prefix, seal: new Seal([]) });
  await expect(keep(keyless, bot, 1)).rejects.toThrow(/ORQUESTA_ENCRYPTION_KEY/);
  expect(await keyless.list(bot.name)).toEqual([about(1)]);
});

test('what an earlier program left in Redis when an instance went is not taken for the next one\u2019s', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  await keep(archive, bot, 1);
  await redis.hdel(`${prefix}:objects:instances`, bot.name);
  const next = await aBot(store, bot.name);
  expect(await archive.list(next.name)).toEqual([]);
});

test('to be asked each time the bot is looked at, what is known says little; a bot that is gone leaves no key', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  for (const n of [1, 2, 3]) await keep(archive, bot, n, randomBytes(1_000_000));
  const before = redis.stream.bytesRead;
  expect(await archive.known(bot)).toMatchObject({ is: 'kept', about: about(3) });
  expect(await archive.list(bot.name)).toEqual([about(3), about(2), about(1)]);
  expect(redis.stream.bytesRead - before).toBeLessThan(2_000);
  await archive.forget(bot.name, NOW);
  expect(await redis.keys(`${prefix}:*${bot.name}*`)).not.toEqual([]);
  await store.delete('Instance', bot.name);
  expect(await redis.keys(`${prefix}:*${bot.name}*`)).toEqual([]);
});

test('what Redis has lost is not taken for kept or forgotten', async () => {
  const { store, archive } = subjects.RedisSessionArchive();
  const bot = await aBot(store);
  await keep(archive, bot, 1);
  await redis.del(`${prefix}:session:${bot.name}`);
  expect(await archive.known(bot)).toBeUndefined();
});
