import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { rfc3339 } from '../../clock.ts';
import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { API_VERSION, type Resource } from '../../resources/meta.ts';
import { type Author, apply as applied } from '../../store/managed-fields.ts';
import { StoreError } from '../../store/store.ts';
import { contentType, type Parsed, readValue } from './body.ts';
import { isObject, mustBeKind } from './decode.ts';
import { badRequest, fieldRequired, invalid, KubeError } from './errors.ts';
import { mergePatch } from './merge-patch.ts';
import { flag } from './query.ts';
import type { KubeRequest } from './request.ts';
import { objectAnswer } from './respond.ts';
import { asKubeError, change, decoded, type Edit, nameFor, writeOptions } from './write.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
export const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH];

/** As many as Kubernetes takes. */
const MAX_OPERATIONS = 10_000;
/** Kubernetes' own: a few copies of copies would fill any memory. */
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;

/** PATCH of an object or its status. Throws KubeError. */
export async function patch<K extends Kind>(
  kind: K,
  name: string,
  subresource: 'status' | undefined,
  request: KubeRequest,
): Promise<Response> {
  const type = contentType(request.c);
  const parsed = await readValue(request.c, PATCH_TYPES);
  if (type === APPLY_PATCH) return serverSideApply(kind, name, subresource, parsed, request);
  const { pinned, edit } = editor(type, parsed);
  const changed = await change(kind, name, subresource, request, (stored) => ({
    body: { value: edit(stored), duplicates: parsed.duplicates },
    base: stored.metadata.managedFields,
    isPinned: pinned,
  }));
  return objectAnswer(request, kind, changed);
}

/** What a patch makes of any JSON object, and whether it names the version that it is for. Throws KubeError 400. */
export function editor(
  type: string,
  { value }: Parsed,
): { readonly pinned: boolean; readonly edit: (object: object) => unknown } {
  if (type === MERGE_PATCH) {
    if (!isObject(value)) throw badRequest('a merge patch must be an object');
    const metadata = value['metadata'];
    return {
      pinned: isObject(metadata) && Boolean(metadata['resourceVersion']),
      edit: (object) => mergePatch(object, value),
    };
  }
  if (!Array.isArray(value) || !value.every(isOperation)) {
    throw badRequest(
      'a JSON patch must be a list of operations: op, path, and value or from; paths begin with /',
    );
  }
  if (value.length > MAX_OPERATIONS) {
    throw tooLarge(`has more than ${MAX_OPERATIONS} operations`);
  }
  const operations: readonly Operation[] = value;
  return {
    pinned: operations.some(({ path }) => path === '/metadata/resourceVersion'),
    edit: (object) => jsonPatch(object, operations),
  };
}

/** The library passes over these in a path, as if they were not there. */
const UNSAFE = /\/(__proto__|constructor|prototype)(\/|$)/;

/** RFC 6902. Does not change its arguments. Throws KubeError 413 or 422. */
function jsonPatch(object: object, operations: readonly Operation[]): unknown {
  const patched = structuredClone(object);
  let copied = 0;
  for (const [index, operation] of structuredClone([...operations]).entries()) {
    const { op, path } = operation;
    if (op === 'copy') {
      copied += sizeAt(patched, operation.from);
      if (copied > MAX_COPIED_CHARACTERS) throw tooLarge('copies more than 3 MiB');
    }
    if (!isApplied(patched, operation)) {
      throw new KubeError(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request: operation ${index + 1} of the JSON patch (${op} ${path}) does not fit the object`,
      );
    }
  }
  return patched;
}

/** Applies it, if it fits. The library answers why not, and throws where what is to be written to is no object. */
function isApplied(object: object, operation: Operation): boolean {
  try {
    return applyPatch(object, [operation])[0] === null;
  } catch {
    return false;
  }
}

/** In characters of JSON; 0 where there is nothing. */
function sizeAt(object: object, pointer: string): number {
  try {
    return JSON.stringify(Pointer.fromJSON(pointer).get(object))?.length ?? 0;
  } catch {
    return 0; // The operation itself does not fit then.
  }
}

const tooLarge = (why: string): KubeError =>
  new KubeError(413, 'RequestEntityTooLarge', `a JSON patch that ${why} is not taken`);

/** RFC 6901: the whole, or something in it. */
const isPointer = (value: unknown): boolean =>
  typeof value === 'string' && (value === '' || value.startsWith('/')) && !UNSAFE.test(value);

function isOperation(value: unknown): value is Operation {
  if (!isObject(value) || !isPointer(value['path'])) return false;
  switch (value['op']) {
    case 'add':
    case 'replace':
    case 'test':
      return Object.hasOwn(value, 'value');
    case 'move':
    case 'copy':
      return isPointer(value['from']);
    default:
      return value['op'] === 'remove';
  }
}

/** What the object would be if the apply created it. */
const NOTHING = { metadata: {}, spec: {} } as unknown as Resource;

async function serverSideApply<K extends Kind>(
  kind: K,
  name: string,
  subresource: 'status' | undefined,
  parsed: Parsed,
  request: KubeRequest,
): Promise<Response> {
  const { query, store, clock, random } = request;
  const force = flag(query, 'force');
  const options = writeOptions(request);
  if (!query.get('fieldManager')) {
    throw invalid({ kind: 'PatchOptions', name: '', group: 'meta.k8s.io' }, [
      fieldRequired('fieldManager', 'is required for apply patch'),
    ]);
  }
  const body = mustBeKind(kind, parsed.value);
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  const managed = metadata['managedFields'];
  if (Array.isArray(managed) && managed.length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const wanted = {
    metadata,
    spec: body['spec'] ?? undefined,
    status: body['status'] ?? undefined,
  } as unknown as Resource;
  const author: Author = { manager: options.manager, subresource, now: rfc3339(clock.now()) };
  /** The whole body after the apply, its managedFields apart. */
  const bodyOn = (live: Resource): Edit => {
    const outcome = applied(live, wanted, author, { force });
    if (outcome.conflicts) throw applyConflict(outcome.conflicts);
    const { managedFields, ...rest } = outcome.object.metadata;
    // Unknown fields of the body must be seen, so that they are refused or told of.
    const extra = Object.fromEntries(
      Object.entries(metadata).filter(([key]) => key !== 'managedFields' && !(key in rest)),
    );
    const value = { ...body, ...outcome.object, metadata: { ...extra, ...rest, name } };
    return {
      body: { value, duplicates: parsed.duplicates },
      base: managedFields ?? [],
      isPinned: Boolean(metadata['resourceVersion']),
      isApply: true,
    };
  };
  const isMissing = (await store.get(kind, name)) === undefined;
  if (isMissing && subresource === undefined) {
    const given = bodyOn(NOTHING);
    const { metadata: meta, spec } = decoded(kind, given.body, request, name);
    try {
      const created = await store.create(
        kind,
        {
          name: nameFor(kind, meta, spec, random).text,
          labels: meta.labels,
          annotations: meta.annotations,
          finalizers: meta.finalizers,
          ownerReferences: meta.ownerReferences as ObjectOf[K]['metadata']['ownerReferences'],
          managedFields: given.base,
          spec,
        },
        { dryRun: options.dryRun },
      );
      return objectAnswer(request, kind, created, 201);
    } catch (error) {
      const isRace = error instanceof StoreError && error.kind === 'already-exists';
      if (!isRace) throw asKubeError(error, kind, name);
    }
  }
  const changed = await change(kind, name, subresource, request, (stored) => {
    const given = metadata['resourceVersion'];
    const edit = bodyOn(stored);
    return given ? withVersion(edit, given) : edit;
  });
  return objectAnswer(request, kind, changed);
}

/** The version that the body names is what the write is held to. */
function withVersion(edit: Edit, resourceVersion: unknown): Edit {
  const value = edit.body.value as { readonly metadata: object };
  return {
    ...edit,
    body: { ...edit.body, value: { ...value, metadata: { ...value.metadata, resourceVersion } } },
  };
}

function applyConflict(
  conflicts: readonly { readonly manager: string; readonly field: string }[],
): KubeError {
  const by = (manager: string) => `conflict with "${manager}" using ${API_VERSION}`;
  const causes = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: by(manager),
    field,
  }));
  const told = causes.map(({ message, field }) => `${message}: ${field}`);
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
  return new KubeError(409, 'Conflict', `Apply failed with ${count}: ${told.join('\n')}`, {
    details: { causes },
  });
}
