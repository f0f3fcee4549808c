import { rfc3339 } from '../clock.ts';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import {
  API_VERSION,
  FOREGROUND_FINALIZER,
  type ObjectMeta,
  ORPHAN_FINALIZER,
  type Resource,
} from '../resources/meta.ts';
import { afterUpdate } from './managed-fields.ts';
import {
  type NewObject,
  type Preconditions,
  type PropagationPolicy,
  StoreError,
  type WriteOptions,
} from './store.ts';

/** What a request comes to, given what is stored. `unchanged`: nothing is to be written. The store sets the resourceVersion at the commit. */
export type Write<K extends Kind> =
  | { readonly type: 'unchanged'; readonly object: ObjectOf[K] }
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: ObjectOf[K] };

/** The rules of every store, real or in memory. Pure; `now` is ms since the epoch. */
export function creation<K extends Kind>(
  kind: K,
  given: NewObject<K>,
  fresh: { readonly uid: string; readonly now: number },
  { manager }: WriteOptions = {},
): Write<K> {
  const meta: ObjectMeta = {
    name: given.name,
    generateName: given.generateName,
    uid: fresh.uid,
    resourceVersion: '',
    generation: 1,
    creationTimestamp: rfc3339(fresh.now),
    labels: given.labels,
    annotations: given.annotations,
    finalizers: withOwn(kind, given.finalizers ?? []),
    ownerReferences: given.ownerReferences,
    managedFields: given.managedFields,
  };
  const object = tidy(kind, { metadata: meta, spec: given.spec });
  return { type: 'added', object: recorded(kind, undefined, object, manager, fresh.now) };
}

/** Spec, labels, annotations, finalizers, owner references and managedFields come from `given`, all else stays. Throws StoreError `conflict` or `invalid`. */
export function update<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  given: ObjectOf[K],
  { manager, now = 0 }: WriteOptions & { readonly now?: number } = {},
): Write<K> {
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
  const isTerminating = stored.metadata.deletionTimestamp !== undefined;
  const finalizers = isTerminating
    ? (given.metadata.finalizers ?? [])
    : withOwn(kind, given.metadata.finalizers ?? []);
  const added = finalizers.filter((one) => !stored.metadata.finalizers?.includes(one));
  if (isTerminating && added.length > 0) {
    throw new StoreError(
      'invalid',
      `${kind} ${stored.metadata.name} is being deleted: finalizer ${added.join(', ')} cannot be added any more.`,
      { field: 'metadata.finalizers' },
    );
  }
  const written = tidy(kind, {
    metadata: {
      ...stored.metadata,
      generation: stored.metadata.generation + (changesSpec ? 1 : 0),
      labels: given.metadata.labels,
      annotations: given.metadata.annotations,
      finalizers,
      ownerReferences: given.metadata.ownerReferences,
      managedFields: given.metadata.managedFields,
    },
    spec: given.spec,
    status: stored.status,
  });
  const object = recorded(kind, stored, written, manager, now);
  if (isTerminating && finalizers.length === 0) return { type: 'deleted', object };
  return changeOf(stored, object);
}

/** Status and managedFields come from `given`, all else stays. Throws StoreError `conflict`. */
export function updateStatus<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  given: ObjectOf[K],
  { manager, now = 0 }: WriteOptions & { readonly now?: number } = {},
): Write<K> {
  mustBeSame(kind, stored, given.metadata);
  const { managedFields } = given.metadata;
  if (isSame(stored.status, given.status) && isSame(stored.metadata.managedFields, managedFields)) {
    return { type: 'unchanged', object: stored };
  }
  const metadata = { ...stored.metadata, managedFields };
  const written = tidy(kind, { ...stored, metadata, status: given.status });
  return changeOf(stored, recorded(kind, stored, written, manager, now, 'status'));
}

/** Throws StoreError `conflict` when a precondition does not hold. */
export function deletion<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  {
    propagationPolicy,
    ...preconditions
  }: Preconditions & {
    readonly propagationPolicy?: PropagationPolicy | undefined;
  },
  now: number,
): Write<K> {
  mustBeSame(kind, stored, preconditions);
  const { deletionTimestamp = rfc3339(now) } = stored.metadata;
  const finalizers = propagatedBy(propagationPolicy, stored.metadata.finalizers ?? []);
  const metadata: ObjectMeta = {
    ...stored.metadata,
    deletionTimestamp,
    deletionGracePeriodSeconds: 0,
    finalizers,
  };
  const object = tidy(kind, { ...stored, metadata });
  return finalizers.length === 0 ? { type: 'deleted', object } : changeOf(stored, object);
}

/** The kind's own finalizers stay until the deletion: a file that is silent on them must not leave a droplet behind. */
const withOwn = (kind: Kind, finalizers: readonly string[]): readonly string[] => [
  ...finalizers,
  ...kinds[kind].finalizers.filter((own) => !finalizers.includes(own)),
];

/** As Kubernetes does: a policy that is asked for takes the place of one that was asked for before. */
function propagatedBy(
  policy: PropagationPolicy | undefined,
  finalizers: readonly string[],
): readonly string[] {
  if (policy === undefined) return finalizers;
  const others = finalizers.filter(
    (one) => one !== FOREGROUND_FINALIZER && one !== ORPHAN_FINALIZER,
  );
  if (policy === 'Foreground') return [...others, FOREGROUND_FINALIZER];
  return policy === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others;
}

/** The object with who wrote what of it, if that is to be recorded. A write that changes nothing else changes no entry. */
function recorded<K extends Kind>(
  kind: K,
  stored: ObjectOf[K] | undefined,
  object: ObjectOf[K],
  manager: string | undefined,
  now: number,
  subresource?: 'status',
): ObjectOf[K] {
  if (manager === undefined) return object;
  const author = { manager, now: rfc3339(now), subresource };
  const managedFields = afterUpdate(object.metadata.managedFields ?? [], stored, object, author);
  return tidy(kind, { ...object, metadata: { ...object.metadata, managedFields } });
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
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => isSame(item, b[i]))
    );
  }
  const [left, right] = [a as Fields, b as Fields];
  const keys = valuedKeys(left);
  return (
    keys.length === valuedKeys(right).length && keys.every((key) => isSame(left[key], right[key]))
  );
}

type Fields = Readonly<Record<string, unknown>>;

const valuedKeys = (fields: Fields): readonly string[] =>
  Object.keys(fields).filter((key) => fields[key] !== undefined);

const at = (spec: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], spec);

/** One shape for every stored object: keys in their usual order, nothing empty, nothing that JSON would not keep. */
function tidy<K extends Kind>(
  kind: K,
  parts: Pick<Resource, 'metadata' | 'spec' | 'status'>,
): ObjectOf[K] {
  const { labels, annotations, finalizers, ownerReferences, managedFields, ...meta } =
    parts.metadata;
  const metadata: ObjectMeta = {
    ...meta,
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(finalizers?.length ? { finalizers } : {}),
    ...(ownerReferences?.length ? { ownerReferences } : {}),
    ...(managedFields?.length ? { managedFields } : {}),
  };
  const object: Resource = {
    apiVersion: API_VERSION,
    kind,
    metadata,
    spec: parts.spec,
    status: parts.status,
  };
  return JSON.parse(JSON.stringify(object)) as ObjectOf[K];
}
