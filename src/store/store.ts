import type { Kind, ObjectOf } from '../resources/kinds.ts';
import type { ManagedFields, OwnerReference } from '../resources/meta.ts';

/** Why the store refused. What the caller should do: `conflict`: read again and decide anew. `already-exists`, `not-found`, `invalid`: tell the user. `gone`: list again, then watch from there. `unavailable`: Redis can't be asked now, try later. */
export type StoreErrorKind =
  | 'already-exists'
  | 'not-found'
  | 'conflict'
  | 'invalid'
  | 'gone'
  | 'unavailable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;
  /** The field that an `invalid` is about, in dots: spec.region. */
  readonly field: string | undefined;
  constructor(
    kind: StoreErrorKind,
    message: string,
    options?: ErrorOptions & { readonly field?: string | undefined },
  ) {
    super(message, options);
    this.kind = kind;
    this.field = options?.field;
  }
}

/** What a caller gives to create an object; the store sets uid, versions, times and the kind's finalizers. */
export interface NewObject<K extends Kind> {
  readonly name: string;
  readonly generateName?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  /** Beside those of the kind. */
  readonly finalizers?: readonly string[] | undefined;
  readonly managedFields?: readonly ManagedFields[] | undefined;
  /** Valid already: the store does not check specs again. */
  readonly spec: ObjectOf[K]['spec'];
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface WriteOptions {
  /** Decide everything and answer as if it were done, but write nothing. */
  readonly dryRun?: boolean | undefined;
  /** Who writes, for `metadata.managedFields`. Left out: not recorded. */
  readonly manager?: string | undefined;
}

/** What becomes of the objects that an object owns: deleted after it, deleted before it, or left without an owner. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions extends Preconditions {
  readonly dryRun?: boolean | undefined;
  /** Left out: finalizers stay as they are, which means Background. */
  readonly propagationPolicy?: PropagationPolicy | undefined;
}

/** One committed write. `object` is the whole object as written; for `deleted` its last state, with the deletion's resourceVersion. */
export interface Change<K extends Kind = Kind> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly kind: K;
  readonly object: ObjectOf[K];
}

export interface ObjectList<K extends Kind> {
  readonly items: readonly ObjectOf[K][];
  /** The revision of the whole store at reading: watch from here to miss nothing. */
  readonly resourceVersion: string;
}

/** Versioned objects: what is wanted (spec, metadata) and what is known (status). Every method throws StoreError `unavailable` when Redis can't answer. */
export interface Store {
  /** Writes a new object. Throws `already-exists` when the name is taken, a terminating holder included. */
  create<K extends Kind>(
    kind: K,
    object: NewObject<K>,
    options?: WriteOptions,
  ): Promise<ObjectOf[K]>;

  get<K extends Kind>(kind: K, name: string): Promise<ObjectOf[K] | undefined>;

  /** All objects of a kind, ordered by name. */
  list<K extends Kind>(kind: K): Promise<ObjectList<K>>;

  /** The revision of the last commit by anyone: what a reader must have seen to show everything. */
  revision(): Promise<string>;

  /**
   * Writes spec, labels, annotations, finalizers and owner references; the stored status stays. A write that changes nothing
   * keeps the resourceVersion. An object that is being deleted goes with its last finalizer.
   * Throws `conflict` when resourceVersion or uid is no longer the stored one, `not-found`, `invalid` for an immutable field.
   */
  update<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options?: WriteOptions,
  ): Promise<ObjectOf[K]>;

  /** Writes the status alone. Throws `conflict` or `not-found` as `update` does. */
  updateStatus<K extends Kind>(
    kind: K,
    object: ObjectOf[K],
    options?: WriteOptions,
  ): Promise<ObjectOf[K]>;

  /**
   * Asks for deletion: sets deletionTimestamp while finalizers remain, removes at once otherwise; asking again changes nothing.
   * A propagation policy sets Kubernetes' finalizers `foregroundDeletion` and `orphan`, which the controller acts on and takes off.
   * Answers the object as it stands (or last stood). Throws `not-found`, and `conflict` when a precondition does not hold.
   */
  delete<K extends Kind>(kind: K, name: string, options?: DeleteOptions): Promise<ObjectOf[K]>;

  /** Every change after `resourceVersion`, of all kinds, in order, once; ends when `signal` aborts. Throws `gone` when that revision is older than the kept history. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<Change>;
}
