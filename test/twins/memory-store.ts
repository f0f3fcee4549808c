import type { Clock } from '../../src/clock.ts';
import type { Kind, ObjectOf } from '../../src/resources/kinds.ts';
import type {
  Change,
  DeleteOptions,
  NewObject,
  ObjectList,
  Store,
  WriteOptions,
} from '../../src/store/store.ts';
import { StoreError } from '../../src/store/store.ts';
import {
  alreadyExists,
  atRevision,
  byName,
  creation,
  deletion,
  goneRevision,
  notFound,
  parseRevision,
  update,
  updateStatus,
  type Write,
} from '../../src/store/writes.ts';

/** Hears of a write at the moment of its commit. Objects are the stored ones: do not change them. */
export type CommitListener = (change: Change, previous: ObjectOf[Kind] | undefined) => void;

/** The store in memory, with the same rules. Every call takes its effect at once, in the order of the calls. */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #newUid: () => string;
  readonly #keptChanges: number;
  readonly #objects = new Map<string, ObjectOf[Kind]>();
  readonly #wakers = new Set<() => void>();
  readonly #changes: Change[] = [];
  readonly #listeners = new Set<CommitListener>();
  #revision = 0;
  #isAway = false;
  #isHoldingWatches = false;

  constructor(deps: {
    readonly clock: Clock;
    readonly newUid: () => string;
    readonly keptChanges?: number | undefined;
  }) {
    this.#clock = deps.clock;
    this.#newUid = deps.newUid;
    this.#keptChanges = deps.keptChanges ?? 10_000;
  }

  /** While away every call throws `unavailable`, and watches stand still. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    this.#wakeAll();
  }

  /** While held, watches stand still and fall behind; everything else goes on. */
  holdWatches(isHeld: boolean): void {
    this.#isHoldingWatches = isHeld;
    this.#wakeAll();
  }

  /** For who checks what is stored: hears of each commit before its writer does. */
  onCommit(listener: CommitListener): void {
    this.#listeners.add(listener);
  }

  /** What is stored now, whether or not the store is away. Do not change it. */
  peek<K extends Kind>(kind: K, name: string): ObjectOf[K] | undefined {
    return this.#objects.get(id(kind, name)) as ObjectOf[K] | undefined;
  }

  /** All that is stored of a kind now, whether or not the store is away. Do not change it. */
  peekAll<K extends Kind>(kind: K): readonly ObjectOf[K][] {
    return [...this.#objects.values()].filter((object) => object.kind === kind) as ObjectOf[K][];
  }

  async create<K extends Kind>(
    kind: K,
    given: NewObject<K>,
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    this.#mustAnswer();
    if (this.#objects.has(id(kind, given.name))) throw alreadyExists(kind, given.name);
    const fresh = { uid: this.#newUid(), now: this.#clock.now() };
    return this.#commit(kind, creation(kind, given, fresh, options), options);
  }

  async get<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K] | undefined> {
    this.#mustAnswer();
    return this.#objects.get(id(kind, name)) as ObjectOf[K] | undefined;
  }

  async list<K extends Kind>(kind: K): Promise<ObjectList<K>> {
    this.#mustAnswer();
    const items = [...this.#objects.values()].filter((object) => object.kind === kind);
    return {
      items: (items as ObjectOf[K][]).sort(byName),
      resourceVersion: String(this.#revision),
    };
  }

  async revision(): Promise<string> {
    this.#mustAnswer();
    return String(this.#revision);
  }

  async update<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    const stored = this.#mustGet(kind, object.metadata.name);
    const author = { ...options, now: this.#clock.now() };
    return this.#commit(kind, update(kind, stored, object, author), options);
  }

  async updateStatus<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options: WriteOptions = {},
  ): Promise<ObjectOf[K]> {
    const stored = this.#mustGet(kind, object.metadata.name);
    const author = { ...options, now: this.#clock.now() };
    return this.#commit(kind, updateStatus(kind, stored, object, author), options);
  }

  async delete<K extends Kind>(
    kind: K,
    name: string,
    { dryRun, ...asked }: DeleteOptions = {},
  ): Promise<ObjectOf[K]> {
    const stored = this.#mustGet(kind, name);
    return this.#commit(kind, deletion(kind, stored, asked, this.#clock.now()), { dryRun });
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<Change> {
    let place = parseRevision(resourceVersion);
    while (!signal.aborted) {
      if (this.#isAway || this.#isHoldingWatches || place === this.#revision) {
        await this.#news(signal);
        continue;
      }
      const change = this.#changes[place - (this.#revision - this.#changes.length)];
      if (change === undefined) throw goneRevision(String(place));
      place++;
      yield change;
    }
  }

  #mustAnswer(): void {
    if (this.#isAway) throw new StoreError('unavailable', 'The store is away.');
  }

  #mustGet<K extends Kind>(kind: K, name: string): ObjectOf[K] {
    this.#mustAnswer();
    const stored = this.#objects.get(id(kind, name));
    if (stored === undefined) throw notFound(kind, name);
    return stored as ObjectOf[K];
  }

  #commit<K extends Kind>(kind: K, write: Write<K>, { dryRun }: WriteOptions): ObjectOf[K] {
    if (dryRun || write.type === 'unchanged') return frozen(write.object);
    this.#revision++;
    const object = frozen(atRevision(write.object, String(this.#revision)));
    const key = id(kind, object.metadata.name);
    const previous = this.#objects.get(key);
    if (write.type === 'deleted') this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#changes.push({ type: write.type, kind, object });
    if (this.#changes.length > this.#keptChanges) this.#changes.shift();
    for (const listener of this.#listeners) listener({ type: write.type, kind, object }, previous);
    this.#wakeAll();
    return object;
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}

/** Handed out to all as it is stored: whoever would change it is told so by an error. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

const id = (kind: Kind, name: string): string => `${kind}/${name}`;
