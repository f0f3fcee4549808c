import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { systemClock } from '../../src/clock.ts';
import type { InstanceStatus } from '../../src/resources/instance.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import type { Kind, ObjectOf } from '../../src/resources/kinds.ts';
import { StoreCache } from '../../src/store/cache.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisCloudView } from '../../src/store/redis-cloud-view.ts';
import { RedisJournal } from '../../src/store/redis-journal.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { MemoryBot, type MemoryBotState } from '../twins/memory-bot.ts';

export const KEY = 'a-test-key';
const LIMIT_MS = 15_000;

/** The whole API over a real Redis, under a prefix of its own; the bots alone are in memory. Ends with the test. */
export async function startApi(over: Partial<ApiDeps> = {}) {
  const redis = connect({ url: inject('redisUrl') }, 'prompt');
  const prefix = `test-api-${randomUUID()}`;
  const clock = systemClock;
  const store = new RedisStore({ redis, prefix, clock, newUid: randomUUID });
  const objects = new StoreCache({ store, clock });
  const journal = new RedisJournal({ redis, prefix, clock });
  const cloudView = new RedisCloudView({ redis, prefix, newId: () => 'cluster-1' });
  const bots = new Map<string, MemoryBotState>();
  await store.create('InstanceClass', { name: 'default', spec: instanceClassSpec.parse({}) });
  await objects.start();
  const app: Hono = createApp({
    store,
    objects,
    journal,
    cloudView,
    bot: new MemoryBot(bots),
    clock,
    log: pino({ level: 'silent' }),
    apiKeys: [KEY],
    newRequestId: randomUUID,
    version: '1.2.3',
    ...over,
  });
  onTestFinished(async () => {
    await objects.close();
    store.close();
    redis.disconnect();
  });

  const request = async (method: string, path: string, init: RequestInit = {}) =>
    app.request(path, { method, ...init, headers: { 'x-api-key': KEY, ...init.headers } });
  /** Everything that is stored, to see that nothing was written. */
  const everything = async () => {
    const kinds: Kind[] = ['Instance', 'InstanceClass', 'Droplet'];
    const lists = await Promise.all(kinds.map((kind) => store.list(kind)));
    return JSON.stringify(lists);
  };
  return {
    app,
    redis,
    store,
    journal,
    cloudView,
    bots,
    everything,
    request,
    get: (path: string) => request('GET', path),
    post: (path: string, body: unknown) =>
      request('POST', path, {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** Writes an instance's status as its controller would. */
    async setStatus(name: string, status: Partial<InstanceStatus>): Promise<ObjectOf['Instance']> {
      const instance = await store.get('Instance', name);
      if (!instance) throw new Error(`there is no ${name}`);
      return store.updateStatus('Instance', {
        ...instance,
        status: {
          observedGeneration: instance.metadata.generation,
          phase: 'creating_droplet',
          progress: 25,
          message: '',
          conditions: [],
          restarts: 0,
          ...instance.status,
          ...status,
        },
      });
    },
    /** The failure that a controller would write now. */
    async fail(name: string, message: string, over: Partial<InstanceStatus> = {}) {
      const { metadata } = (await store.get('Instance', name)) ?? {};
      const generation = metadata?.generation ?? 0;
      const at = '2026-01-01T00:00:00Z';
      return this.setStatus(name, {
        ...over,
        phase: 'failed',
        failure: { reason: 'Broken', message, phase: 'initializing', generation, at },
      });
    },
  };
}
export type Api = Awaited<ReturnType<typeof startApi>>;

/** Waits for a fact, with a limit. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await systemClock.sleep(20);
  }
  throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
}
