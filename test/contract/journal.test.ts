import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import type { Journal, ObjectRef } from '../../src/store/journal.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisJournal } from '../../src/store/redis-journal.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { Store } from '../../src/store/store.ts';
import { MemoryJournal } from '../twins/memory-journal.ts';
import { MemoryStore } from '../twins/memory-store.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MIB = 1024 * 1024;

/** A journal, and the store of the instances that it is about. */
interface Subject {
  readonly journal: Journal;
  readonly store: Store;
}

const subjects = {
  RedisJournal: (clock: Clock, redis: Redis): Subject => {
    const place = { redis, prefix: `test-${randomUUID()}`, clock };
    return {
      journal: new RedisJournal(place),
      store: new RedisStore({ ...place, newUid: randomUUID }),
    };
  },
  MemoryJournal: (clock: Clock): Subject => {
    const store = new MemoryStore({ clock, newUid: randomUUID });
    return { journal: new MemoryJournal({ clock, store }), store };
  },
};

describe.each(Object.entries(subjects))('%s', (_, make) => {
  const bot: ObjectRef = { kind: 'Instance', name: 'bot-573332221111', uid: randomUUID() };
  let redis: Redis;
  let clock: VirtualClock;
  let journal: Journal;
  let store: Store;
  beforeEach(() => {
    redis = connect({ url: inject('redisUrl') }, 'prompt');
    clock = new VirtualClock({ startMs: Date.UTC(2026, 5, 1, 12) });
    ({ journal, store } = make(clock, redis));
  });
  afterEach(() => redis.disconnect());

  const reasons = async () =>
    (await journal.events(bot.kind, bot.name)).map(({ reason }) => reason);

  describe('events', () => {
    test('of an object without any are none', async () => {
      expect(await journal.events('Instance', 'bot-1')).toEqual([]);
    });

    test('are kept with type, reason, message and times, oldest first', async () => {
      await journal.event(bot, 'Normal', 'Created', 'Droplet 7 was created: "ñandú" / ok.');
      await clock.advance(5_000);
      await journal.event(bot, 'Warning', 'SSHFailed', 'Connection refused.');
      expect(await journal.events(bot.kind, bot.name)).toEqual([
        {
          type: 'Normal',
          reason: 'Created',
          message: 'Droplet 7 was created: "ñandú" / ok.',
          count: 1,
          firstTimestamp: '2026-06-01T12:00:00Z',
          lastTimestamp: '2026-06-01T12:00:00Z',
        },
        {
          type: 'Warning',
          reason: 'SSHFailed',
          message: 'Connection refused.',
          count: 1,
          firstTimestamp: '2026-06-01T12:00:05Z',
          lastTimestamp: '2026-06-01T12:00:05Z',
        },
      ]);
    });

    test('a repeat raises the count, keeps the first time and moves to the end', async () => {
      await journal.event(bot, 'Warning', 'SSHFailed', 'Connection refused.');
      await journal.event(bot, 'Normal', 'Created', 'Created.');
      await clock.advance(60_000);
      await journal.event(bot, 'Warning', 'SSHFailed', 'Connection refused.');
      expect(await reasons()).toEqual(['Created', 'SSHFailed']);
      expect((await journal.events(bot.kind, bot.name))[1]).toMatchObject({
        count: 2,
        firstTimestamp: '2026-06-01T12:00:00Z',
        lastTimestamp: '2026-06-01T12:01:00Z',
      });
    });

    test('another message, type or uid is another event', async () => {
      await journal.event(bot, 'Normal', 'Step', 'One.');
      await journal.event(bot, 'Normal', 'Step', 'Two.');
      await journal.event(bot, 'Warning', 'Step', 'One.');
      await journal.event({ ...bot, uid: randomUUID() }, 'Normal', 'Step', 'One.');
      const events = await journal.events(bot.kind, bot.name);
      expect(events.map(({ count }) => count)).toEqual([1, 1, 1, 1]);
    });

    test('of other objects stay apart', async () => {
      await journal.event(bot, 'Normal', 'Mine', 'x');
      await journal.event({ ...bot, kind: 'Droplet' }, 'Normal', 'DropletOfThatName', 'x');
      await journal.event({ ...bot, name: 'bot-1111111' }, 'Normal', 'Other', 'x');
      expect(await reasons()).toEqual(['Mine']);
    });

    test('of all objects are listed by the names of these, page by page', async () => {
      const names = ['bot-3333333', 'bot-1111111', 'bot-2222222'];
      for (const name of names) {
        const about: ObjectRef = { kind: 'Instance', name, uid: randomUUID() };
        for (const reason of ['First', 'Second']) await journal.event(about, 'Normal', reason, 'x');
      }
      const all = await journal.listEvents({ limit: 0 });
      expect(all.next).toBeUndefined();
      expect(all.events.map(({ about, reason }) => `${about.name} ${reason}`)).toEqual(
        names.sort().flatMap((name) => [`${name} First`, `${name} Second`]),
      );
      const first = await journal.listEvents({ limit: 3 });
      const rest = await journal.listEvents({ limit: 3, from: first.next });
      expect([...first.events, ...rest.events]).toEqual(all.events);
      expect(rest.next).toBeUndefined();
      const about = { kind: 'Instance' as const, name: 'bot-2222222' };
      const own = await journal.listEvents({ limit: 0, about });
      expect(own.events).toEqual(all.events.slice(2, 4));
    });

    test('are told to who watches, repetitions too, from any point', async () => {
      await journal.event(bot, 'Normal', 'Before', 'x');
      const { resourceVersion } = await journal.listEvents({ limit: 0 });
      const abort = new AbortController();
      const watched = journal.watchEvents(resourceVersion, abort.signal)[Symbol.asyncIterator]();
      const next = watched.next();
      await journal.event(bot, 'Normal', 'After', 'x');
      await journal.event(bot, 'Normal', 'After', 'x');
      const seen = [(await next).value, (await watched.next()).value];
      expect(seen.map(({ reason, count, about }) => [reason, count, about.uid])).toEqual([
        ['After', 1, bot.uid],
        ['After', 2, bot.uid],
      ]);
      expect(Number(seen[1].resourceVersion)).toBeGreaterThan(Number(seen[0].resourceVersion));
      abort.abort();
      expect((await watched.next()).done).toBe(true);
    });

    test('are 100 at most: the oldest go', async () => {
      for (let i = 0; i < 105; i++) await journal.event(bot, 'Normal', `Event${i}`, 'x');
      const kept = await reasons();
      expect(kept).toHaveLength(100);
      expect([kept.at(0), kept.at(-1)]).toEqual(['Event5', 'Event104']);
    });

    test('are forgotten after 7 days, each by itself', async () => {
      await journal.event(bot, 'Normal', 'Old', 'x');
      await clock.advance(4 * DAY_MS);
      await journal.event(bot, 'Normal', 'Newer', 'x');
      await clock.advance(4 * DAY_MS);
      expect(await reasons()).toEqual(['Newer']);
      await journal.event(bot, 'Normal', 'Old', 'x');
      const events = await journal.events(bot.kind, bot.name);
      expect(events.map(({ reason, count }) => [reason, count])).toEqual([
        ['Newer', 1],
        ['Old', 1],
      ]);
    });

    test('a message is cut at 1 KiB', async () => {
      await journal.event(bot, 'Normal', 'Long', 'x'.repeat(5_000));
      const [event] = await journal.events(bot.kind, bot.name);
      expect(event?.message).toHaveLength(1_024);
    });

    test('none is lost when several come at once', async () => {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => journal.event(bot, 'Normal', `Event${i % 5}`, 'x')),
      );
      const events = await journal.events(bot.kind, bot.name);
      expect(events.map(({ count }) => count)).toEqual([10, 10, 10, 10, 10]);
    });
  });

  describe('timeline', () => {
    const note = (phase: string, reason: string, resourceVersion = '1') => ({
      phase,
      step: null,
      reason,
      message: `About ${reason}: "ñandú".`,
      until: clock.now() + 1_000,
      resourceVersion,
    });

    test('is undefined before there is one', async () => {
      expect(await journal.timeline(bot.name)).toBeUndefined();
    });

    test('grows by what changes, and a journey is kept at its end', async () => {
      await journal.note(bot.name, bot.uid, note('creating_droplet', 'Sweep'));
      await clock.advance(5_000);
      await journal.note(bot.name, bot.uid, note('creating_droplet', 'Sweep'));
      await journal.note(bot.name, bot.uid, note('completed', 'BotHealthy', '2'));
      await journal.note(bot.name, bot.uid, note('initializing', 'AwaitBot', '1'));
      const { uid, entries } = (await journal.timeline(bot.name)) ?? {};
      expect(uid).toBe(bot.uid);
      expect(entries?.map(({ reason, endedAt }) => [reason, endedAt])).toEqual([
        ['Sweep', '2026-06-01T12:00:05.000Z'],
        ['BotHealthy', null],
      ]);
      expect(await journal.journeys()).toEqual([
        {
          kind: 'create',
          endedAt: '2026-06-01T12:00:05.000Z',
          totalMs: 5_000,
          visits: [{ phase: 'creating_droplet', afterMs: 0, lastedMs: 5_000 }],
        },
      ]);
    });

    test('of two that note at once neither undoes the other', async () => {
      await Promise.all([
        journal.note(bot.name, bot.uid, note('creating_droplet', 'Sweep', '1')),
        journal.note(bot.name, bot.uid, note('creating_droplet', 'CreateDroplet', '2')),
      ]);
      const reasons = (await journal.timeline(bot.name))?.entries.map(({ reason }) => reason);
      expect(reasons?.at(-1)).toBe('CreateDroplet');
    });

    test('journeys are 500 at most, newest first', async () => {
      for (let i = 0; i < 505; i++) {
        await journal.note('bot-1', `uid-${i}`, note('creating_droplet', 'Sweep'));
        await clock.advance(1_000);
        await journal.note('bot-1', `uid-${i}`, note('completed', 'BotHealthy'));
      }
      const journeys = await journal.journeys();
      expect(journeys).toHaveLength(500);
      expect(Date.parse(journeys[0]?.endedAt ?? '')).toBe(clock.now());
    });
  });

  describe('log', () => {
    const { name } = bot;

    test('is undefined before there is one', async () => {
      expect(await journal.readLog(name)).toBeUndefined();
      expect(await journal.logOffset(name, 'run-1')).toBe(0);
    });

    test('grows by what is appended, and the offset counts bytes', async () => {
      await journal.appendLog(name, 'run-1', 0, 'año\n');
      expect(await journal.logOffset(name, 'run-1')).toBe(5);
      await journal.appendLog(name, 'run-1', 5, 'two\n');
      expect(await journal.readLog(name)).toEqual({ run: 'run-1', text: 'año\ntwo\n' });
      expect(await journal.logOffset(name, 'run-1')).toBe(9);
    });

    test('keeps nothing twice, wherever a follower begins again', async () => {
      await journal.appendLog(name, 'run-1', 0, 'one\ntwo\n');
      await journal.appendLog(name, 'run-1', 0, 'one\ntwo\n');
      await journal.appendLog(name, 'run-1', 4, 'two\nthree\n');
      await journal.appendLog(name, 'run-1', 0, 'one\n');
      expect(await journal.readLog(name)).toEqual({ run: 'run-1', text: 'one\ntwo\nthree\n' });
      expect(await journal.logOffset(name, 'run-1')).toBe(14);
    });

    test('two followers at once keep nothing twice', async () => {
      const whole = Array.from({ length: 50 }, (_, i) => `line ${i}\n`);
      const follow = async () => {
        let offset = 0;
        for (const line of whole) {
          await journal.appendLog(name, 'run-1', offset, line);
          offset += line.length;
        }
      };
      await Promise.all([follow(), follow()]);
      expect(await journal.readLog(name)).toEqual({ run: 'run-1', text: whole.join('') });
    });

    test('a new run takes the place of the one before, which cannot come back', async () => {
      await journal.appendLog(name, 'run-1', 0, 'first\n');
      await journal.appendLog(name, 'run-2', 0, 'second\n');
      await journal.appendLog(name, 'run-1', 6, 'late\n');
      expect(await journal.readLog(name)).toEqual({ run: 'run-2', text: 'second\n' });
      expect(await journal.logOffset(name, 'run-1')).toBe(0);
      expect(await journal.logOffset(name, 'run-2')).toBe(7);
    });

    test('keeps the newest MiB, from the beginning of a line, and goes on counting', async () => {
      const line = `${'x'.repeat(1_023)}\n`;
      const piece = line.repeat(64);
      let offset = 0;
      for (let i = 0; i < 20; i++) {
        await journal.appendLog(name, 'run-1', offset, piece);
        offset += piece.length;
      }
      await journal.appendLog(name, 'run-1', offset, 'the end\n');
      const { text = '' } = (await journal.readLog(name)) ?? {};
      expect(text.length).toBeLessThanOrEqual(MIB);
      expect(text.length).toBeGreaterThan(MIB - 2 * line.length);
      expect(text.startsWith(line)).toBe(true);
      expect(text.endsWith('the end\n')).toBe(true);
      expect(await journal.logOffset(name, 'run-1')).toBe(offset + 8);
    });

    test('is read from a place on, by who follows it', async () => {
      expect(await journal.readLogFrom(name, 0)).toBeUndefined();
      await journal.appendLog(name, 'run-1', 0, 'año\ntwo\n');
      const whole = { run: 'run-1', from: 0, text: 'año\ntwo\n', to: 9 };
      expect(await journal.readLogFrom(name, 0)).toEqual(whole);
      expect(await journal.readLogFrom(name, 5)).toEqual({ ...whole, from: 5, text: 'two\n' });
      const end = { run: 'run-1', from: 9, text: '', to: 9 };
      expect(await journal.readLogFrom(name, 9)).toEqual(end);
      expect(await journal.readLogFrom(name, 99)).toEqual(end);
    });

    test('what a slow follower has missed is gone, and told by the offset', async () => {
      const line = `${'x'.repeat(1_023)}\n`;
      for (let kib = 0; kib < 1_200; kib += 100) {
        await journal.appendLog(name, 'run-1', kib * 1024, line.repeat(100));
      }
      const piece = await journal.readLogFrom(name, 10);
      expect(piece?.to).toBe(1_200 * 1024);
      expect(piece?.from).toBeGreaterThanOrEqual(176 * 1024);
      expect(piece?.text.startsWith(line)).toBe(true);
      expect(piece && piece.from + piece.text.length).toBe(piece?.to);
    });
  });

  test('log and timeline of an instance stay until its record goes, and go with it, whoever takes it off', async () => {
    const { name } = bot;
    const spec = instanceSpec.parse({ numberphone: name.replace('bot-', '') });
    const { metadata } = await store.create('Instance', { name, spec });
    const note = { phase: 'deleting', step: null, reason: 'Sweep', message: 'Gone?', until: 1 };
    await journal.note(name, metadata.uid, { ...note, resourceVersion: '1' });
    await journal.appendLog(name, 'run-1', 0, 'one\n');
    await journal.event({ ...bot, uid: metadata.uid }, 'Normal', 'Deleted', 'Gone.');
    const left = async () => {
      const { text } = (await journal.readLog(name)) ?? {};
      const entries = (await journal.timeline(name))?.entries.length;
      return { text, offset: await journal.logOffset(name, 'run-1'), entries };
    };
    const last = await store.delete('Instance', name);
    expect(await left()).toEqual({ text: 'one\n', offset: 4, entries: 1 });
    await store.update('Instance', { ...last, metadata: { ...last.metadata, finalizers: [] } });
    expect(await store.get('Instance', name)).toBeUndefined();
    expect(await left()).toEqual({ text: undefined, offset: 0, entries: undefined });
    expect(await reasons()).toEqual(['Deleted']);
  });
});

test('an event is never a fault of the work: without Redis it is lost and told to the log', async () => {
  const redis = connect({ host: '127.0.0.1', port: 1 }, 'prompt');
  const told: string[] = [];
  const log = { info: () => {}, warn: (_: object, message: string) => void told.push(message) };
  const journal = new RedisJournal({ redis, prefix: 'test', clock: new VirtualClock(), log });
  await journal.event({ kind: 'Instance', name: 'bot-1', uid: 'u' }, 'Normal', 'Created', 'x');
  const note = { phase: 'completed', step: null, reason: 'X', message: 'x', until: undefined };
  await journal.note('bot-1', 'u', { ...note, resourceVersion: '1' });
  expect(told).toEqual(['event was not kept', 'note was not kept']);
  await expect(journal.events('Instance', 'bot-1')).rejects.toMatchObject({ kind: 'unavailable' });
  redis.disconnect();
});
