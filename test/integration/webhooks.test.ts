import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { deliver, GIVE_UP_MS, testWebhooks } from '../../src/controller/webhooks/deliver.ts';
import { WebhookService } from '../../src/controller/webhooks/service.ts';
import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { RedisWebhooks } from '../../src/store/redis-webhooks.ts';
import { endpointsOf, HttpWebhookSender } from '../../src/webhook/http-sender.ts';
import { anInstance, NUMBER } from '../builders.ts';
import { eventually } from '../eventually.ts';
import { seededRandom, VirtualClock } from '../twins/virtual-clock.ts';
import { until } from './api-app.ts';

const SECRET = 'a-secret-for-webhooks';
const NAME = `bot-${NUMBER}`;
const ORIGIN = 'http://127.0.0.1';

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly id: string;
}

let redis: Redis;
let prefix: string;
let store: RedisStore;
let webhooks: RedisWebhooks;
let receiver: Server;
let calls: Call[];
/** What the receiver answers, by the count of its calls. */
let answers: (call: number) => number;
let services: WebhookService[];
/** Deliveries that were dropped, as the services told. */
let dropped: number;

beforeEach(async () => {
  redis = connect({ url: inject('redisUrl') }, 'prompt');
  prefix = `test-${randomUUID()}`;
  store = new RedisStore({ redis, prefix, clock: systemClock, newUid: randomUUID });
  webhooks = new RedisWebhooks({ redis, prefix, clock: systemClock });
  calls = [];
  services = [];
  dropped = 0;
  answers = () => 204;
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += String(piece);
    });
    request.on('end', () => {
      calls.push({
        headers: request.headers,
        text,
        id: String(request.headers['x-orquesta-delivery']),
      });
      response.writeHead(answers(calls.length), { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const service of services) await service.close(1_000);
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  store.close();
  redis.disconnect();
});

const endpoints = () =>
  endpointsOf(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in?token=t`);
const sender = (timeoutMs?: number) =>
  new HttpWebhookSender({ secret: SECRET, clock: systemClock, timeoutMs });
const silent = { debug: () => {}, warn: () => {}, error: () => {} };

async function run(): Promise<WebhookService> {
  const queue = new BullmqQueue({
    redis,
    prefix: `${prefix}:webhooks`,
    clock: systemClock,
    random: Math.random,
    log: silent,
  });
  const service = new WebhookService({
    store,
    webhooks,
    queue,
    sender: sender(),
    endpoints: endpoints(),
    clock: systemClock,
    random: () => 0.5,
    log: silent as never,
    onDropped: (count) => {
      dropped += count;
    },
  });
  services.push(service);
  await service.start();
  return service;
}

const create = () =>
  store.create('Instance', { name: NAME, spec: instanceSpec.parse({ numberphone: NUMBER }) });
async function reach(phase: 'creating_droplet' | 'waiting_for_ssh' | 'initializing' | 'completed') {
  const stored = await store.get('Instance', NAME);
  if (!stored) throw new Error('not there');
  const { status } = anInstance({ status: { phase } });
  return store.updateStatus('Instance', { ...stored, status: status as never });
}
/** Webhooks that have never been on begin with what comes after. */
const begun = () => until(async () => (await webhooks.state()) !== undefined);

test('tells every phase once, in order, signed, however many controllers run', async () => {
  await Promise.all([run(), run(), run()]);
  await begun();
  const created = await create();
  for (const phase of ['waiting_for_ssh', 'initializing', 'completed'] as const) await reach(phase);
  await until(() => calls.length >= 4);
  const told = calls.map(
    ({ text }) => JSON.parse(text) as { data: { phase: string; previousPhase: string } },
  );
  expect(told.map(({ data }) => [data.previousPhase, data.phase])).toEqual([
    [null, 'creating_droplet'],
    ['creating_droplet', 'waiting_for_ssh'],
    ['waiting_for_ssh', 'initializing'],
    ['initializing', 'completed'],
  ]);
  expect(calls[0]?.id).toBe(`${created.metadata.resourceVersion}-instance.phase`);
  for (const { headers, text } of calls) {
    const [, seconds, digest] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-orquesta-signature'])) ?? [];
    expect(createHmac('sha256', SECRET).update(`${seconds}.${text}`).digest('hex')).toBe(digest);
  }
  // What was received is recorded a moment later.
  await eventually('all are recorded', async () => (await webhooks.records()).length === 4);
  expect(await webhooks.records()).toMatchObject(
    Array.from({ length: 4 }, () => ({ result: 'delivered', status: 204, attempt: 1 })),
  );
  // Where to is shown without what may be private.
  expect(JSON.stringify(await webhooks.records())).not.toContain('token');
});

test('what happened while all were down is told when one is back, the end included', async () => {
  const first = await run();
  await begun();
  await create();
  await until(() => calls.length === 1);
  await first.close(1_000);
  services = [];
  await reach('completed');
  const going = await store.delete('Instance', NAME);
  await run();
  await until(() => calls.length >= 3);
  const told = calls.map(({ text }) => JSON.parse(text) as { data: { phase: string } });
  expect(told.map(({ data }) => data.phase)).toEqual(['creating_droplet', 'completed', 'deleting']);
  expect(going.metadata.deletionTimestamp).toBeDefined();
});

test('what the stream of changes no longer holds is told from what there is now', async () => {
  const OTHER = 'bot-573332229999';
  const first = await run();
  await begun();
  await create();
  await store.create('Instance', {
    name: OTHER,
    spec: instanceSpec.parse({ numberphone: '573332229999' }),
  });
  await until(() => calls.length === 2);
  await first.close(1_000);
  services = [];
  await reach('initializing');
  const done = await reach('completed');
  const going = await store.delete('Instance', OTHER);
  await store.update('Instance', { ...going, metadata: { ...going.metadata, finalizers: [] } });
  await redis.xtrim(`${prefix}:changes`, 'MAXLEN', 0);

  await run();
  await until(() => calls.length >= 4);
  const told = calls.slice(2).map(({ id, text }) => {
    const { type, data } = JSON.parse(text) as { type: string; data: Record<string, unknown> };
    return { id, type, name: data['name'], from: data['previousPhase'], to: data['phase'] };
  });
  expect(told).toHaveLength(2);
  expect(told).toEqual(
    expect.arrayContaining([
      {
        id: `${done.metadata.resourceVersion}-instance.phase`,
        type: 'instance.phase',
        name: NAME,
        from: 'creating_droplet',
        to: 'completed',
      },
      {
        id: expect.stringMatching(/^\d+-instance\.deleted$/),
        type: 'instance.deleted',
        name: OTHER,
        from: 'creating_droplet',
        to: 'deleting',
      },
    ]),
  );
  // From there on it follows the stream again.
  await reach('waiting_for_ssh');
  await until(() => calls.length === 5);
});

test('when too many wait, the oldest are dropped, and that is told', async () => {
  answers = () => 503;
  await run();
  await begun();
  await create();
  const MOST = 200;
  for (let change = 0; change < MOST + 2; change++) {
    await reach(change % 2 === 0 ? 'initializing' : 'completed');
  }
  await until(() => dropped === 3);
  const lost = (await webhooks.records()).filter(({ result }) => result === 'dropped');
  expect(lost).toHaveLength(3);
  const oldest = lost.at(-1);
  expect(oldest).toMatchObject({
    type: 'instance.phase',
    instance: NAME,
    url: expect.stringMatching(/^http:\/\/127.0.0.1:\d+$/),
    status: null,
    problem: expect.stringContaining('More than 200'),
    at: expect.any(String),
  });
  // It was tried, and again where so many changes took longer than the first pause.
  expect(oldest?.attempt).toBeGreaterThanOrEqual(1);
  expect(oldest?.attempt).toBeLessThanOrEqual(calls.length);
});

describe('a receiver that does not take it', () => {
  const key = () => `${endpoints()[0]?.id}/${NAME}`;
  const queue = async (...ids: readonly string[]) => {
    await webhooks.begin('0', new Map());
    for (const [index, id] of ids.entries()) {
      const delivery = {
        id,
        type: 'instance.phase',
        name: NAME,
        body: '{}',
        createdAt: clock.now(),
        attempts: 0,
        notBefore: 0,
      };
      const deliveries = [{ key: key(), delivery, origin: ORIGIN }];
      const seen = { uid: 'u', phase: 'p', isLinked: null, revision: String(index + 1) };
      await webhooks.record(String(index + 1), [{ name: NAME, seen, deliveries }]);
    }
  };
  let clock: VirtualClock;
  beforeEach(() => {
    clock = new VirtualClock();
  });
  const pass = (timeoutMs?: number) =>
    deliver(
      key(),
      {
        webhooks,
        sender: sender(timeoutMs),
        endpoints: endpoints(),
        clock,
        random: seededRandom(1),
      },
      new AbortController().signal,
    );

  test('is tried again later and later, and what comes after waits', async () => {
    answers = (call) => (call <= 2 ? 500 : 204);
    await queue('first', 'second');
    const first = await pass();
    expect(first).toBeGreaterThan(3_000);
    expect(await pass()).toBe(first);
    await clock.advance(first);
    const second = await pass();
    expect(second).toBeGreaterThan(first);
    await clock.advance(second);
    expect(await pass()).toBe(0);
    expect(calls.map(({ id }) => id)).toEqual(['first', 'first', 'first', 'second']);
    expect(calls.map(({ headers }) => headers['x-orquesta-attempt'])).toEqual(['1', '2', '3', '1']);
    expect(await webhooks.waiting()).toEqual([]);
  });

  test('is given up after a day, and what comes after goes on', async () => {
    answers = (call) => (call <= 2 ? 503 : 200);
    await queue('first');
    await pass();
    await clock.advance(GIVE_UP_MS);
    await queue2('second');
    expect(await pass()).toBe(0);
    const records = await webhooks.records();
    expect(records.map(({ id, result }) => [id, result])).toEqual([
      ['second', 'delivered'],
      ['first', 'given-up'],
      ['first', 'retrying'],
    ]);
  });
  const queue2 = async (id: string) => {
    const delivery = {
      id,
      type: 'instance.phase',
      name: NAME,
      body: '{}',
      createdAt: clock.now(),
      attempts: 0,
      notBefore: 0,
    };
    const seen = { uid: 'u', phase: 'q', isLinked: null, revision: '9' };
    await webhooks.record('9', [
      { name: NAME, seen, deliveries: [{ key: key(), delivery, origin: ORIGIN }] },
    ]);
  };

  test('by a redirect, is not followed', async () => {
    answers = () => 302;
    await queue('first');
    await pass();
    expect(calls).toHaveLength(1);
    expect(await webhooks.records()).toMatchObject([
      {
        result: 'retrying',
        status: 302,
        problem: expect.stringContaining('redirects are not followed'),
      },
    ]);
  });

  test('by silence, is given its time and no more', async () => {
    receiver.removeAllListeners('request');
    await queue('first');
    await pass(200);
    expect(await webhooks.records()).toMatchObject([
      { result: 'retrying', status: null, problem: 'It did not answer within 0.2 s.' },
    ]);
  });
});

test('a change is recorded once, whoever comes first, and a stale comparison not at all', async () => {
  await webhooks.begin('5', new Map());
  const transition = { name: NAME, seen: undefined, deliveries: [] };
  const both = await Promise.all([
    webhooks.record('6', [transition]),
    webhooks.record('6', [transition]),
  ]);
  expect(both.filter((one) => one !== undefined)).toEqual([[]]);
  expect(await webhooks.record('9', [transition], '5')).toBeUndefined();
  expect(await webhooks.record('9', [transition], '6')).toEqual([]);
});

test('a test calls every endpoint at once', async () => {
  answers = () => 401;
  const answer = await testWebhooks(
    { sender: sender(), endpoints: endpoints(), clock: systemClock },
    new AbortController().signal,
  );
  expect(answer.ok && JSON.parse(answer.text)).toMatchObject([
    { url: expect.stringMatching(/^http:\/\/127.0.0.1:\d+$/), isTaken: false, status: 401 },
  ]);
  expect(calls[0]?.headers['x-orquesta-event']).toBe('webhook.test');
});
