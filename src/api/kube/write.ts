import { type Random, rfc3339 } from '../../clock.ts';
import { type InstanceSpec, instanceName } from '../../resources/instance.ts';
import { type Kind, kinds, type ObjectOf } from '../../resources/kinds.ts';
import type { ManagedFields, OwnerReference } from '../../resources/meta.ts';
import type { GivenMeta } from '../../resources/object-meta.ts';
import { StoreError, type WriteOptions } from '../../store/store.ts';
import type { Parsed } from './body.ts';
import { decode, strictError } from './decode.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  invalid,
  notFound,
} from './errors.ts';
import type { Subresource } from './group.ts';
import { dryRun, fieldManager, fieldValidation } from './query.ts';
import { type KubeRequest, readObject } from './request.ts';
import { objectAnswer, warn } from './respond.ts';

/** Kubernetes' own: no vowels, so that no words come about, and no look-alikes. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_TRIES = 10;

export const writeOptions = ({
  c,
  query,
}: KubeRequest): WriteOptions & { readonly manager: string } => ({
  dryRun: dryRun(query.getAll('dryRun')),
  manager: fieldManager(query, c.req.header('user-agent')),
});

/** POST to a collection. Throws KubeError. */
export async function create<K extends Kind>(kind: K, request: KubeRequest): Promise<Response> {
  const parsed = await readObject(request);
  const { store, random } = request;
  const options = writeOptions(request);
  const { metadata, spec } = decoded(kind, parsed, request);
  if (metadata.resourceVersion) {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  for (let attempt = 1; ; attempt++) {
    const name = nameFor(kind, metadata, spec, random);
    const isGenerated = name.isGenerated;
    try {
      const created = await store.create(
        kind,
        {
          name: name.text,
          generateName: isGenerated ? metadata.generateName : undefined,
          ...writable(metadata),
          spec,
        },
        options,
      );
      return objectAnswer(request, kind, created, 201);
    } catch (error) {
      const isTaken = error instanceof StoreError && error.kind === 'already-exists';
      if (isTaken && isGenerated && attempt < MAX_TRIES) continue;
      throw asKubeError(error, kind, name.text);
    }
  }
}

/** PUT of an object or a subresource. Throws KubeError. */
export async function replace<K extends Kind>(
  kind: K,
  name: string,
  subresource: Subresource | undefined,
  request: KubeRequest,
): Promise<Response> {
  const parsed = await readObject(request);
  const changed = await change(kind, name, subresource, request, (stored) => ({
    body: parsed,
    base: stored.metadata.managedFields,
    isPinned: true,
    mustNameVersion: true,
  }));
  return objectAnswer(request, kind, changed);
}

/** What a write makes of the stored object. */
export interface Edit {
  readonly body: Parsed;
  /** managedFields where the body has none. */
  readonly base: readonly ManagedFields[] | undefined;
  /** The write itself names the version that it is for: another writer who comes between makes it fail. */
  readonly isPinned: boolean;
  readonly mustNameVersion?: boolean;
  /** managedFields are complete as they stand: the write is an apply. */
  readonly isApply?: boolean;
}

/**
 * Writes what `edit` makes of the stored object. Unless the outcome names a version, other writers who come between do not hinder
 * it: it is made anew from what they wrote. Throws KubeError.
 */
export async function change<K extends Kind>(
  kind: K,
  name: string,
  subresource: Subresource | undefined,
  request: KubeRequest,
  edit: (stored: ObjectOf[K]) => Edit,
): Promise<ObjectOf[K]> {
  const { store } = request;
  const options = writeOptions(request);
  const target = { plural: kinds[kind].plural, name };
  for (let attempt = 1; ; attempt++) {
    const stored = await store.get(kind, name);
    if (stored === undefined) throw notFound(target);
    const { body, base, isPinned, mustNameVersion = false, isApply = false } = edit(stored);
    const isStatus = subresource === 'status';
    const given = decoded(kind, isStatus ? onSpecOf(stored, body) : body, request, name, isStatus);
    const { metadata } = given;
    mustFit(kind, stored, metadata, mustNameVersion);
    const managedFields = managed(metadata) ?? base;
    const object = {
      ...stored,
      metadata: {
        ...stored.metadata,
        ...(subresource === 'status' ? {} : writable(metadata)),
        managedFields,
      },
      spec: subresource === 'status' ? stored.spec : given.spec,
      status: subresource === 'status' ? given.status : stored.status,
    } as ObjectOf[K];
    const author = isApply ? { ...options, manager: undefined } : options;
    try {
      return subresource === 'status'
        ? await store.updateStatus(kind, object, author)
        : await store.update(kind, object, author);
    } catch (error) {
      const isOvertaken = error instanceof StoreError && error.kind === 'conflict';
      if (isOvertaken && !isPinned && attempt < MAX_TRIES) continue;
      throw asKubeError(error, kind, name);
    }
  }
}

/** A write of the status alone needs no spec, and what it says of one does not count. */
const onSpecOf = ({ spec }: { readonly spec: unknown }, { value, duplicates }: Parsed): Parsed => ({
  value: typeof value === 'object' && value !== null ? { ...value, spec } : value,
  duplicates,
});

function mustFit<K extends Kind>(
  kind: K,
  stored: ObjectOf[K],
  { name, uid, resourceVersion }: GivenMeta,
  mustNameVersion: boolean,
): void {
  const target = { plural: kinds[kind].plural, name: stored.metadata.name };
  if (name !== undefined && name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (uid && uid !== stored.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`;
    throw conflict(target, why);
  }
  if (!resourceVersion && mustNameVersion) {
    throw invalid({ kind, name: target.name }, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0x0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
  }
  if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) {
    throw conflict(target);
  }
}

/** Decodes as the parameter fieldValidation asks, and warns of what it drops. */
export function decoded<K extends Kind>(
  kind: K,
  { value, duplicates }: Parsed,
  request: KubeRequest,
  name?: string,
  withStatus = false,
) {
  const validation = fieldValidation(request.query);
  if (validation === 'Strict' && duplicates.length > 0) throw strictError(kind, duplicates);
  const result = decode(kind, value, {
    validation,
    withStatus,
    ...(name === undefined ? {} : { name }),
  });
  warn(request, [...(validation === 'Warn' ? duplicates : []), ...result.warnings]);
  return result;
}

/** The managedFields that a client sends along. Some write the same times in another form; an empty entry resets them. */
const managed = ({ managedFields }: GivenMeta): readonly ManagedFields[] | undefined =>
  (managedFields as readonly ManagedFields[] | undefined)
    ?.filter((entry) => entry.manager)
    .map((entry) => {
      const at = Date.parse(entry.time ?? '');
      return Number.isNaN(at) ? entry : { ...entry, time: rfc3339(at) };
    });

/** What a client decides of the metadata. */
const writable = (metadata: GivenMeta) => ({
  labels: metadata.labels,
  annotations: metadata.annotations,
  finalizers: metadata.finalizers,
  ownerReferences: metadata.ownerReferences as readonly OwnerReference[] | undefined,
});

/** An Instance's name follows from its number, so that a number can't be declared twice. */
export function nameFor<K extends Kind>(
  kind: K,
  { name, generateName }: GivenMeta,
  spec: ObjectOf[K]['spec'],
  random: Random,
): { readonly text: string; readonly isGenerated: boolean } {
  if (kind === 'Instance') {
    const expected = instanceName((spec as InstanceSpec).numberphone);
    if (name === undefined || name === expected) return { text: expected, isGenerated: false };
    throw invalid({ kind, name }, [
      fieldInvalid(
        'metadata.name',
        name,
        `must be "${expected}", the name of this number; it may be left out`,
      ),
    ]);
  }
  if (name !== undefined) return { text: name, isGenerated: false };
  if (!generateName) {
    throw invalid({ kind, name: '' }, [
      fieldRequired('metadata.name', 'name or generateName is required'),
    ]);
  }
  const letters = Array.from(
    { length: SUFFIX_LENGTH },
    () => SUFFIX_ALPHABET[Math.floor(random() * SUFFIX_ALPHABET.length)],
  );
  return { text: `${generateName.slice(0, 248)}${letters.join('')}`, isGenerated: true };
}

/** What the store refuses, in Kubernetes' words. */
export function asKubeError(error: unknown, kind: Kind, name: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const target = { plural: kinds[kind].plural, name };
  switch (error.kind) {
    case 'already-exists':
      return alreadyExists(target);
    case 'not-found':
      return notFound(target);
    case 'conflict':
      return conflict(target);
    case 'invalid': {
      const field = error.field ?? 'spec';
      return invalid({ kind, name }, [
        field === 'metadata.finalizers'
          ? fieldForbidden(field, 'no new finalizers can be added if the object is being deleted')
          : { reason: 'FieldValueInvalid', message: 'Invalid value: field is immutable', field },
      ]);
    }
    case 'gone':
    case 'unavailable':
      return error;
  }
}
