import { isDeepStrictEqual } from 'node:util';
import {
  API_VERSION,
  CLOUD_FINALIZER,
  type ManagedFields,
  type Resource,
} from '../resources/meta.ts';
import {
  type FieldSet,
  fieldText,
  fromFieldsV1,
  holds,
  leavesOf,
  removeField,
  setLeaf,
  toFieldsV1,
} from './field-set.ts';

/** Who writes what part of an object, when (RFC 3339). `subresource`: status; left out: everything but the status. */
export interface Author {
  readonly manager: string;
  readonly subresource?: 'status' | undefined;
  readonly now: string;
}

type Parts = Pick<Resource, 'metadata' | 'spec' | 'status'>;
type Entries = readonly ManagedFields[];

/** What a manager may own of an object: what the server sets in metadata is nobody's. */
function ownable({ metadata, spec, status }: Parts, subresource: Author['subresource']) {
  if (subresource === 'status') return leavesOf({ status });
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return leavesOf({
    metadata: {
      ...full({ labels, annotations }),
      finalizers: finalizers?.filter((one) => one !== CLOUD_FINALIZER),
      ownerReferences,
    },
    spec,
  });
}

/** Maps that are written empty are as good as left out. */
const full = (maps: Readonly<Record<string, object | undefined>>) =>
  Object.fromEntries(
    Object.entries(maps).filter(([, map]) => map !== undefined && Object.keys(map).length > 0),
  );

/**
 * The entries after a write other than an apply: fields that changed go to the author's Update entry and leave all others;
 * fields that are gone leave every entry. `base`: the entries before, or those that the write brings along.
 */
export function afterUpdate(
  base: Entries,
  before: Parts | undefined,
  after: Parts,
  author: Author,
): Entries {
  const past = before ? ownable(before, author.subresource) : new Map<string, unknown>();
  const present = ownable(after, author.subresource);
  const changed = new Set(
    [...present].flatMap(([path, value]) =>
      past.has(path) && isDeepStrictEqual(past.get(path), value) ? [] : [path],
    ),
  );
  const gone = new Set([...past.keys()].filter((path) => !holds(present.keys(), path)));
  if (changed.size === 0 && gone.size === 0) return base;
  const isOwn = isEntryOf(author, 'Update');
  const others = base
    .filter((entry) => !isOwn(entry))
    .map((entry) => without(entry, (path) => changed.has(path) || gone.has(path)));
  const old = base.find(isOwn);
  const kept = old ? [...fromFieldsV1(old.fieldsV1)].filter((path) => !gone.has(path)) : [];
  const own = new Set([...kept, ...changed]);
  return tidy([
    ...others,
    changed.size > 0 || !old ? entry(author, 'Update', own) : { ...old, fieldsV1: toFieldsV1(own) },
  ]);
}

interface Conflict {
  /** The manager that owns the field. */
  readonly manager: string;
  /** Like .spec.provider */
  readonly field: string;
}

/** The object that an apply comes to, with its managedFields; or the conflicts that hinder it. */
export type Applied =
  | { readonly object: Parts; readonly conflicts?: undefined }
  | { readonly conflicts: readonly Conflict[] };

/**
 * Kubernetes' server-side apply: what `wanted` names is set; what the author applied before, names no more and nobody else owns is
 * removed; the rest stays. A field that another manager owns with another value is a conflict, unless `force` takes it over.
 * Does not change its arguments. The time of the author's entry stays when nothing else changes.
 */
export function apply(
  live: Parts,
  wanted: Parts,
  author: Author,
  options: { readonly force: boolean },
): Applied {
  const entries = live.metadata.managedFields ?? [];
  const isOwn = isEntryOf(author, 'Apply');
  const old = entries.find(isOwn);
  const others = entries.filter((one) => !isOwn(one));
  const leaves = ownable(wanted, author.subresource);
  const present = ownable(live, author.subresource);
  const differs = (path: string) => !isDeepStrictEqual(present.get(path), leaves.get(path));

  const conflicts = others.flatMap((other) => {
    const owned = fromFieldsV1(other.fieldsV1);
    return [...leaves.keys()]
      .filter((path) => owned.has(path) && differs(path))
      .map((path) => ({ manager: other.manager, path }));
  });
  if (conflicts.length > 0 && !options.force) {
    return {
      conflicts: conflicts.map(({ manager, path }) => ({ manager, field: fieldText(path) })),
    };
  }
  const taken = new Set(conflicts.map(({ path }) => path));
  const left = others.map((other) => without(other, (path) => taken.has(path)));

  const object = structuredClone(live) as Parts & Record<string, unknown>;
  const othersOwn = left.flatMap((other) => [...fromFieldsV1(other.fieldsV1)]);
  for (const path of old ? fromFieldsV1(old.fieldsV1) : []) {
    if (!holds(leaves.keys(), path) && !holds(othersOwn, path)) removeField(object, path);
  }
  for (const [path, value] of leaves) setLeaf(object, path, structuredClone(value));

  const own = entry(author, 'Apply', new Set(leaves.keys()));
  const isSame =
    old !== undefined &&
    isDeepStrictEqual(old.fieldsV1, own.fieldsV1) &&
    [...leaves.keys()].every((path) => !differs(path));
  const managedFields = tidy([...left, isSame ? old : own]);
  return { object: { ...object, metadata: { ...object.metadata, managedFields } } };
}

const isEntryOf =
  ({ manager, subresource }: Author, operation: ManagedFields['operation']) =>
  (one: ManagedFields): boolean =>
    one.manager === manager && one.operation === operation && one.subresource === subresource;

const entry = (
  { manager, subresource, now }: Author,
  operation: ManagedFields['operation'],
  fields: FieldSet,
): ManagedFields => ({
  manager,
  operation,
  apiVersion: API_VERSION,
  time: now,
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(fields),
  ...(subresource === undefined ? {} : { subresource }),
});

function without(one: ManagedFields, isLost: (path: string) => boolean): ManagedFields {
  const fields = fromFieldsV1(one.fieldsV1);
  const kept = new Set([...fields].filter((path) => !isLost(path)));
  return kept.size === fields.size ? one : { ...one, fieldsV1: toFieldsV1(kept) };
}

/** Who owns nothing has no entry. */
const tidy = (entries: Entries): Entries =>
  entries.filter((one) => Object.keys(one.fieldsV1 ?? {}).length > 0);
