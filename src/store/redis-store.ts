import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import { endedBy } from './belongings.ts';
import { ChangeFeed } from './change-feed.ts';
import { keysOf, type StoreKeys, storeKeys } from './keys.ts';
import { answered, tellingOnce } from './redis.ts';
import { Script } from './script.ts';
import {
  type Change,
  type DeleteOptions,
  type NewObject,
  type ObjectList,
  type Store,
  StoreError,
  type WriteOptions,
} from './store.ts';
import {
  alreadyExists,
  atRevision,
  byName,
  conflict,
  creation,
  deletion,
  notFound,
  update,
  updateStatus,
  type Write,
} from './writes.ts';

/** Changes that a watch can look back on. */
export const KEPT_CHANGES = 10_000;
/** A deletion without preconditions is carried out on whatever version stands; this often it may meet another writer. */
const MAX_DELETE_TRIES = 20;
/** So long may replicas take to have a write. */
const REPLICAS_TIMEOUT_MS = 1_000;

export interface RedisStoreDeps {
  /** Should be `prompt`, so that callers hear `unavailable` soon. The watch opens a patient connection of its own. */
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly newUid: () => string;
  /** At least so many changes are kept for watches. */
  readonly keptChanges?: number | undefined;
  /** A write is answered once so many replicas have it; left out or 0: once the master has it. */
  readonly replicas?: number | undefined;
}

/** The store in Redis. Each write is one atomic script, however many processes write. */
export class RedisStore implements Store {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #clock: Clock;
  readonly #newUid: () => string;
  readonly #keptChanges: number;
  readonly #commitScript = new Script('./commit.lua');
  readonly #feed: ChangeFeed<Change>;
  readonly #replicas: number;
  /** Objects as they were read or written, by their metadata: a status written over that need not read them again, for its commit compares. */
  readonly #known = new WeakMap<object, ObjectOf[Kind]>();
  /** Of its own when replicas are waited for: the wait holds up all that follows on its connection. */
  readonly #writer: Redis;

  constructor(deps: RedisStoreDeps) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#clock = deps.clock;
    this.#newUid = deps.newUid;
    this.#keptChanges = deps.keptChanges ?? KEPT_CHANGES;
    this.#feed = new ChangeFeed({
      redis: deps.redis,
      stream: this.#keys.changes,
      revision: this.#keys.revision,
      parse: (field, revision) => ({
        type: field('type') as Change['type'],
        kind: field('kind') as Kind,
        object: atRevision(JSON.parse(field('object')) as ObjectOf[Kind], revision),
      }),
      clock: deps.clock,
    });
    this.#replicas = deps.replicas ?? 0;
    this.#writer =
      this.#replicas === 0
        ? deps.redis
        : tellingOnce(deps.redis.duplicate({ lazyConnect: true }), undefined);
  }

  async create<K extends Kind>(
    kind: K,
    given: NewObject<K>,
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    const fresh = { uid: this.#newUid(), now: this.#clock.now() };
    const write = creation(kind, given, fresh, options);
    if (options.dryRun && (await this.get(kind, given.name))) throw alreadyExists(kind, given.name);
    const created = options.dryRun ? write.object : await this.#commit(kind, '', write);
    if (created === undefined) throw alreadyExists(kind, given.name);
    return created;
  }

  async get<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K] | undefined> {
    const value = await answered(`read ${kind} ${name}`, () =>
      this.#redis.hget(this.#keys.objects(kind), name),
    );
    return value === null ? undefined : this.#remembered(decode<K>(value));
  }

  async list<K extends Kind>(kind: K): Promise<ObjectList<K>> {
    const [values, revision] = await answered(`list ${kinds[kind].plural}`, async () => {
      const replies = await this.#redis
        .multi()
        .hvals(this.#keys.objects(kind))
        .get(this.#keys.revision)
        .exec();
      return (replies ?? []).map(([error, reply]) => {
        if (error) throw error;
        return reply;
      });
    });
    return {
      items: (values as string[]).map((value) => decode<K>(value)).sort(byName),
      resourceVersion: (revision as string | null) ?? '0',
    };
  }

  async revision(): Promise<string> {
    const revision = await answered('read the revision', () =>
      this.#redis.get(this.#keys.revision),
    );
    return revision ?? '0';
  }

  async update<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    const stored = await this.#mustGet(kind, object.metadata.name);
    const write = update(kind, stored, object, { ...options, now: this.#clock.now() });
    return options.dryRun ? write.object : this.#commitOn(kind, stored, write);
  }

  async updateStatus<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    const author = { ...options, now: this.#clock.now() };
    const known = this.#known.get(object.metadata) as ObjectOf[K] | undefined;
    if (known && !options.dryRun) {
      const write = updateStatus(kind, known, object, author);
      // What writes nothing is compared by nobody: only a read tells whether it still stands.
      if (write.type !== 'unchanged') return this.#commitOn(kind, known, write);
    }
    const stored = await this.#mustGet(kind, object.metadata.name);
    const write = updateStatus(kind, stored, object, author);
    return options.dryRun ? write.object : this.#commitOn(kind, stored, write);
  }

  async delete<K extends Kind>(
    kind: K,
    name: string,
    { dryRun = false, ...asked }: DeleteOptions = {},
  ): Promise<ObjectOf[K]> {
    for (let tries = 1; ; tries++) {
      const stored = await this.#mustGet(kind, name);
      const write = deletion(kind, stored, asked, this.#clock.now());
      if (dryRun) return write.object;
      try {
        return await this.#commitOn(kind, stored, write);
      } catch (error) {
        const isOvertaken = error instanceof StoreError && error.kind === 'conflict';
        if (!isOvertaken || tries >= MAX_DELETE_TRIES) throw error;
      }
    }
  }

  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<Change> {
    return this.#feed.watch(resourceVersion, signal);
  }

  /** Ends the connections of its own, once every watch has been aborted. */
  close(): void {
    this.#feed.close();
    if (this.#writer !== this.#redis) this.#writer.disconnect();
  }

  async #mustGet<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K]> {
    const stored = await this.get(kind, name);
    if (stored === undefined) throw notFound(kind, name);
    return stored;
  }

  async #commitOn<K extends Kind>(
    kind: K,
    stored: ObjectOf[K],
    write: Write<K>,
  ): Promise<ObjectOf[K]> {
    const { name, resourceVersion } = stored.metadata;
    const written = await this.#commit(kind, resourceVersion, write);
    if (written === undefined) throw conflict(kind, name);
    return written;
  }

  /** undefined: the stored object is not of the expected version ("": none). */
  async #commit<K extends Kind>(
    kind: K,
    expected: string,
    write: Write<K>,
  ): Promise<ObjectOf[K] | undefined> {
    if (write.type === 'unchanged') return write.object;
    const { name } = write.object.metadata;
    const { resourceVersion: _, ...metadata } = write.object.metadata;
    const ended = endedBy(write.type, kind, write.object).flatMap((belonging) =>
      keysOf(belonging, name, this.#keys),
    );
    const { answer, reached } = await answered(`write ${kind} ${name}`, () =>
      this.#runCommit(
        [this.#keys.objects(kind), this.#keys.revision, this.#keys.changes, ...ended],
        [
          name,
          expected,
          write.type,
          kind,
          JSON.stringify({ ...write.object, metadata }),
          this.#keptChanges,
        ],
      ),
    );
    const [outcome, told] = answer as ['committed' | 'conflict' | 'behind', string];
    if (outcome === 'conflict') return undefined;
    if (outcome === 'behind') {
      throw new StoreError(
        'unavailable',
        `${kind} ${name} was not written: the key ${this.#keys.revision} is behind the stream ${this.#keys.changes} (${told}). Restore both from one backup.`,
      );
    }
    if (reached < this.#replicas) {
      throw new StoreError(
        'unavailable',
        `${kind} ${name} was written, but ${reached} of ${this.#replicas} replicas had it within ${REPLICAS_TIMEOUT_MS} ms: if the master fails now, the write may be lost. Read it again when the replicas are up.`,
      );
    }
    return this.#remembered(atRevision(write.object, told));
  }

  #remembered<K extends Kind>(object: ObjectOf[K]): ObjectOf[K] {
    this.#known.set(object.metadata, object);
    return object;
  }

  async #runCommit(
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<{ readonly answer: unknown; readonly reached: number }> {
    const [redis, replicas] = [this.#writer, this.#replicas];
    if (replicas === 0) {
      return { answer: await this.#commitScript.run(redis, keys, args), reached: 0 };
    }
    const wait = { replicas, timeoutMs: REPLICAS_TIMEOUT_MS };
    return this.#commitScript.runAndWait(redis, keys, args, wait);
  }
}

function decode<K extends Kind>(value: string): ObjectOf[K] {
  const space = value.indexOf(' ');
  return atRevision(JSON.parse(value.slice(space + 1)) as ObjectOf[K], value.slice(0, space));
}
