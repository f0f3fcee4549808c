import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Instance } from '../../src/resources/instance.ts';
import { type Listening, listen } from '../../src/serve.ts';
import type { ChangeListener } from '../../src/store/cache.ts';
import type { WatchCache } from '../../src/store/watch-cache.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi, failedAt, giveStatus, KEY, until } from './api-app.ts';

// Server-sent events of an instance.

const NAME = `bot-${NUMBER}`;
let api: Api;
let listeners: number;
let listening: Listening | undefined;

beforeEach(async () => {
  listeners = 0;
  api = await anApi();
  // Counts who listens to the cache: a stream that ended must not.
  const onChange = api.objects.onChange.bind(api.objects);
  api.objects.onChange = (listener: ChangeListener) => {
    listeners++;
    const stop = onChange(listener);
    let isOn = true;
    return () => {
      if (isOn) listeners--;
      isOn = false;
      stop();
    };
  };
  await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
});
afterEach(async () => {
  await listening?.close();
  listening = undefined;
  await api.close();
});

interface SentEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it expects it.
  readonly data: any;
}

class Stream {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(response: Response) {
    this.response = response;
    if (!response.body) throw new Error('no body');
    this.#reader = response.body.getReader();
  }

  /** The next event, undefined at the end of the stream. */
  async next(): Promise<SentEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        if (field('event') !== '') {
          return { event: field('event'), data: JSON.parse(field('data')) };
        }
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async nextWith(isIt: (event: SentEvent) => boolean): Promise<SentEvent> {
    for (;;) {
      const event = await this.next();
      if (event === undefined) throw new Error('The stream ended');
      if (isIt(event)) return event;
    }
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

const open = async () =>
  new Stream(
    await api.app.request(`/api/instance/events/${NUMBER}`, { headers: { 'x-api-key': KEY } }),
  );

const vanish = async () => {
  const going = await api.store.delete('Instance', NAME);
  await api.store.update('Instance', {
    ...going,
    metadata: { ...going.metadata, finalizers: [] },
  });
};

test('tells how things stand at once, each change, and the end', async () => {
  const stream = await open();
  expect(stream.response.status).toBe(200);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  expect(await stream.next()).toEqual({
    event: 'status',
    data: { status: 'creating_droplet', progress: 25, error: null, instanceInfo: null },
  });
  await giveStatus(api, {
    phase: 'waiting_for_ssh',
    progress: 50,
    dropletId: 7,
    ip: '203.0.113.7',
  });
  expect(await stream.next()).toMatchObject({
    event: 'status',
    data: { status: 'waiting_for_ssh', progress: 50, instanceInfo: { dropletId: 7 } },
  });
  await giveStatus(api, failedAt(1));
  expect(await stream.next()).toMatchObject({
    data: { status: 'failed', error: 'No hubo sesión SSH en 300 s' },
  });
  await vanish();
  expect(await stream.nextWith(({ event }) => event === 'deleted')).toEqual({
    event: 'deleted',
    data: { numberphone: NUMBER },
  });
  expect(await stream.next()).toBeUndefined();
  await until(() => listeners === 0);
});

test('a change that shows nothing new to the caller is not told', async () => {
  const stream = await open();
  await stream.next();
  await giveStatus(api, { message: 'still at it' });
  await giveStatus(api, { phase: 'completed', progress: 100 });
  expect(await stream.next()).toMatchObject({ data: { status: 'completed' } });
  await stream.leave();
});

test('never goes back: of many quick changes the last one is told last', async () => {
  const streams = await Promise.all(Array.from({ length: 10 }, open));
  for (let id = 1; id <= 50; id++) await giveStatus(api, { dropletId: id });
  for (const stream of streams) {
    let last = 0;
    while (last < 50) {
      const event = await stream.next();
      const id: number = event?.data.instanceInfo?.dropletId ?? 0;
      expect(id).toBeGreaterThanOrEqual(last);
      last = id;
    }
    await stream.leave();
  }
  await until(() => listeners === 0);
});

test('a stream opened while things change misses nothing and hears of no past', async () => {
  for (let id = 1; id <= 20; id++) {
    const [, stream] = await Promise.all([giveStatus(api, { dropletId: id }), open()]);
    const event = await stream.nextWith(({ data }) => (data.instanceInfo?.dropletId ?? 0) >= id);
    expect(event.data.instanceInfo.dropletId).toBe(id);
    await stream.leave();
  }
});

test('what the cache tells late is not told on', async () => {
  const tell = new Set<ChangeListener>();
  const late = await anApi({
    objects: {
      list: () => ({ items: [], resourceVersion: '0' }),
      onChange: (listener) => {
        tell.add(listener);
        return () => tell.delete(listener);
      },
    } as Partial<WatchCache> as WatchCache,
  });
  await late.ask('POST', '/api/instance/create', { numberphone: NUMBER });
  const young = await giveStatus(late, { dropletId: 1 });
  const older = await giveStatus(late, { dropletId: 2 });
  const newest = await giveStatus(late, { dropletId: 3 });
  const stream = new Stream(
    await late.app.request(`/api/instance/events/${NUMBER}`, { headers: { 'x-api-key': KEY } }),
  );
  const change = (type: 'modified' | 'deleted', object: Instance) => {
    for (const listener of tell) listener({ type, kind: 'Instance', object }, undefined, false);
  };
  expect(await stream.next()).toMatchObject({ data: { instanceInfo: { dropletId: 3 } } });
  for (const past of [newest, older]) change('modified', past);
  change('deleted', young);
  // Asking Redis gives the stream the time to tell what it should not.
  const next = await giveStatus(late, { dropletId: 4 });
  change('modified', next);
  expect(await stream.next()).toMatchObject({ data: { instanceInfo: { dropletId: 4 } } });
  await stream.leave();
  await late.close();
});

test('listens no longer once the client has gone', async () => {
  const stream = await open();
  await stream.next();
  expect(listeners).toBe(1);
  await stream.leave();
  await until(() => listeners === 0);
});

test('listens no longer once the client’s connection is cut', async () => {
  listening = await listen(api.app, { host: '127.0.0.1', port: 0 });
  const leave = new AbortController();
  const response = await fetch(`${listening.url}/api/instance/events/${NUMBER}`, {
    headers: { 'x-api-key': KEY },
    signal: leave.signal,
  });
  const stream = new Stream(response);
  expect(await stream.next()).toMatchObject({ event: 'status' });
  expect(listeners).toBe(1);
  leave.abort();
  await until(() => listeners === 0);
});

test('closing the server ends open streams soon', async () => {
  listening = await listen(api.app, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`${listening.url}/api/instance/events/${NUMBER}`, {
    headers: { 'x-api-key': KEY },
  });
  const stream = new Stream(response);
  await stream.next();
  await listening.close();
  listening = undefined;
  await expect(stream.next()).rejects.toThrow();
  await until(() => listeners === 0);
});

test('HEAD opens no stream', async () => {
  const answer = await api.ask('HEAD', `/api/instance/events/${NUMBER}`);
  expect([answer.status, answer.text]).toEqual([200, '']);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(listeners).toBe(0);
});

test('nobody is left listening for a number that does not exist', async () => {
  expect((await api.ask('GET', '/api/instance/events/573339999999')).status).toBe(404);
  expect(listeners).toBe(0);
});
