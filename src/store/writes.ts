import { isDeepStrictEqual } from 'node:util';
import { rfc3339 } from '../clock.ts';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import { API_VERSION, type ObjectMeta, type Resource } from '../resources/meta.ts';
import { type NewObject, type Preconditions, StoreError } from './store.ts';

/** What a request comes to, given what is stored. `unchanged`: nothing is to be written. The store sets the resourceVersion at the commit. */
export type Write<K extends Kind> =
  | { readonly type: 'unchanged'; readonly object: ObjectOf[K] }
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: ObjectOf[K] };

/** The rules of every store, real or in memory. Pure; `now` is ms since the epoch. */
export function creation<K extends Kind>(
  kind: K,
  given: NewObject<K>,
  fresh: { readonly uid: string; readonly now: number },
): Write<K> {
  const meta: ObjectMeta = {
    name: given.name,
    uid: fresh.uid,
    resourceVersion: '',
    generation: 1,
    creationTimestamp: rfc3339(fresh.now),
    labels: given.labels,
    annotations: given.annotations,
    finalizers: kinds[kind].finalizers,
    ownerReferences: given.ownerReferences,
  };
  return { type: 'added', object: tidy(kind, { metadata: meta, spec: given.spec }) };
}

/** Spec, labels, annotations, finalizers and owner references come from `given`, all else stays. Throws StoreError `conflict` or `invalid`. */
export function update<K extends Kind>(kind: K, stored: ObjectOf[K], given: ObjectOf[K]): Write<K> {
  mustBeSame(kind, stored, given.metadata);
  const changesSpec = !isSame(stored.spec, given.spec);
  for (const field of kinds[kind].immutable) {
    if (!isSame(at(stored.spec, field), at(given.spec, field))) {
      throw new StoreError(
        'invalid',
        `${kind} ${stored.metadata.name}: spec.${field} cannot be changed once it is written; delete the object and create another.`,
        { field: `spec.${field}` },
      );
    }
  }
  const finalizers = given.metadata.finalizers ?? [];
  const isTerminating = stored.metadata.deletionTimestamp !== undefined;
  const added = finalizers.filter((one) => !stored.metadata.finalizers?.includes(one));
  if (isTerminating && added.length > 0) {
    throw new StoreError(
      'invalid',
      `${kind} ${stored.metadata.name} is being deleted: finalizer ${added.join(', ')} cannot be added any more.`,
    );
  }
  const object = tidy(kind, {
    metadata: {
      ...stored.metadata,
      generation: stored.metadata.generation + (changesSpec ? 1 : 0),
      labels: given.metadata.labels,
      annotations: given.metadata.annotations,
      finalizers,
      ownerReferences: given.metadata.ownerReferences,
    },
    spec: given.spec,
    status: stored.status,
  });
  if (isTerminating && finalizers.length === 0) return { type: 'deleted', object };
  return changeOf(stored, object);
}

/** Status alone comes from `given`. Throws StoreError `conflict`. */
export function updateStatus<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  given: ObjectOf[K],
): Write<K> {
  mustBeSame(kind, stored, given.metadata);
  return changeOf(stored, tidy(kind, { ...stored, status: given.status }));
}

/** Throws StoreError `conflict` when a precondition does not hold. */
export function deletion<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  preconditions: Preconditions,
  now: number,
): Write<K> {
  mustBeSame(kind, stored, preconditions);
  if (stored.metadata.deletionTimestamp !== undefined) {
    return { type: 'unchanged', object: stored };
  }
  const metadata: ObjectMeta = { ...stored.metadata, deletionTimestamp: rfc3339(now) };
  return {
    type: stored.metadata.finalizers?.length ? 'modified' : 'deleted',
    object: tidy(kind, { ...stored, metadata }),
  };
}

export const notFound = (kind: Kind, name: string): StoreError =>
  new StoreError('not-found', `${kind} ${name} does not exist.`);

export const alreadyExists = (kind: Kind, name: string): StoreError =>
  new StoreError('already-exists', `${kind} ${name} already exists.`);

export const conflict = (kind: Kind, name: string): StoreError =>
  new StoreError(
    'conflict',
    `${kind} ${name} has been changed by another since it was read; read it again and decide anew.`,
  );

export const goneRevision = (resourceVersion: string): StoreError =>
  new StoreError(
    'gone',
    `The changes after resourceVersion ${resourceVersion} are not kept any more; list again and watch from there.`,
  );

/** The number of a revision. Throws StoreError `invalid` for what is none. */
export function parseRevision(resourceVersion: string): number {
  const revision = /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : Number.NaN;
  if (Number.isNaN(revision)) {
    throw new StoreError(
      'invalid',
      `resourceVersion "${resourceVersion}" is not one of this store's: it must be a whole number.`,
    );
  }
  return revision;
}

/** The object as committed under this revision. */
export const atRevision = <K extends Kind>(object: ObjectOf[K], revision: string): ObjectOf[K] => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: revision },
});

/** By UTF-16 code units, the same on every machine. */
export const byName = (a: Resource, b: Resource): number =>
  a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;

function changeOf<K extends Kind>(stored: ObjectOf[K], object: ObjectOf[K]): Write<K> {
  return isSame(stored, object)
    ? { type: 'unchanged', object: stored }
    : { type: 'modified', object };
}

function mustBeSame(kind: Kind, stored: Resource, expected: Preconditions): void {
  const { name, uid, resourceVersion } = stored.metadata;
  const isOther = expected.uid !== undefined && expected.uid !== uid;
  const isOlder =
    expected.resourceVersion !== undefined && expected.resourceVersion !== resourceVersion;
  if (isOther || isOlder) throw conflict(kind, name);
}

/** Equal as JSON: the order of keys and keys without a value do not count. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(json(a), json(b));
}

const json = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

const at = (spec: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], spec);

/** One shape for every stored object: keys in their usual order, nothing empty, nothing that JSON would not keep. */
function tidy<K extends Kind>(
  kind: K,
  parts: Pick<Resource, 'metadata' | 'spec' | 'status'>,
): ObjectOf[K] {
  const { labels, annotations, finalizers, ownerReferences, ...meta } = parts.metadata;
  const metadata: ObjectMeta = {
    ...meta,
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(finalizers?.length ? { finalizers } : {}),
    ...(ownerReferences?.length ? { ownerReferences } : {}),
  };
  const object: Resource = {
    apiVersion: API_VERSION,
    kind,
    metadata,
    spec: parts.spec,
    status: parts.status,
  };
  return json(object) as ObjectOf[K];
}
