import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { bookRecords } from '../../src/controller/ledger.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Instance, instanceSpec } from '../../src/resources/instance.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import { CLOUD_FINALIZER } from '../../src/resources/meta.ts';
import { connect } from '../../src/store/redis.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { Change, PropagationPolicy, Store } from '../../src/store/store.ts';
import { meterStore } from '../../src/telemetry/meter-store.ts';
import { MemoryLedger } from '../twins/memory-ledger.ts';
import { MemoryStore } from '../twins/memory-store.ts';

// One list of rules for the real store and its twin: whatever is proved over the twin elsewhere holds for Redis too.

interface Subject {
  readonly store: Store;
  close(): void;
}

const subjects = {
  RedisStore: (keptChanges?: number): Subject => {
    const redis = connect({ url: inject('redisUrl') }, 'prompt');
    const store = new RedisStore({
      redis,
      prefix: `test-${randomUUID()}`,
      clock: systemClock,
      newUid: randomUUID,
      keptChanges,
    });
    return {
      store,
      close: () => {
        store.close();
        redis.disconnect();
      },
    };
  },
  MemoryStore: (keptChanges?: number): Subject => ({
    store: new MemoryStore({ clock: systemClock, newUid: randomUUID, keptChanges }),
    close: () => {},
  }),
  'MemoryStore with the ledger and the metrics around it': (keptChanges?: number): Subject => {
    const bare = new MemoryStore({ clock: systemClock, newUid: randomUUID, keptChanges });
    const books = {
      ledger: new MemoryLedger({ clock: systemClock }),
      objects: { get: () => undefined, list: () => ({ items: [] }) },
      log: pino({ level: 'silent' }),
    };
    const store = meterStore(bookRecords(bare, books), createMetrics(new Registry()));
    return { store, close: () => {} };
  },
};

const anInstance = (number: string, over: object = {}) => ({
  name: `bot-${number}`,
  spec: instanceSpec.parse({ numberphone: number, ...over }),
});

const aStatus = (message: string) => ({
  observedGeneration: 1,
  phase: 'creating_droplet' as const,
  progress: 25,
  message,
  conditions: [],
  phaseStartedAt: '2026-01-01T00:00:00Z',
  restarts: 0,
});

const aDropletSpec = {
  region: 'sfo3',
  size: 's-1vcpu-512mb-10gb',
  image: 'ubuntu-24-04-x64',
  monitoring: true,
  backups: false,
  ipv6: false,
  vpcUUID: null,
  tags: [],
};

const NUMBER = '573332221111';

describe.each(Object.entries(subjects))('%s', (_, make) => {
  const open: Subject[] = [];
  const aborts: AbortController[] = [];
  const setup = (keptChanges?: number): Store => {
    const subject = make(keptChanges);
    open.push(subject);
    return subject.store;
  };
  afterEach(() => {
    for (const abort of aborts.splice(0)) abort.abort();
    for (const subject of open.splice(0)) subject.close();
  });

  /** The next `count` changes after a revision. */
  async function changes(store: Store, after: string, count: number): Promise<Change[]> {
    const abort = new AbortController();
    aborts.push(abort);
    const seen: Change[] = [];
    for await (const change of store.watch(after, abort.signal)) {
      seen.push(change);
      if (seen.length === count) break;
    }
    return seen;
  }

  describe('create', () => {
    test('sets uid, generation 1, creation time and the finalizers of the kind', async () => {
      const store = setup();
      const created = await store.create('Instance', {
        ...anInstance(NUMBER),
        labels: { team: 'sales' },
      });
      expect(created).toMatchObject({
        apiVersion: 'orquesta.clientfy.io/v1',
        kind: 'Instance',
        metadata: {
          name: `bot-${NUMBER}`,
          generation: 1,
          labels: { team: 'sales' },
          finalizers: [CLOUD_FINALIZER],
        },
        spec: { numberphone: NUMBER, className: 'default' },
      });
      expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(created.metadata.deletionTimestamp).toBeUndefined();
      expect(await store.get('Instance', `bot-${NUMBER}`)).toEqual(created);
    });

    test('refuses a name that is taken, also by an object that is being deleted', async () => {
      const store = setup();
      await store.create('Instance', anInstance(NUMBER));
      await expect(store.create('Instance', anInstance(NUMBER))).rejects.toMatchObject({
        kind: 'already-exists',
      });
      await store.delete('Instance', `bot-${NUMBER}`);
      await expect(store.create('Instance', anInstance(NUMBER))).rejects.toMatchObject({
        kind: 'already-exists',
      });
    });

    test('takes the same name for different kinds', async () => {
      const store = setup();
      await store.create('Instance', anInstance(NUMBER));
      const droplet = await store.create('Droplet', { name: `bot-${NUMBER}`, spec: aDropletSpec });
      expect(droplet.kind).toBe('Droplet');
    });

    test('gives a name that comes back another uid', async () => {
      const store = setup();
      const first = await store.create('Instance', anInstance(NUMBER));
      await store.delete('Instance', first.metadata.name);
      const last = await store.get('Instance', first.metadata.name);
      await store.update('Instance', withMeta(last, { finalizers: [] }));
      const second = await store.create('Instance', anInstance(NUMBER));
      expect(second.metadata.uid).not.toBe(first.metadata.uid);
    });
  });

  describe('get and list', () => {
    test('get answers undefined for what does not exist', async () => {
      expect(await setup().get('Instance', 'bot-1')).toBeUndefined();
    });

    test('list is ordered by name and holds one kind', async () => {
      const store = setup();
      for (const number of ['3333333', '1111111', '2222222']) {
        await store.create('Instance', anInstance(number));
      }
      await store.create('Droplet', { name: 'web', spec: aDropletSpec });
      const { items } = await store.list('Instance');
      expect(items.map((item) => item.metadata.name)).toEqual([
        'bot-1111111',
        'bot-2222222',
        'bot-3333333',
      ]);
    });

    test('list of an empty store answers a revision from which a watch misses nothing', async () => {
      const store = setup();
      const { items, resourceVersion } = await store.list('Instance');
      expect(items).toEqual([]);
      await store.create('Instance', anInstance(NUMBER));
      expect(await changes(store, resourceVersion, 1)).toMatchObject([{ type: 'added' }]);
    });
  });

  describe('update', () => {
    test('raises the generation with the spec, and only then', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const labelled = await store.update('Instance', withMeta(created, { labels: { a: 'b' } }));
      expect(labelled.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } });
      const paused = await store.update('Instance', withSpec(labelled, { paused: true }));
      expect(paused.metadata.generation).toBe(2);
      expect(Number(paused.metadata.resourceVersion)).toBeGreaterThan(
        Number(labelled.metadata.resourceVersion),
      );
      expect(await store.get('Instance', created.metadata.name)).toEqual(paused);
    });

    test('keeps the version when nothing changes, whatever the order of the keys', async () => {
      const store = setup();
      const created = await store.create('Instance', {
        ...anInstance(NUMBER),
        labels: { a: '1', b: '2' },
      });
      const reversed = Object.fromEntries(Object.entries(created.spec).reverse());
      const same = await store.update('Instance', {
        ...withMeta(created, { labels: { b: '2', a: '1' } }),
        spec: reversed as Instance['spec'],
      });
      expect(same).toEqual(created);
      expect((await store.list('Instance')).resourceVersion).toBe(created.metadata.resourceVersion);
    });

    test('does not touch the status', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const known = await store.updateStatus('Instance', { ...created, status: aStatus('one') });
      const updated = await store.update('Instance', {
        ...withSpec(known, { paused: true }),
        status: aStatus('two'),
      });
      expect(updated.status?.message).toBe('one');
    });

    test('does not touch uid, creation time and generation as given', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const updated = await store.update(
        'Instance',
        withMeta(created, {
          labels: { a: 'b' },
          generation: 99,
          creationTimestamp: '2001-01-01T00:00:00Z',
          deletionTimestamp: '2001-01-01T00:00:00Z',
        }),
      );
      expect(updated.metadata).toEqual({
        ...created.metadata,
        labels: { a: 'b' },
        resourceVersion: updated.metadata.resourceVersion,
      });
    });

    test('removes labels that are no longer given', async () => {
      const store = setup();
      const created = await store.create('Instance', {
        ...anInstance(NUMBER),
        labels: { a: 'b' },
      });
      const updated = await store.update('Instance', withMeta(created, { labels: undefined }));
      expect(updated.metadata.labels).toBeUndefined();
    });

    test('refuses an older version', async () => {
      const store = setup();
      const old = await store.create('Instance', anInstance(NUMBER));
      await store.update('Instance', withSpec(old, { paused: true }));
      await expect(
        store.update('Instance', withSpec(old, { className: 'big' })),
      ).rejects.toMatchObject({ kind: 'conflict' });
      expect((await store.get('Instance', old.metadata.name))?.spec.className).toBe('default');
    });

    test('refuses an older version even when it would change nothing', async () => {
      const store = setup();
      const old = await store.create('Instance', anInstance(NUMBER));
      const paused = await store.update('Instance', withSpec(old, { paused: true }));
      await expect(
        store.update('Instance', { ...paused, metadata: old.metadata }),
      ).rejects.toMatchObject({ kind: 'conflict' });
    });

    test('refuses another uid', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      await expect(
        store.update('Instance', withMeta(created, { uid: randomUUID() })),
      ).rejects.toMatchObject({ kind: 'conflict' });
    });

    test('refuses what does not exist', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      await expect(
        store.update('Instance', withMeta(created, { name: 'bot-1' })),
      ).rejects.toMatchObject({ kind: 'not-found' });
    });

    test('refuses a change of an immutable field and names it', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const change = store.update('Instance', withSpec(created, { numberphone: '1234567' }));
      await expect(change).rejects.toMatchObject({ kind: 'invalid' });
      await expect(change).rejects.toThrow(/numberphone/);
    });

    test('of two writers with the same version exactly one succeeds', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((className) =>
          store.update('Instance', withSpec(created, { className })),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toMatchObject({ kind: 'conflict' });
        }
      }
    });
  });

  describe('updateStatus', () => {
    test('writes the status alone', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const updated = await store.updateStatus('Instance', {
        ...withSpec(withMeta(created, { labels: { a: 'b' } }), { paused: true }),
        status: aStatus('hello'),
      });
      expect(updated.status).toEqual(aStatus('hello'));
      expect(updated.spec.paused).toBe(false);
      expect(updated.metadata.labels).toBeUndefined();
      expect(updated.metadata.generation).toBe(1);
    });

    test('keeps the version when nothing changes', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const first = await store.updateStatus('Instance', { ...created, status: aStatus('x') });
      const second = await store.updateStatus('Instance', { ...first, status: aStatus('x') });
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    test('refuses an older version even when nothing would change', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const first = await store.updateStatus('Instance', { ...created, status: aStatus('x') });
      await store.updateStatus('Instance', { ...first, status: aStatus('y') });
      await expect(
        store.updateStatus('Instance', { ...first, status: aStatus('x') }),
      ).rejects.toMatchObject({ kind: 'conflict' });
    });

    test('refuses an older version and what does not exist', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      await store.updateStatus('Instance', { ...created, status: aStatus('x') });
      await expect(
        store.updateStatus('Instance', { ...created, status: aStatus('y') }),
      ).rejects.toMatchObject({ kind: 'conflict' });
      await expect(
        store.updateStatus('Instance', withMeta(created, { name: 'bot-1' })),
      ).rejects.toMatchObject({ kind: 'not-found' });
    });
  });

  describe('delete', () => {
    test('marks an object with finalizers and keeps it; asking again changes nothing', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const marked = await store.delete('Instance', created.metadata.name);
      expect(marked.metadata.deletionTimestamp).toMatch(/Z$/);
      expect(marked.metadata.generation).toBe(1);
      expect(await store.delete('Instance', created.metadata.name)).toEqual(marked);
      expect(await store.get('Instance', created.metadata.name)).toEqual(marked);
    });

    test('removes an object without finalizers at once', async () => {
      const store = setup();
      const spec = instanceClassSpec.parse({});
      const created = await store.create('InstanceClass', { name: 'small', spec });
      const last = await store.delete('InstanceClass', 'small');
      expect(last.spec).toEqual(created.spec);
      expect(await store.get('InstanceClass', 'small')).toBeUndefined();
      await expect(store.delete('InstanceClass', 'small')).rejects.toMatchObject({
        kind: 'not-found',
      });
    });

    test('the last finalizer takes a terminating object with it', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const marked = await store.delete('Instance', created.metadata.name);
      const gone = await store.update('Instance', withMeta(marked, { finalizers: [] }));
      expect(Number(gone.metadata.resourceVersion)).toBeGreaterThan(
        Number(marked.metadata.resourceVersion),
      );
      expect(await store.get('Instance', created.metadata.name)).toBeUndefined();
      expect((await store.list('Instance')).items).toEqual([]);
    });

    test('a finalizer cannot be added to a terminating object', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const marked = await store.delete('Instance', created.metadata.name);
      await expect(
        store.update('Instance', withMeta(marked, { finalizers: [CLOUD_FINALIZER, 'x.io/late'] })),
      ).rejects.toMatchObject({ kind: 'invalid' });
    });

    test('honours preconditions', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const { name, uid, resourceVersion } = created.metadata;
      await expect(store.delete('Instance', name, { uid: randomUUID() })).rejects.toMatchObject({
        kind: 'conflict',
      });
      await expect(
        store.delete('Instance', name, { resourceVersion: '999999' }),
      ).rejects.toMatchObject({ kind: 'conflict' });
      const marked = await store.delete('Instance', name, { uid, resourceVersion });
      expect(marked.metadata.deletionTimestamp).toBeDefined();
    });

    test('without preconditions it meets other writers and still succeeds', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      const writing = (async () => {
        let last = created;
        for (let i = 0; i < 20; i++) {
          try {
            last = await store.updateStatus('Instance', { ...last, status: aStatus(String(i)) });
          } catch {
            last = (await store.get('Instance', created.metadata.name)) ?? last;
          }
        }
      })();
      const marked = await store.delete('Instance', created.metadata.name);
      await writing;
      expect(marked.metadata.deletionTimestamp).toBeDefined();
      const kept = await store.get('Instance', created.metadata.name);
      expect(kept?.metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp);
    });
  });

  describe('propagation of a deletion', () => {
    test.each([
      ['Foreground', 'foregroundDeletion'],
      ['Orphan', 'orphan'],
    ] as const)(
      '%s sets the finalizer %s, for the controller to act on',
      async (policy, finalizer) => {
        const store = setup();
        const { metadata } = await store.create('Instance', anInstance(NUMBER));
        const marked = await store.delete('Instance', metadata.name, { propagationPolicy: policy });
        expect(marked.metadata).toMatchObject({
          finalizers: [CLOUD_FINALIZER, finalizer],
          deletionGracePeriodSeconds: 0,
        });
      },
    );

    test('the policy that is asked for last counts; without one it stays', async () => {
      const store = setup();
      const { metadata } = await store.create('Instance', anInstance(NUMBER));
      const ask = async (propagationPolicy?: PropagationPolicy) =>
        (await store.delete('Instance', metadata.name, { propagationPolicy })).metadata.finalizers;
      expect(await ask('Orphan')).toEqual([CLOUD_FINALIZER, 'orphan']);
      expect(await ask()).toEqual([CLOUD_FINALIZER, 'orphan']);
      expect(await ask('Foreground')).toEqual([CLOUD_FINALIZER, 'foregroundDeletion']);
      expect(await ask('Background')).toEqual([CLOUD_FINALIZER]);
    });
  });

  describe('a dry run', () => {
    test('answers as if it were done, refuses as the real one does, and writes nothing', async () => {
      const store = setup();
      const dryRun = { dryRun: true };
      const before = await store.revision();
      expect(
        (await store.create('Instance', anInstance(NUMBER), dryRun)).metadata.uid,
      ).toBeDefined();
      expect(await store.get('Instance', `bot-${NUMBER}`)).toBeUndefined();
      expect(await store.revision()).toBe(before);

      const created = await store.create('Instance', anInstance(NUMBER));
      const after = await store.revision();
      expect(after).toBe(created.metadata.resourceVersion);
      await expect(store.create('Instance', anInstance(NUMBER), dryRun)).rejects.toMatchObject({
        kind: 'already-exists',
      });
      const changed = await store.update('Instance', withSpec(created, { paused: true }), dryRun);
      expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { paused: true } });
      const known = await store.updateStatus(
        'Instance',
        { ...created, status: aStatus('x') },
        dryRun,
      );
      expect(known.status?.message).toBe('x');
      const marked = await store.delete('Instance', created.metadata.name, dryRun);
      expect(marked.metadata.deletionTimestamp).toBeDefined();
      expect(await store.get('Instance', created.metadata.name)).toEqual(created);
      expect(await store.revision()).toBe(after);
    });
  });

  describe('managedFields', () => {
    test('tell who wrote what; a write that changes nothing keeps them and the version', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER), { manager: 'maker' });
      const owned = (object: Instance) =>
        Object.fromEntries(
          (object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
        );
      expect(owned(created)['maker']).toMatchObject({ 'f:spec': { 'f:numberphone': {} } });
      const paused = withSpec(created, { paused: true });
      const updated = await store.update('Instance', paused, { manager: 'other' });
      expect(owned(updated)['other']).toEqual({ 'f:spec': { 'f:paused': {} } });
      expect(owned(updated)['maker']?.['f:spec']).not.toHaveProperty('f:paused');
      const again = await store.update('Instance', updated, { manager: 'third' });
      expect(again).toEqual(updated);
    });
  });

  test('the finalizer of a kind stays until the deletion, whatever a write leaves out', async () => {
    const store = setup();
    const created = await store.create('Instance', anInstance(NUMBER));
    const updated = await store.update('Instance', withMeta(created, { finalizers: ['x.io/a'] }));
    expect(updated.metadata.finalizers).toEqual(['x.io/a', CLOUD_FINALIZER]);
  });

  describe('watch', () => {
    test('tells every change of every kind once, in order, with the object as written', async () => {
      const store = setup();
      const { resourceVersion } = await store.list('Instance');
      const created = await store.create('Instance', anInstance(NUMBER));
      const droplet = await store.create('Droplet', { name: 'web', spec: aDropletSpec });
      const known = await store.updateStatus('Instance', { ...created, status: aStatus('x') });
      const marked = await store.delete('Instance', created.metadata.name);
      const gone = await store.update('Instance', withMeta(marked, { finalizers: [] }));
      expect(await changes(store, resourceVersion, 5)).toEqual([
        { type: 'added', kind: 'Instance', object: created },
        { type: 'added', kind: 'Droplet', object: droplet },
        { type: 'modified', kind: 'Instance', object: known },
        { type: 'modified', kind: 'Instance', object: marked },
        { type: 'deleted', kind: 'Instance', object: gone },
      ]);
    });

    test('hears of writes that come after it began', async () => {
      const store = setup();
      const first = await store.create('Instance', anInstance('1111111'));
      const watching = changes(store, first.metadata.resourceVersion, 2);
      const second = await store.create('Instance', anInstance('2222222'));
      const third = await store.create('Instance', anInstance('3333333'));
      expect((await watching).map(({ object }) => object)).toEqual([second, third]);
    });

    test('several watches from different revisions each see their own rest', async () => {
      const store = setup();
      const first = await store.create('Instance', anInstance('1111111'));
      const second = await store.create('Instance', anInstance('2222222'));
      const all = changes(store, '0', 3);
      const some = changes(store, first.metadata.resourceVersion, 2);
      const last = changes(store, second.metadata.resourceVersion, 1);
      const third = await store.create('Instance', anInstance('3333333'));
      expect((await all).map(({ object }) => object)).toEqual([first, second, third]);
      expect((await some).map(({ object }) => object)).toEqual([second, third]);
      expect((await last).map(({ object }) => object)).toEqual([third]);
    });

    test('a write that changes nothing is no change', async () => {
      const store = setup();
      const created = await store.create('Instance', anInstance(NUMBER));
      await store.update('Instance', created);
      const paused = await store.update('Instance', withSpec(created, { paused: true }));
      expect(await changes(store, created.metadata.resourceVersion, 1)).toEqual([
        { type: 'modified', kind: 'Instance', object: paused },
      ]);
    });

    test('ends when it is aborted', async () => {
      const store = setup();
      const abort = new AbortController();
      const seen: Change[] = [];
      const watching = (async () => {
        for await (const change of store.watch('0', abort.signal)) {
          seen.push(change);
          abort.abort();
        }
      })();
      await store.create('Instance', anInstance(NUMBER));
      await watching;
      expect(seen).toHaveLength(1);
    });

    test('ends at once when it is aborted while nothing happens', async () => {
      const store = setup();
      const abort = new AbortController();
      const next = store.watch('0', abort.signal)[Symbol.asyncIterator]().next();
      abort.abort();
      expect(await next).toMatchObject({ done: true });
    });

    test('from before the kept history it is gone; from within, complete', async () => {
      const store = setup(10);
      let last = await store.create('Instance', anInstance(NUMBER));
      // Redis cuts whole nodes of its stream, of up to 100 entries.
      for (let i = 0; i < 250; i++) {
        last = await store.updateStatus('Instance', { ...last, status: aStatus(String(i)) });
      }
      await expect(changes(store, '1', 1)).rejects.toMatchObject({ kind: 'gone' });
      const revision = Number(last.metadata.resourceVersion);
      const recent = await changes(store, String(revision - 10), 10);
      expect(recent.map(({ object }) => object.metadata.resourceVersion)).toEqual(
        Array.from({ length: 10 }, (_, i) => String(revision - 9 + i)),
      );
    });

    test('from a revision that is still to come it is gone: the store was set back', async () => {
      const store = setup();
      await store.create('Instance', anInstance(NUMBER));
      await expect(changes(store, '1000', 1)).rejects.toMatchObject({ kind: 'gone' });
    });

    test('refuses what is no revision', async () => {
      await expect(changes(setup(), 'yesterday', 1)).rejects.toMatchObject({ kind: 'invalid' });
    });

    test('a reader that is slow misses nothing', async () => {
      const store = setup();
      const abort = new AbortController();
      aborts.push(abort);
      const iterator = store.watch('0', abort.signal)[Symbol.asyncIterator]();
      let last = await store.create('Instance', anInstance(NUMBER));
      const seen = [(await iterator.next()).value];
      for (let i = 0; i < 1_200; i++) {
        last = await store.updateStatus('Instance', { ...last, status: aStatus(String(i)) });
      }
      while (seen.length < 1_201) seen.push((await iterator.next()).value);
      expect(seen.map((change: Change) => change.object.metadata.resourceVersion)).toEqual(
        Array.from({ length: 1_201 }, (_, i) => String(i + 1)),
      );
    });
  });
});

function withMeta(object: Instance | undefined, metadata: Partial<Instance['metadata']>): Instance {
  if (object === undefined) throw new Error('the object is not there');
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

const withSpec = (object: Instance, spec: Partial<Instance['spec']>): Instance => ({
  ...object,
  spec: { ...object.spec, ...spec },
});
