import { randomBytes, randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { inject } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { type Clock, systemClock, systemRandom } from '../../src/clock.ts';
import type { CloudDroplet } from '../../src/resources/cloud-droplet.ts';
import type { Droplet } from '../../src/resources/droplet.ts';
import type { Instance } from '../../src/resources/instance.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import { type Kind, kinds } from '../../src/resources/kinds.ts';
import { StoreCache } from '../../src/store/cache.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisAuditTrail } from '../../src/store/redis-audit-trail.ts';
import { RedisCloudView } from '../../src/store/redis-cloud-view.ts';
import { RedisControllerReports } from '../../src/store/redis-controller-reports.ts';
import { RedisErrands } from '../../src/store/redis-errands.ts';
import { RedisJournal } from '../../src/store/redis-journal.ts';
import { RedisLedger } from '../../src/store/redis-ledger.ts';
import { RedisSessionArchive } from '../../src/store/redis-session-archive.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { RedisWebhooks } from '../../src/store/redis-webhooks.ts';
import { Seal } from '../../src/store/seal.ts';
import { WatchCache } from '../../src/store/watch-cache.ts';
import { aDroplet, anInstance, NUMBER } from '../builders.ts';
import { MemoryBot, type MemoryBotState } from '../twins/memory-bot.ts';
import { OpenApiCheck } from './openapi-check.ts';

export const KEY = 'a-key-for-tests';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it expects it.
  readonly json: any;
}

export interface Api {
  readonly app: Hono;
  readonly redis: Redis;
  readonly prefix: string;
  readonly store: RedisStore;
  readonly journal: RedisJournal;
  readonly sessions: RedisSessionArchive;
  readonly errands: RedisErrands;
  readonly cloudView: RedisCloudView;
  readonly reports: RedisControllerReports;
  readonly ledger: RedisLedger;
  readonly objects: StoreCache;
  readonly bots: Map<string, MemoryBotState>;
  /** Lines of the log at level error and above. */
  readonly errors: readonly string[];
  /** With the key, and a body as JSON unless it is a text or bytes. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Everything that is declared, with the store's revision: the same before and after when nothing was written. */
  everything(): Promise<unknown>;
  close(): Promise<void>;
}

/** The real app on a real Redis, with a prefix of its own and the class "default". */
export async function anApi(
  over: Partial<ApiDeps> & { readonly redisUrl?: string; readonly clock?: Clock } = {},
): Promise<Api> {
  const { redisUrl = inject('redisUrl'), ...deps } = over;
  const redis = connect({ url: redisUrl }, 'prompt');
  const prefix = `test-${randomUUID()}`;
  const store = new RedisStore({ redis, prefix, clock: systemClock, newUid: randomUUID });
  const journal = new RedisJournal({ redis, prefix, clock: systemClock });
  const seal = new Seal([randomBytes(32)]);
  const sessions = new RedisSessionArchive({ redis, prefix, seal });
  const cloudView = new RedisCloudView({ redis, prefix, newId: () => randomUUID().slice(0, 8) });
  const reports = new RedisControllerReports({ redis, prefix });
  const ledger = new RedisLedger({ redis, prefix, clock: systemClock });
  const objects = new StoreCache({ store, clock: systemClock });
  const errands = new RedisErrands({
    redis,
    prefix,
    clock: deps.clock ?? systemClock,
    newId: randomUUID,
  });
  const bots = new Map<string, MemoryBotState>();
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => errors.push(line) });
  await store.create('InstanceClass', { name: 'default', spec: instanceClassSpec.parse({}) });
  await objects.start();
  const app = createApp({
    store,
    objects: new WatchCache({ store, cache: objects }),
    journal,
    errands,
    webhooks: new RedisWebhooks({ redis, prefix, clock: systemClock }),
    cloudView,
    reports,
    ledger,
    bot: new MemoryBot(bots),
    clock: systemClock,
    random: systemRandom,
    log,
    sessions,
    audit: new RedisAuditTrail({ redis, prefix }),
    apiKeys: parseApiKeys(KEY),
    requestsPerSecond: 1_000_000,
    streamsPerKey: 1_000,
    corsOrigins: [],
    newRequestId: randomUUID,
    version: '1.2.3',
    metrics: { contentType: 'text/plain', text: async () => '' },
    startedAt: Date.now(),
    serves: { requests: true, work: false },
    ...deps,
  });
  const check = new OpenApiCheck(app);
  check.attach(app);
  return {
    app,
    redis,
    prefix,
    store,
    journal,
    sessions,
    errands,
    cloudView,
    reports,
    ledger,
    objects,
    bots,
    errors,
    ask: async (method, path, body, headers) => {
      const response = await app.request(path, request(method, body, headers));
      const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
      if (response.ok && isJson) check.taken(method, path, body);
      return answerOf(response);
    },
    everything: async () => {
      const lists = (Object.keys(kinds) as Kind[]).map((kind) => store.list(kind));
      return Promise.all(lists);
    },
    close: async () => {
      await objects.close();
      store.close();
      redis.disconnect();
      // Every request of every test was compared with the description.
      check.assert();
    },
  };
}

function request(
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> | undefined,
): RequestInit {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const all = new Headers(headers);
  if (!all.has('x-api-key')) all.set('x-api-key', KEY);
  if (body !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
  const init: RequestInit = { method, headers: all };
  return body === undefined ? init : { ...init, body: isRaw ? body : JSON.stringify(body) };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** Writes an instance's status, as a controller does. */
export async function giveStatus(
  { store }: Api,
  status: Partial<Instance['status']>,
  number = NUMBER,
): Promise<Instance> {
  const stored = await store.get('Instance', `bot-${number}`);
  if (!stored) throw new Error(`no instance for ${number}`);
  const whole = anInstance({ status: { ...status } }).status;
  return store.updateStatus('Instance', { ...stored, status: { ...whole, ...status } as never });
}

/** The status of an instance whose present generation has failed. */
export const failedAt = (generation: number): Partial<Instance['status']> => ({
  observedGeneration: generation,
  phase: 'failed',
  progress: 50,
  message: 'No SSH session within 300 s',
  failure: {
    reason: 'SSHDeadlineExceeded',
    message: 'No SSH session within 300 s',
    phase: 'waiting_for_ssh',
    generation,
    at: '2026-01-01T00:05:00.000Z',
  },
});

export async function giveDropletStatus(
  { store }: Api,
  name: string,
  status: Partial<Droplet['status']>,
): Promise<Droplet> {
  const stored = await store.get('Droplet', name);
  if (!stored) throw new Error(`no droplet ${name}`);
  const whole = aDroplet({ status: { ...status } }).status;
  return store.updateStatus('Droplet', { ...stored, status: { ...whole, ...status } as never });
}

/** Lets the account's last listing show these droplets. */
export async function showInAccount(
  { cloudView }: Api,
  droplets: readonly CloudDroplet[],
): Promise<void> {
  const now = Date.now();
  await cloudView.record({ startedAt: now - 10, finishedAt: now }, droplets);
}

/** Waits for a fact, 10 s at most. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await systemClock.sleep(10);
  }
  throw new Error('It did not come true within 10 s');
}
