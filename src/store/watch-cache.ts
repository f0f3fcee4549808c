import type { Kind, ObjectOf } from '../resources/kinds.ts';
import type { StoreCache } from './cache.ts';
import type { Change, ObjectList, Store } from './store.ts';
import { StoreError } from './store.ts';
import { byName, goneRevision, parseRevision } from './writes.ts';

/** A change with what was there before it. */
export interface Past {
  readonly revision: number;
  readonly change: Change;
  readonly previous: ObjectOf[Kind] | undefined;
}

export interface PastListener {
  take(past: Past): void;
  /** The history has a gap: what follows is not all. Nothing more is told. */
  gap(): void;
}

/** Changes that are kept in memory for watches and pages that look back. */
const KEPT_CHANGES = 10_000;
const CATCH_UP_MS = 5_000;

/**
 * What lists and watches are served from, as Kubernetes' API server does: the objects in memory, and the changes that led there.
 * Reading costs no request to the store but one tiny one, shared by all who read at the same moment: which revision must be in
 * before the reader is answered, so that a list shows every write that was answered before, by whatever process.
 */
export class WatchCache {
  readonly #store: Pick<Store, 'revision'>;
  readonly #cache: StoreCache;
  readonly #kept: number;
  readonly #listeners = new Set<PastListener>();
  #past: Past[] = [];
  /** All changes after this revision are in `#past`. */
  #since: number;
  #asking: Promise<string> | undefined;
  #asksNext: Promise<string> | undefined;

  constructor(deps: {
    readonly store: Pick<Store, 'revision'>;
    /** Started already. */
    readonly cache: StoreCache;
    readonly keptChanges?: number | undefined;
  }) {
    this.#store = deps.store;
    this.#cache = deps.cache;
    this.#kept = deps.keptChanges ?? KEPT_CHANGES;
    this.#since = this.#cache.completeSince;
    this.#cache.onChange((change, previous, isGap) => {
      if (!isGap) this.#take(change, previous);
    });
    this.#cache.onGap(() => this.#restart());
  }

  get onChange(): StoreCache['onChange'] {
    return this.#cache.onChange.bind(this.#cache);
  }

  /** Resolves once everything that was committed before the call is in. Throws StoreError `unavailable` when that can't be had. */
  async caughtUp(): Promise<void> {
    await this.caughtUpTo(await this.#revision());
  }

  /** Resolves once everything up to a revision is in. Throws StoreError `unavailable` when that takes too long. */
  async caughtUpTo(resourceVersion: string): Promise<void> {
    if (await this.#cache.caughtUpTo(resourceVersion, CATCH_UP_MS)) return;
    throw new StoreError(
      'unavailable',
      `The objects in memory are behind revision ${resourceVersion}, and it does not arrive.`,
    );
  }

  get resourceVersion(): string {
    return this.#cache.resourceVersion;
  }

  /** As the memory holds it now, ordered by name. */
  list<K extends Kind>(kind: K): ObjectList<K> {
    return this.#cache.list(kind);
  }

  get<K extends Kind>(kind: K, name: string): ObjectOf[K] | undefined {
    return this.#cache.get(kind, name);
  }

  /** As the objects of a kind were at a revision, ordered by name. Throws StoreError `gone` when the history does not reach back so far. */
  listAt<K extends Kind>(kind: K, resourceVersion: string): ObjectList<K> {
    const revision = parseRevision(resourceVersion);
    const present = this.#cache.list(kind);
    const undone = this.since(kind, resourceVersion);
    if (undone.length === 0) return { items: present.items, resourceVersion };
    const objects = new Map(present.items.map((object) => [object.metadata.name, object]));
    for (const { change, previous } of undone.toReversed()) {
      const { name } = change.object.metadata;
      if (previous === undefined) objects.delete(name);
      else objects.set(name, previous as ObjectOf[K]);
    }
    return { items: [...objects.values()].sort(byName), resourceVersion: String(revision) };
  }

  /** The changes of a kind after a revision, in order. Throws StoreError `gone` when not all of them are kept, or for a revision yet to come. */
  since(kind: Kind, resourceVersion: string): readonly Past[] {
    const revision = parseRevision(resourceVersion);
    const isAhead = revision > parseRevision(this.#cache.resourceVersion);
    if (revision < this.#since || isAhead) throw goneRevision(resourceVersion);
    let first = this.#past.length;
    while (first > 0 && (this.#past[first - 1]?.revision ?? 0) > revision) first--;
    return this.#past.slice(first).filter((past) => past.change.kind === kind);
  }

  /** Hears of every change from now on, until stopped or told of a gap. */
  follow(listener: PastListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(change: Change, previous: ObjectOf[Kind] | undefined): void {
    const past = {
      revision: parseRevision(change.object.metadata.resourceVersion),
      change,
      previous,
    };
    this.#past.push(past);
    // In bulk: each cut copies what is left.
    if (this.#past.length > this.#kept * 1.1) {
      this.#past = this.#past.slice(-this.#kept);
      this.#since = Math.max(this.#since, (this.#past[0]?.revision ?? 0) - 1);
    }
    for (const listener of [...this.#listeners]) listener.take(past);
  }

  #restart(): void {
    this.#past = [];
    this.#since = this.#cache.completeSince;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.gap();
  }

  /** The store's revision at or after the call. One question answers all who come while another is under way. */
  #revision(): Promise<string> {
    if (this.#asking === undefined) return this.#ask();
    this.#asksNext ??= this.#asking.then(
      () => this.#ask(),
      () => this.#ask(),
    );
    return this.#asksNext;
  }

  #ask(): Promise<string> {
    this.#asksNext = undefined;
    const asking = this.#store.revision().finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }
}
