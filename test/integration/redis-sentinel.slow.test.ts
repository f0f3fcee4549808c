import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { storeKeys } from '../../src/store/keys.ts';
import { connect, type Patience } from '../../src/store/redis.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { OwnRedis } from './own-redis.ts';
import { RedisGroup } from './redis-group.ts';

// What only a real failover can show. Sentinels call a master down after 1 s here.

/** Of all limits of the longest test, and a little. */
vi.setConfig({ testTimeout: 180_000 });

const PREFIX = 'orquesta';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function until(what: string, limitMs: number, holds: () => unknown): Promise<void> {
  const end = systemClock.now() + limitMs;
  while (!(await holds())) {
    if (systemClock.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await systemClock.sleep(10);
  }
}

async function beginGroup(): Promise<RedisGroup> {
  const group = await RedisGroup.begin();
  ends.push(() => group.end());
  return group;
}

function open({ url }: { readonly url: string }, patience: Patience = 'prompt'): Redis {
  const redis = connect({ url }, patience);
  ends.push(() => redis.disconnect());
  return redis;
}

function openStore(redis: Redis, replicas?: number): RedisStore {
  const newUid = randomUUID;
  const store = new RedisStore({ redis, prefix: PREFIX, clock: systemClock, newUid, replicas });
  ends.push(() => store.close());
  return store;
}

/** The revisions that a watch gives, for as long as the test lasts. Told that writes it has seen were lost, it begins anew. */
function watched(store: RedisStore): readonly number[] {
  const seen: number[] = [];
  const abort = new AbortController();
  const watching = (async () => {
    while (!abort.signal.aborted) {
      try {
        for await (const { object } of store.watch('0', abort.signal)) {
          seen.push(Number(object.metadata.resourceVersion));
        }
      } catch (error) {
        expect(error).toMatchObject({ kind: 'gone' });
        seen.length = 0;
      }
    }
  })();
  ends.push(async () => {
    abort.abort();
    await watching;
  });
  return seen;
}

async function startQueue(redis: Redis) {
  const queue = new BullmqQueue({
    redis,
    prefix: PREFIX,
    clock: systemClock,
    random: () => 0,
    log: { debug: () => {}, warn: () => {}, error: () => {} },
    resyncMs: 3_600_000,
  });
  ends.push(() => queue.close(0));
  const runs = new Set<string>();
  await queue.start(
    async (key) => {
      runs.add(key);
      return 0;
    },
    async () => [],
  );
  return { queue, runs };
}

const anInstance = (number: string) => ({
  name: `bot-${number}`,
  spec: instanceSpec.parse({ numberphone: number }),
});

interface Acknowledged {
  readonly name: string;
  readonly revision: number;
}

/** Creates one instance after the other until it is stopped. */
function startWriting(store: RedisStore) {
  const acknowledged: Acknowledged[] = [];
  let isStopped = false;
  const writing = (async () => {
    for (let number = 1_000_000; !isStopped; number++) {
      try {
        const { metadata } = await store.create('Instance', anInstance(String(number)));
        acknowledged.push({ name: metadata.name, revision: Number(metadata.resourceVersion) });
      } catch (error) {
        expect(error).toMatchObject({ kind: 'unavailable' });
        await systemClock.sleep(10);
      }
    }
  })();
  const stop = async () => {
    isStopped = true;
    await writing;
  };
  ends.push(stop);
  return { acknowledged, stop };
}

async function namesIn(store: RedisStore): Promise<ReadonlySet<string>> {
  return new Set((await store.list('Instance')).items.map(({ metadata }) => metadata.name));
}

const revisionAt = async (group: RedisGroup, port: number): Promise<number> =>
  Number(await group.ask(port, 'GET', storeKeys(PREFIX).revision));
/** Sentinels close every connection to a server whose role they change (`CLIENT KILL TYPE normal`): whoever asks just then hears nothing. */
const replication = (group: RedisGroup, port: number): Promise<string> =>
  group.ask(port, 'INFO', 'replication').catch(() => '');
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

test('a killed master is followed to the next: writes, watches and the queue go on, and nothing that had reached the replica is lost', async () => {
  const group = await beginGroup();
  const redis = open(group);
  const store = openStore(redis);
  const seen = watched(openStore(open(group)));
  const { queue, runs } = await startQueue(redis);
  await queue.trigger('before');
  await until('a pass before', 25_000, () => runs.has('before'));

  const { acknowledged, stop } = startWriting(store);
  await until('writes before', 30_000, () => acknowledged.length >= 100);
  const replicated = await revisionAt(group, group.first.replica);
  group.signal(group.first.master, 'SIGKILL');
  const before = acknowledged.length;
  const triggering = queue.trigger('after');
  await until('writes after', 15_000, () => acknowledged.length >= before + 50);
  await until('a pass after', 25_000, () => runs.has('after'));
  await triggering;
  await stop();

  const stored = await namesIn(store);
  const reached = acknowledged.filter(({ revision }) => revision <= replicated);
  expect(reached.length).toBeGreaterThan(0);
  expect(reached.filter(({ name }) => !stored.has(name))).toEqual([]);
  const last = await revisionAt(group, group.first.replica);
  await until('the watch catches up', 15_000, () => seen.at(-1) === last);
  expect(seen).toEqual(upTo(last));
});

test('a master that falls silent, with its connections open, holds up nobody for long, and serves nobody when it wakes', async () => {
  const group = await beginGroup();
  const redis = open(group);
  const store = openStore(redis);
  const seen = watched(openStore(open(group)));
  const { queue, runs } = await startQueue(redis);
  const { acknowledged, stop } = startWriting(store);
  await until('writes before', 30_000, () => acknowledged.length >= 20);
  await stop();
  const { master, replica } = group.first;
  await until(
    'the replica has all',
    5_000,
    async () => (await revisionAt(group, replica)) === (await revisionAt(group, master)),
  );

  group.signal(master, 'SIGSTOP');
  ends.push(() => group.signal(master, 'SIGCONT'));
  const triggering = queue.trigger('after');
  const number = String(2_000_000);
  await until('a write after', 15_000, () =>
    store.create('Instance', anInstance(number)).then(
      () => true,
      () => false,
    ),
  );
  await until('a pass after', 25_000, () => runs.has('after'));
  await triggering;
  const last = await revisionAt(group, replica);
  await until('the watch goes on', 25_000, () => seen.at(-1) === last);
  expect(seen).toEqual(upTo(last));

  group.signal(master, 'SIGCONT');
  await until('the former master follows', 30_000, async () =>
    (await replication(group, master)).includes('master_link_status:up'),
  );
  expect((await store.get('Instance', `bot-${number}`))?.spec.numberphone).toBe(number);
  expect(await redis.info('server')).toContain(`tcp_port:${replica}`);
});

test('with replicas waited for, no acknowledged write is lost, and none is acknowledged while there is no replica', async () => {
  const group = await beginGroup();
  const store = openStore(open(group), 1);
  const { acknowledged, stop } = startWriting(store);
  await until('writes before', 30_000, () => acknowledged.length >= 100);
  group.signal(group.first.master, 'SIGKILL');
  await until('the replica is master', 15_000, async () =>
    (await replication(group, group.first.replica)).includes('role:master'),
  );
  const alone = acknowledged.length;
  let said = '';
  await until('a refusal by the new master', 15_000, async () => {
    const number = String(2_000_000 + said.length);
    said = await store.create('Instance', anInstance(number)).then(String, String);
    return said.includes('0 of 1 replicas had it');
  });
  expect(acknowledged.length).toBe(alone);

  group.startNode(group.first.master);
  await until('writes with a replica again', 40_000, () => acknowledged.length >= alone + 20);
  await stop();
  const stored = await namesIn(store);
  expect(acknowledged.filter(({ name }) => !stored.has(name))).toEqual([]);
});

describe('a server that is made a replica under open connections', () => {
  async function beginServer(): Promise<OwnRedis> {
    const server = await OwnRedis.begin();
    ends.push(() => server.end());
    await open(server, 'patient').ping();
    return server;
  }

  test('refuses a prompt write, which then succeeds on a new connection', async () => {
    const server = await beginServer();
    const [redis, admin] = [open(server), open(server)];
    const store = openStore(redis);
    const connection = await redis.client('ID');
    await admin.replicaof('127.0.0.1', 1);
    await expect(store.create('Instance', anInstance('1000000'))).rejects.toMatchObject({
      kind: 'unavailable',
      cause: expect.objectContaining({ message: expect.stringContaining('READONLY') }),
    });
    await admin.replicaof('NO', 'ONE');
    await until('a write', 5_000, () =>
      store.create('Instance', anInstance('1000000')).then(
        () => true,
        () => false,
      ),
    );
    expect(await redis.client('ID')).not.toBe(connection);
  });

  test('holds up a patient write until there is a master again', async () => {
    const server = await beginServer();
    const [redis, admin] = [open(server, 'patient'), open(server)];
    await redis.ping();
    await admin.replicaof('127.0.0.1', 1);
    let isWritten = false;
    const writing = redis.set('a', 'b').then(() => {
      isWritten = true;
    });
    await until('a try that was refused', 5_000, async () =>
      (await admin.info('errorstats')).includes('errorstat_READONLY'),
    );
    expect(isWritten).toBe(false);
    await admin.replicaof('NO', 'ONE');
    await writing;
    expect(await admin.get('a')).toBe('b');
  });
});

describe('Sentinels that do not answer', () => {
  const url = 'redis+sentinel://:hunter2@127.0.0.1:1,127.0.0.1:2/mymaster';

  test('fail a prompt command soon, and are named in the log without the password', async () => {
    const told: string[] = [];
    const note = (fields: object, message: string) => told.push(`${message} ${inspect(fields)}`);
    const redis = connect({ url }, 'prompt', { info: note, warn: note });
    ends.push(() => redis.disconnect());
    await expect(redis.ping()).rejects.toThrow();
    expect(told).toEqual([
      expect.stringMatching(
        /no Sentinel says where the master "mymaster" of the Sentinels 127.0.0.1:1, 127.0.0.1:2 is: Error: connect ECONNREFUSED/,
      ),
    ]);
    expect(told.join()).not.toContain('hunter2');
  });

  test('though they take the connection, fail a prompt command, and let go whoever is told to end', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    ends.push(() => silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const group = { url: `redis+sentinel://127.0.0.1:${port}/mymaster` };
    await expect(open(group).ping()).rejects.toThrow();

    const redis = open(group, 'patient');
    const asked = redis.ping();
    expect(redis.status).toBe('connecting');
    // What BullMQ does to a connection that it takes for stuck.
    redis.disconnect(true);
    await until('the next try', 5_000, () => redis.status === 'reconnecting');
    await until('the next try', 5_000, () => redis.status === 'connecting');
    redis.disconnect();
    await expect(asked).rejects.toThrow();
    expect(redis.status).toBe('end');
  });
});
