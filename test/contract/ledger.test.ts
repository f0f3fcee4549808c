import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { LedgerEntry } from '../../src/resources/ledger.ts';
import { ENDED_KEPT_MS, type Ledger } from '../../src/store/ledger.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisLedger } from '../../src/store/redis-ledger.ts';
import { T0, time } from '../builders.ts';
import { MemoryLedger } from '../twins/memory-ledger.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

const subjects = {
  RedisLedger: (redis: Redis, clock: Clock): Ledger =>
    new RedisLedger({ redis, prefix: `test-${randomUUID()}`, clock }),
  MemoryLedger: (_: Redis, clock: Clock): Ledger => new MemoryLedger({ clock }),
};

const entry = (dropletId: number | undefined, over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...(dropletId === undefined ? {} : { dropletId, from: time(2) }),
  name: 'bot-1',
  uid: 'uid-1',
  record: { kind: 'Instance', name: 'bot-1', uid: 'uid-instance' },
  requestedAt: time(1),
  origin: 'created',
  ...over,
});

describe.each(Object.entries(subjects))('%s', (_, make) => {
  let redis: Redis;
  let clock: VirtualClock;
  let ledger: Ledger;
  beforeEach(() => {
    redis = connect({ url: inject('redisUrl') }, 'prompt');
    clock = new VirtualClock({ startMs: T0 });
    ledger = make(redis, clock);
  });
  afterEach(() => redis.disconnect());

  test('a droplet takes the place of its request, and keeps its time', async () => {
    await ledger.write(entry(undefined));
    expect(await ledger.running()).toEqual([entry(undefined)]);
    await ledger.write(entry(7, { requestedAt: time(2) }));
    expect(await ledger.all()).toEqual([entry(7)]);
  });

  test('a create that came to nothing leaves nothing', async () => {
    await ledger.write(entry(undefined));
    await ledger.forgetRequest('uid-1');
    await ledger.forgetRequest('uid-2');
    expect(await ledger.all()).toEqual([]);
  });

  test('what has ended runs no more, and a late word does not revive it', async () => {
    await ledger.write(entry(7));
    await ledger.write(entry(7, { to: time(60) }));
    await ledger.write(entry(7));
    expect(await ledger.running()).toEqual([]);
    expect(await ledger.all()).toEqual([entry(7, { to: time(60) })]);
  });

  test('a listing revives what lives after all, when it began well after the end', async () => {
    await ledger.write(entry(7, { to: time(60) }));
    await ledger.write(entry(7), { isSeen: true, sweptAt: T0 + 70_000 });
    expect(await ledger.running()).toEqual([]);
    await ledger.write(entry(7), { isSeen: true, sweptAt: T0 + 130_000 });
    expect(await ledger.running()).toEqual([entry(7)]);
    expect(await ledger.all()).toHaveLength(1);
  });

  test('told twice is told once, in the order of the requests', async () => {
    for (const id of [9, 8, 9]) {
      await ledger.write(entry(id, { uid: `uid-${id}`, requestedAt: time(id) }));
    }
    expect((await ledger.all()).map(({ dropletId }) => dropletId)).toEqual([8, 9]);
  });

  test('is bounded: what ended long ago is forgotten', async () => {
    await ledger.write(entry(7, { to: time(60) }));
    await ledger.write(entry(8, { uid: 'uid-8' }));
    await clock.advance(ENDED_KEPT_MS + 61_000);
    const now = new Date(clock.now()).toISOString();
    await ledger.write(entry(9, { uid: 'uid-9', to: now }));
    expect((await ledger.all()).map(({ dropletId }) => dropletId)).toEqual([8, 9]);
  });
});
