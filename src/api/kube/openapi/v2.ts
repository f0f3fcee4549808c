import { type Kind, kinds } from '../../../resources/kinds.ts';
import { API_GROUP, VERSION } from '../group.ts';
import { PATCH_TYPES } from '../patch.ts';
import { coreDefinitions } from './core-definitions.ts';
import { definitions, GVK, gvkOf, type Schema } from './definitions.ts';
import { field, message } from './protobuf.ts';

/**
 * OpenAPI v2 in protobuf, the one form in which kubectl reads it: old ones need it for `explain`, `diff` and `--dry-run=server`. Field
 * numbers: https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function openapiV2(): Buffer {
  const paths = (Object.keys(kinds) as Kind[]).map((kind) => field(2, patchPath(kind)));
  const schemas = [...definitions(), ...coreDefinitions()].map(([name, schema]) =>
    field(1, named(name, encode(schema))),
  );
  return message(
    field(1, '2.0'),
    field(2, message(field(1, 'Orquesta'), field(2, VERSION))),
    field(8, message(...paths)),
    field(9, message(...schemas)),
  );
}

/** `.v1.0`, where clients ask for `@v1.0`: what they parse it with takes no "@". */
export const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const named = (name: string, value: Buffer): Buffer => message(field(1, name), field(2, value));

/** The path of an object, with the one operation that kubectl looks for: does it know dryRun? */
function patchPath(kind: Kind): Buffer {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => {
    const query = message(field(2, 'query'), field(4, name), field(6, 'string'));
    return field(8, field(1, field(2, field(3, query))));
  });
  const patch = message(
    ...PATCH_TYPES.map((type) => field(7, type)),
    ...parameters,
    field(13, extension(GVK, gvkOf(kind))),
  );
  const path = `/apis/${API_GROUP}/${VERSION}/${kinds[kind].plural}/{name}`;
  return named(path, field(8, patch));
}

/** JSON is YAML. */
const extension = (name: string, value: unknown): Buffer =>
  named(name, field(2, JSON.stringify(value)));

function encode(schema: Schema): Buffer {
  const {
    ref,
    format,
    description,
    required = [],
    properties,
    additionalProperties,
    items,
  } = schema;
  const extensions = Object.entries(schema).filter(([key]) => key.startsWith('x-'));
  return message(
    ref === undefined ? undefined : field(1, `#/definitions/${ref}`),
    format === undefined ? undefined : field(2, format),
    description === undefined ? undefined : field(4, description),
    ...required.map((name) => field(19, name)),
    typeof additionalProperties === 'object'
      ? field(21, field(1, encode(additionalProperties)))
      : undefined,
    schema.type === undefined ? undefined : field(22, field(1, schema.type)),
    items === undefined ? undefined : field(23, field(1, encode(items))),
    properties === undefined ? undefined : field(25, encodeProperties(properties)),
    ...extensions.map(([name, value]) => field(31, extension(name, value))),
  );
}

const encodeProperties = (properties: Readonly<Record<string, Schema>>): Buffer =>
  message(
    ...Object.entries(properties).map(([name, schema]) => field(1, named(name, encode(schema)))),
  );
