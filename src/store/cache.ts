import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import type { Change, ObjectList, Store } from './store.ts';
import { StoreError } from './store.ts';
import { byName, parseRevision } from './writes.ts';

export interface StoreCacheDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * `previous`: the object as the cache held it before, undefined for a new one. `isGap`: found out by listing anew after a gap in
 * the history, not told as a change.
 */
export type ChangeListener = (
  change: Change,
  previous: ObjectOf[Kind] | undefined,
  isGap: boolean,
) => void;

const KINDS = Object.keys(kinds) as Kind[];
const RETRY_MS = 500;

/**
 * All objects in memory, kept fresh by a watch; reading costs no request. It is a little behind the store: decide on it what to
 * look at, never what to write. Objects are shared: do not change them.
 */
export class StoreCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #objects = new Map<Kind, Map<string, ObjectOf[Kind]>>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #gapListeners = new Set<() => void>();
  readonly #waiters = new Set<{ readonly revision: number; readonly wake: () => void }>();
  readonly #stop = new AbortController();
  readonly #sorted = new Map<Kind, readonly ObjectOf[Kind][]>();
  /** uid of the owner → "<kind>/<name>" → what it owns. */
  readonly #owned = new Map<string, Map<string, ObjectOf[Kind]>>();
  #revision = 0;
  /** What is listed at a later revision than others already holds what the watch brings up to there. */
  readonly #listedAt = new Map<Kind, number>();
  #following: Promise<void> | undefined;

  constructor(deps: StoreCacheDeps) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    for (const kind of KINDS) this.#objects.set(kind, new Map());
  }

  /** Resolves once everything has been listed; waits for a store that is away. Throws what else the store throws. */
  async start(): Promise<void> {
    await this.#list();
    if (!this.#stop.signal.aborted) this.#following = this.#follow();
  }

  get<K extends Kind>(kind: K, name: string): ObjectOf[K] | undefined {
    return this.#objects.get(kind)?.get(name) as ObjectOf[K] | undefined;
  }

  /** Ordered by name, with the revision up to which the cache has seen everything. */
  list<K extends Kind>(kind: K): ObjectList<K> {
    let items = this.#sorted.get(kind);
    if (items === undefined) {
      items = [...(this.#objects.get(kind)?.values() ?? [])].sort(byName);
      this.#sorted.set(kind, items);
    }
    return { items: items as readonly ObjectOf[K][], resourceVersion: String(this.#revision) };
  }

  /** Objects of any kind that name this uid in their ownerReferences. */
  byOwner(uid: string): readonly ObjectOf[Kind][] {
    return [...(this.#owned.get(uid)?.values() ?? [])];
  }

  /** Hears of every change after it is in the cache; after a gap in the history, of the differences. Answers how to stop. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hears when the cache has listed anew: changes between what it held before and `completeSince` were not told one by one. */
  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  /** Everything up to here is in. */
  get resourceVersion(): string {
    return String(this.#revision);
  }

  /** Every change after this revision is told to listeners. */
  get completeSince(): number {
    return Math.max(0, ...this.#listedAt.values());
  }

  /** Whether the cache holds everything up to this revision; waits for it, `limitMs` at most. */
  async caughtUpTo(resourceVersion: string, limitMs = 5_000): Promise<boolean> {
    const revision = parseRevision(resourceVersion);
    if (this.#revision >= revision) return true;
    const arrived = new AbortController();
    const waiter = { revision, wake: () => arrived.abort('arrived') };
    this.#waiters.add(waiter);
    await this.#clock.sleep(limitMs, AbortSignal.any([arrived.signal, this.#stop.signal]));
    this.#waiters.delete(waiter);
    return this.#revision >= revision;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let mustList = false;
    while (!signal.aborted) {
      try {
        if (mustList) await this.#listAnew();
        mustList = false;
        for await (const change of this.#store.watch(String(this.#revision), signal)) {
          this.#take(change);
        }
      } catch (error) {
        mustList ||= error instanceof StoreError && error.kind === 'gone';
        await this.#clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #listAnew(): Promise<void> {
    await this.#list();
    for (const listener of [...this.#gapListeners]) listener();
  }

  #take(change: Change): void {
    const { kind, object } = change;
    const revision = parseRevision(object.metadata.resourceVersion);
    // A newer version of the program beside this one may write kinds that are not known here.
    const isKnown = this.#objects.has(kind);
    if (isKnown && revision > (this.#listedAt.get(kind) ?? 0)) this.#apply(change, false);
    this.#reach(revision);
  }

  async #list(): Promise<void> {
    const lists = new Map<Kind, ObjectList<Kind>>();
    while (lists.size < KINDS.length && !this.#stop.signal.aborted) {
      try {
        for (const kind of KINDS) lists.set(kind, await this.#store.list(kind));
      } catch (error) {
        if (!(error instanceof StoreError && error.kind === 'unavailable')) throw error;
        await this.#clock.sleep(RETRY_MS, this.#stop.signal);
      }
    }
    if (this.#stop.signal.aborted) return;
    const revisions = [...lists.values()].map((list) => parseRevision(list.resourceVersion));
    // Set, not raised: a store that was restored from a backup may have gone back.
    this.#revision = Math.min(...revisions);
    for (const [kind, list] of lists) {
      this.#listedAt.set(kind, parseRevision(list.resourceVersion));
      this.#replace(kind, list.items);
    }
    this.#reach(this.#revision);
  }

  #replace(kind: Kind, items: readonly ObjectOf[Kind][]): void {
    const listed = new Map(items.map((object) => [object.metadata.name, object]));
    for (const past of [...(this.#objects.get(kind)?.values() ?? [])]) {
      const isSame = listed.get(past.metadata.name)?.metadata.uid === past.metadata.uid;
      if (!isSame) this.#apply({ type: 'deleted', kind, object: past }, true);
    }
    for (const object of items) {
      const past = this.get(kind, object.metadata.name);
      if (past === undefined) this.#apply({ type: 'added', kind, object }, true);
      else if (!isDeepStrictEqual(past, object)) {
        this.#apply({ type: 'modified', kind, object }, true);
      }
    }
  }

  #apply(change: Change, isGap: boolean): void {
    const { type, kind, object } = change;
    const { name } = object.metadata;
    const objects = this.#objects.get(kind);
    const past = objects?.get(name);
    if (past !== undefined) this.#disown(kind, past);
    if (type === 'deleted') {
      objects?.delete(name);
    } else {
      objects?.set(name, object);
      this.#own(kind, object);
    }
    this.#sorted.delete(kind);
    for (const listener of [...this.#listeners]) listener(change, past, isGap);
  }

  #reach(revision: number): void {
    this.#revision = revision;
    for (const waiter of [...this.#waiters]) if (waiter.revision <= revision) waiter.wake();
  }

  #own(kind: Kind, object: ObjectOf[Kind]): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid) ?? new Map<string, ObjectOf[Kind]>();
      this.#owned.set(uid, owned.set(`${kind}/${object.metadata.name}`, object));
    }
  }

  #disown(kind: Kind, object: ObjectOf[Kind]): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid);
      owned?.delete(`${kind}/${object.metadata.name}`);
      if (owned?.size === 0) this.#owned.delete(uid);
    }
  }
}
