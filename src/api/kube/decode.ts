import { z } from 'zod';
import {
  checkFields,
  type FieldError,
  type FieldPath,
  fieldName,
} from '../../resources/field-errors.ts';
import { type Kind, kinds, type ObjectOf } from '../../resources/kinds.ts';
import { API_VERSION } from '../../resources/meta.ts';
import { type GivenMeta, objectMeta } from '../../resources/object-meta.ts';
import { statusSchemas } from '../../resources/status-schema.ts';
import { badRequest, invalid } from './errors.ts';
import { VERSION } from './group.ts';
import { causeOf } from './invalid.ts';
import type { FieldValidation } from './query.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface Decoded<K extends Kind> {
  readonly metadata: GivenMeta;
  /** Valid, with its defaults filled in. */
  readonly spec: ObjectOf[K]['spec'];
  readonly status: unknown;
  /** Fields that were dropped, as sentences. */
  readonly warnings: readonly string[];
}

export interface DecodeOptions {
  readonly validation: FieldValidation;
  /** What an error names the object by, where the body names none. */
  readonly name?: string;
  /** Whether the status is what is written; else it is not looked at. */
  readonly withStatus?: boolean;
}

/** Is this an object of the kind? Throws KubeError 400. */
export function mustBeKind(
  kind: string,
  body: unknown,
  apiVersion: string = API_VERSION,
): JsonObject {
  if (!isObject(body)) throw badRequest('the body of the request must be an object');
  if (typeof body['kind'] !== 'string' || body['kind'] === '') {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body).slice(0, 200)}'`);
  }
  if (body['apiVersion'] !== apiVersion) {
    const given = body['apiVersion'];
    // A text of what is none could be asked of an object that has no text.
    const shown = typeof given === 'string' ? given.slice(0, 100) : '';
    throw badRequest(
      `the API version in the data (${shown}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (body['kind'] !== kind) {
    throw badRequest(
      `${body['kind'].slice(0, 100)} in version "${VERSION}" cannot be handled as a ${kind}: the kind in the data does not match`,
    );
  }
  return body;
}

/**
 * An object of the kind from JSON: unknown fields are refused or dropped as asked, a null where none is allowed counts as left
 * out, defaults are filled in. Throws KubeError 400 for what is no object of the kind or has unknown fields, 422 for
 * wrong values.
 */
export function decode<K extends Kind>(
  kind: K,
  given: unknown,
  options: DecodeOptions,
): Decoded<K> {
  const body = mustBeKind(kind, given);
  const schema = schemaOf(kind, options.withStatus ?? false);
  const { validation } = options;
  let object: JsonObject = {
    ...body,
    metadata: withoutNulls(body['metadata'] ?? {}),
    spec: body['spec'] ?? {},
  };
  const dropped = new Set<string>();
  // What hides behind a dropped field is found at the next look; a body can't be nested without end.
  for (let look = 1; ; look++) {
    const checked = checkFields(schema, object);
    if (!checked.errors) {
      const { metadata, spec, status } = checked.value as unknown as Omit<Decoded<K>, 'warnings'>;
      return { metadata, spec, status, warnings: validation === 'Warn' ? [...dropped] : [] };
    }
    const unknown = checked.errors.filter(({ problem }) => problem.kind === 'unknown-field');
    for (const { path } of unknown) dropped.add(`unknown field ${JSON.stringify(fieldName(path))}`);
    const droppable = [...unknown, ...checked.errors.filter(isStrayNull)];
    if (droppable.length === 0 || look > MAX_LOOKS) {
      const name = options.name ?? nameIn(body);
      throw invalid(
        { kind, name },
        checked.errors.map((error) => causeOf(error, object)),
      );
    }
    if (validation === 'Strict' && unknown.length > 0) throw strictError(kind, [...dropped]);
    object = without(
      object,
      droppable.map(({ path }) => path),
    );
  }
}
const MAX_LOOKS = 20;

/** Throws KubeError 400 as Kubernetes words it. */
export const strictError = (kind: string, sentences: readonly string[]) =>
  badRequest(
    `${kind} in version "${VERSION}" cannot be handled as a ${kind}: strict decoding error: ${sentences.join(', ')}`,
  );

const schemas = new Map<string, z.ZodType>();

function schemaOf(kind: Kind, withStatus: boolean): z.ZodType {
  const key = `${kind} ${withStatus}`;
  let schema = schemas.get(key);
  if (schema === undefined) {
    schema = z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: objectMeta,
      spec: kinds[kind].spec,
      status: withStatus ? statusSchemas[kind].optional() : z.unknown().optional(),
    });
    schemas.set(key, schema);
  }
  return schema;
}

const isStrayNull = ({ problem }: FieldError): boolean =>
  problem.kind === 'wrong-type' && problem.given === 'null';

/** Without the fields at these paths; those of a list are taken out of its items alone. */
function without(object: JsonObject, paths: readonly FieldPath[]): JsonObject {
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const path of paths) {
    let at: unknown = copy;
    for (const part of path.slice(0, -1)) at = (at as Record<string | number, unknown>)?.[part];
    const last = path.at(-1);
    if (isObject(at) && last !== undefined) delete (at as Record<string, unknown>)[last];
  }
  return copy;
}

/** Empty maps and lists of metadata are null in YAML. */
const withoutNulls = (metadata: unknown): unknown =>
  isObject(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null))
    : metadata;

const nameIn = (body: JsonObject): string => {
  const metadata = body['metadata'];
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
