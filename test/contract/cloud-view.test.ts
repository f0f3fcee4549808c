import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type CloudDroplet, uidTag } from '../../src/resources/cloud-droplet.ts';
import type { CloudView } from '../../src/store/cloud-view.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisCloudView } from '../../src/store/redis-cloud-view.ts';
import { MemoryCloudView } from '../twins/memory-cloud-view.ts';

const subjects = {
  RedisCloudView: (redis: Redis): CloudView =>
    new RedisCloudView({ redis, prefix: `test-${randomUUID()}`, newId: randomUUID }),
  MemoryCloudView: (): CloudView => new MemoryCloudView({ newId: randomUUID }),
};

const aDroplet = (id: number, over: Partial<CloudDroplet> = {}): CloudDroplet => ({
  id,
  name: `bot-${id}`,
  state: 'active',
  ip: '192.0.2.1',
  tags: ['orquesta'],
  createdAt: '2026-01-01T00:00:00Z',
  region: 'sfo3',
  size: 's-1vcpu-512mb-10gb',
  ...over,
});
const sweepAt = (startedAt: number) => ({ startedAt, finishedAt: startedAt + 500 });
const refused = { ok: false, message: 'DigitalOcean refuses the token.', since: 5 };
const ids = (droplets: readonly CloudDroplet[]) => droplets.map(({ id }) => id);

describe.each(Object.entries(subjects))('%s', (_, make) => {
  let redis: Redis;
  let view: CloudView;
  beforeEach(() => {
    redis = connect({ url: inject('redisUrl') }, 'prompt');
    view = make(redis);
  });
  afterEach(() => redis.disconnect());

  test('knows nothing before the first sweep', async () => {
    expect(await view.lastSweep()).toBeUndefined();
    expect(await view.all()).toEqual([]);
    expect(await view.find({ id: 1, name: 'bot-1', uid: 'u' })).toEqual({
      sweep: undefined,
      droplets: [],
    });
  });

  test('a sweep replaces the snapshot', async () => {
    await view.record(sweepAt(1_000), [aDroplet(1), aDroplet(2)]);
    await view.record(sweepAt(2_000), [aDroplet(3), aDroplet(2)]);
    expect(await view.all()).toEqual([aDroplet(2), aDroplet(3)]);
    expect(await view.lastSweep()).toEqual(sweepAt(2_000));
  });

  test('the first sweep tells every droplet as changed, an equal one nothing', async () => {
    const droplets = [aDroplet(2), aDroplet(1)];
    expect(await view.record(sweepAt(1), droplets)).toEqual({
      changed: [aDroplet(1), aDroplet(2)],
      missing: [],
    });
    expect(await view.record(sweepAt(2), droplets)).toEqual({ changed: [], missing: [] });
  });

  test.each([
    ['name', { name: 'renamed' }],
    ['state', { state: 'off' as const }],
    ['address', { ip: '192.0.2.9' }],
    ['lost address', { ip: undefined }],
    ['tags', { tags: ['orquesta', 'more'] }],
  ] satisfies [string, Partial<CloudDroplet>][])('a change of the %s is told', async (_, over) => {
    await view.record(sweepAt(1), [aDroplet(1), aDroplet(2)]);
    const diff = await view.record(sweepAt(2), [aDroplet(1, over), aDroplet(2)]);
    expect(diff).toEqual({ changed: [aDroplet(1, over)], missing: [] });
    expect((await view.find({ id: 1 })).droplets).toEqual([aDroplet(1, over)]);
  });

  test('another order of the tags, or another size, is kept and not told', async () => {
    await view.record(sweepAt(1), [aDroplet(1, { tags: ['a', 'b'] })]);
    const resized = aDroplet(1, { tags: ['b', 'a'], size: 'bigger' });
    expect(await view.record(sweepAt(2), [resized])).toEqual({ changed: [], missing: [] });
    expect(await view.all()).toEqual([resized]);
  });

  test('what is no longer seen is told as missing, as it last was', async () => {
    await view.record(sweepAt(1), [aDroplet(1), aDroplet(2, { state: 'off' })]);
    expect(await view.record(sweepAt(2), [aDroplet(1)])).toEqual({
      changed: [],
      missing: [aDroplet(2, { state: 'off' })],
    });
    expect((await view.find({ name: 'bot-2' })).droplets).toEqual([]);
  });

  test('a sweep that began before the recorded one changes nothing', async () => {
    await view.record(sweepAt(2_000), [aDroplet(1)]);
    const slow = { startedAt: 1_000, finishedAt: 2_500 };
    expect(await view.record(slow, [aDroplet(9)])).toEqual({ changed: [], missing: [] });
    expect(ids(await view.all())).toEqual([1]);
    expect(await view.lastSweep()).toEqual(sweepAt(2_000));
  });

  test('a sweep that a fast clock put into the future does not keep the next one out', async () => {
    await view.record(sweepAt(600_000), [aDroplet(1)]);
    await view.record(sweepAt(1_000), [aDroplet(9)]);
    expect(ids(await view.all())).toEqual([9]);
    expect(await view.lastSweep()).toEqual(sweepAt(1_000));
  });

  test('a droplet that a listing shows twice is one, as it was shown last', async () => {
    const { changed } = await view.record(sweepAt(1), [aDroplet(1), aDroplet(1, { state: 'off' })]);
    expect(changed).toEqual([aDroplet(1, { state: 'off' })]);
    expect(await view.all()).toEqual([aDroplet(1, { state: 'off' })]);
  });

  describe('find', () => {
    beforeEach(async () => {
      await view.record(sweepAt(7), [
        aDroplet(1, { name: 'bot-1', tags: [uidTag('uid-a'), 'orquesta'] }),
        aDroplet(2, { name: 'BOT-1', tags: [] }),
        aDroplet(3, { name: 'bot-10', tags: [uidTag('uid-ab'), 'orquesta'] }),
        aDroplet(4, { name: 'other', tags: ['orquesta', '573332221111'] }),
      ]);
    });
    const found = async (what: Parameters<CloudView['find']>[0]) =>
      ids((await view.find(what)).droplets);

    test('by name: exactly this one, in any case', async () => {
      expect(await found({ name: 'Bot-1' })).toEqual([1, 2]);
    });
    test('by id', async () => {
      expect(await found({ id: 3 })).toEqual([3]);
      expect(await found({ id: 99 })).toEqual([]);
    });
    test('by uid: exactly this one', async () => {
      expect(await found({ uid: 'uid-a' })).toEqual([1]);
    });
    test('by tag', async () => {
      expect(await found({ tag: 'orquesta' })).toEqual([1, 3, 4]);
      expect(await found({ tag: '573332221111' })).toEqual([4]);
    });
    test('by any of several, each droplet once', async () => {
      expect(await found({ id: 4, name: 'bot-1', uid: 'uid-a' })).toEqual([1, 2, 4]);
    });
    test('by nothing finds nothing', async () => {
      expect(await found({})).toEqual([]);
    });
    test('answers the sweep that saw them', async () => {
      expect((await view.find({ id: 1 })).sweep).toEqual(sweepAt(7));
    });
    test('follows a change of name and tags', async () => {
      await view.record(sweepAt(8), [aDroplet(1, { name: 'new-name', tags: ['new-tag'] })]);
      expect(await found({ name: 'bot-1', uid: 'uid-a', tag: 'orquesta' })).toEqual([]);
      expect(await found({ name: 'new-name' })).toEqual([1]);
      expect(await found({ tag: 'new-tag' })).toEqual([1]);
    });
  });

  test('10,000 droplets are recorded, compared and found', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) =>
      aDroplet(i + 1, { tags: ['orquesta', uidTag(`uid-${i + 1}`)] }),
    );
    expect((await view.record(sweepAt(1), all)).changed).toHaveLength(10_000);
    const next = all.map((droplet) =>
      droplet.id === 77 ? { ...droplet, ip: '192.0.2.7' } : droplet,
    );
    expect(ids((await view.record(sweepAt(2), next)).changed)).toEqual([77]);
    expect(ids((await view.find({ uid: 'uid-9999' })).droplets)).toEqual([9_999]);
    expect((await view.find({ tag: 'orquesta' })).droplets).toHaveLength(10_000);
    expect((await view.record(sweepAt(3), [])).missing).toHaveLength(10_000);
    expect((await view.find({ tag: 'orquesta' })).droplets).toEqual([]);
  });

  test('keeps whether the cloud takes our token', async () => {
    expect(await view.access()).toBeUndefined();
    expect(await view.setAccess(refused, undefined)).toBe(true);
    expect(await view.access()).toEqual(refused);
  });

  test('of several who learn about the token at once, one is first', async () => {
    const restored = { ok: true, message: '', since: 9 };
    await view.setAccess(refused, undefined);
    expect(await view.setAccess(restored, undefined)).toBe(false);
    const known = await view.access();
    const asked = await Promise.all(
      Array.from({ length: 10 }, (_, i) => view.setAccess({ ...refused, lookAt: i }, known)),
    );
    expect(asked.filter((isFirst) => isFirst)).toHaveLength(1);
    expect(await view.setAccess(restored, await view.access())).toBe(true);
    expect(await view.access()).toEqual(restored);
  });

  test('keeps that the account is full until there is room, by whoever is first to say so', async () => {
    const full = { message: 'The account is full.', lookAt: 60 };
    expect(await view.full()).toBeUndefined();
    expect(await view.setFull(full, undefined)).toBe(true);
    expect(await view.setFull(full, undefined)).toBe(false);
    expect(await view.setFull({ ...full, lookAt: 120 }, full)).toBe(true);
    expect(await view.full()).toEqual({ ...full, lookAt: 120 });
    expect(await view.setFull(undefined, full)).toBe(false);
    expect(await view.setFull(undefined, { ...full, lookAt: 120 })).toBe(true);
    expect(await view.full()).toBeUndefined();
  });

  test('keeps suspected orphans', async () => {
    expect(await view.suspects()).toBeUndefined();
    await view.setSuspects({ seenAt: 5, ids: [1, 2] });
    await view.setSuspects({ seenAt: 6, ids: [2] });
    expect(await view.suspects()).toEqual({ seenAt: 6, ids: [2] });
  });

  test('a droplet that is proven gone leaves the snapshot, and no late listing brings it back', async () => {
    await view.record(sweepAt(1_000), [aDroplet(1), aDroplet(2)]);
    await view.forget(1, 1_500);
    expect(ids(await view.all())).toEqual([2]);
    expect((await view.find({ id: 1, name: 'bot-1' })).droplets).toEqual([]);
    expect(await view.record(sweepAt(2_000), [aDroplet(1), aDroplet(2)])).toEqual({
      changed: [],
      missing: [],
    });
    expect(ids(await view.all())).toEqual([2]);
    await view.forget(1, 2_500);
    await view.forget(77, 2_500);
    expect(ids(await view.all())).toEqual([2]);
  });

  test('makes one cluster id, however many ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => view.clusterId()));
    expect(new Set(asked).size).toBe(1);
    expect(asked[0]).toMatch(/^[A-Za-z0-9_:-]+$/);
    expect(await view.clusterId()).toBe(asked[0]);
  });

  test('prices are shared, and a size that is no longer offered keeps its own', async () => {
    expect(await view.prices()).toBeUndefined();
    const [small, large] = [
      { usdPerHour: 0.00595, usdPerMonth: 4 },
      { usdPerHour: 0.01786, usdPerMonth: 12 },
    ];
    await view.setPrices({ small, large }, 1_000);
    await view.setPrices({ large: { ...large, usdPerMonth: 13 } }, 2_000);
    expect(await view.prices()).toEqual({
      prices: { small, large: { ...large, usdPerMonth: 13 } },
      askedAt: 2_000,
    });
  });
});
