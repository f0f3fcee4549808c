import { createHash } from 'node:crypto';
import { type Kind, kinds } from '../../../resources/kinds.ts';
import { API_GROUP, type Subresource, subresourcesOf, VERSION } from '../group.ts';
import { PATCH_TYPES } from '../patch.ts';
import { coreDefinitions, EVENT_DEFINITION, EVENT_GVK } from './core-definitions.ts';
import {
  definitionOf,
  definitions,
  type GroupVersionKind,
  GVK,
  gvkOf,
  OBJECT_META,
  SCALE_DEFINITION,
  type Schema,
} from './definitions.ts';

type Json = Readonly<Record<string, unknown>>;

const GROUP_PATH = `apis/${API_GROUP}/${VERSION}`;
const SCALE_GVK: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** GET /openapi/v3: where the documents are, with their digests, so that clients may keep them. */
export const index = (documents: Readonly<Record<string, string>>): Json => ({
  paths: Object.fromEntries(
    Object.entries(documents).map(([path, text]) => {
      const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    }),
  ),
});

/** The documents as JSON text, by path. */
export const documents = (): Readonly<Record<string, string>> => ({
  [GROUP_PATH]: JSON.stringify(groupDocument()),
  'api/v1': JSON.stringify(coreDocument()),
});

const groupDocument = (): Json => {
  const paths = (Object.keys(kinds) as Kind[]).map((kind) => pathsOf(kind));
  return document(Object.assign({}, ...paths), definitions());
};

/** One path is enough for `kubectl explain event`. */
const coreDocument = (): Json => {
  const get = operation('get', 'readEvent', EVENT_GVK, { answers: EVENT_DEFINITION });
  const path = { parameters: [NAMESPACE, NAME], get };
  const meta = [...definitions()].filter(([name]) => name === OBJECT_META);
  return document(
    { '/api/v1/namespaces/{namespace}/events/{name}': path },
    new Map([...coreDefinitions(), ...meta]),
  );
};

const document = (paths: Json, schemas: ReadonlyMap<string, Schema>): Json => ({
  openapi: '3.0.0',
  info: { title: 'Orquesta', version: VERSION },
  paths,
  components: {
    schemas: Object.fromEntries([...schemas].map(([name, schema]) => [name, toV3(schema)])),
  },
});

/** A reference stands in allOf where a description is to stand beside it. */
function toV3({ ref, properties, items, additionalProperties, anyOf, ...rest }: Schema): Json {
  const target = ref === undefined ? undefined : { $ref: `#/components/schemas/${ref}` };
  return {
    ...rest,
    ...(target ? (Object.keys(rest).length === 0 ? target : { allOf: [target] }) : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, inner]) => [name, toV3(inner)]),
          ),
        }
      : {}),
    ...(items ? { items: toV3(items) } : {}),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: toV3(additionalProperties) }
      : {}),
    ...(anyOf ? { anyOf: anyOf.map(toV3) } : {}),
  };
}

const parameter = (name: string, type: string, description: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});

const WRITE_PARAMETERS = [
  parameter('dryRun', 'string', 'All: decide everything, but store nothing.'),
  parameter('fieldManager', 'string', 'Who writes.'),
  parameter('fieldValidation', 'string', 'What to do about unknown fields: Strict, Warn, Ignore.'),
];
const FORCE = parameter('force', 'boolean', 'Take over the fields that other managers own.');
const LIST_PARAMETERS = [
  parameter('labelSelector', 'string', 'Which labels the objects must have.'),
  parameter('fieldSelector', 'string', 'Which values their fields must have.'),
  parameter('limit', 'integer', 'How many objects a page has at most.'),
  parameter('continue', 'string', 'Where the page begins.'),
  parameter('resourceVersion', 'string', 'How old the answer may be.'),
  parameter('resourceVersionMatch', 'string', 'How the resourceVersion is meant.'),
  parameter('watch', 'boolean', 'Stream the changes instead.'),
  parameter('allowWatchBookmarks', 'boolean', 'Send bookmarks between changes.'),
  parameter('sendInitialEvents', 'boolean', 'Begin a watch with what there is.'),
  parameter('timeoutSeconds', 'integer', 'How long a watch lasts.'),
];
const NAME: Json = {
  name: 'name',
  in: 'path',
  required: true,
  description: 'Name of the object.',
  schema: { type: 'string' },
};

const NAMESPACE: Json = { ...NAME, name: 'namespace', description: 'Always default.' };

/** What can be done to a collection, its objects, and their subresources. */
function pathsOf(kind: Kind): Json {
  const { plural } = kinds[kind];
  const base = `/${GROUP_PATH}/${plural}`;
  const gvk = gvkOf(kind);
  const schema = definitionOf(kind);
  const list = definitionOf(`${kind}List`);
  return {
    [base]: {
      get: operation('list', `list${kind}`, gvk, { answers: list, parameters: LIST_PARAMETERS }),
      post: operation('post', `create${kind}`, gvk, {
        answers: schema,
        takes: schema,
        parameters: WRITE_PARAMETERS,
      }),
      delete: operation('deletecollection', `deleteCollection${kind}`, gvk, { answers: list }),
    },
    [`${base}/{name}`]: {
      parameters: [NAME],
      ...readWrite(kind, gvk, schema),
      delete: operation('delete', `delete${kind}`, gvk, { answers: schema }),
    },
    ...Object.fromEntries(
      subresourcesOf(kind).map((one) => [
        `${base}/{name}/${one}`,
        { parameters: [NAME], ...readWriteOf(one, kind, gvk, schema) },
      ]),
    ),
  };
}

const readWriteOf = (one: Subresource, kind: Kind, gvk: GroupVersionKind, schema: string): Json =>
  one === 'scale'
    ? readWrite(`${kind}Scale`, SCALE_GVK, SCALE_DEFINITION)
    : readWrite(`${kind}Status`, gvk, schema);

const readWrite = (name: string, gvk: GroupVersionKind, schema: string): Json => ({
  get: operation('get', `read${name}`, gvk, { answers: schema }),
  put: operation('put', `replace${name}`, gvk, {
    answers: schema,
    takes: schema,
    parameters: WRITE_PARAMETERS,
  }),
  patch: {
    ...operation('patch', `patch${name}`, gvk, {
      answers: schema,
      parameters: [...WRITE_PARAMETERS, FORCE],
    }),
    requestBody: {
      required: true,
      content: Object.fromEntries(PATCH_TYPES.map((type) => [type, { schema: {} }])),
    },
  },
});

function operation(
  action: string,
  operationId: string,
  gvk: GroupVersionKind,
  more: {
    readonly answers: string;
    readonly takes?: string;
    readonly parameters?: readonly Json[];
  },
): Json {
  const body = (name: string) => ({
    'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
  });
  return {
    operationId,
    'x-kubernetes-action': action,
    [GVK]: gvk,
    ...(more.parameters ? { parameters: more.parameters } : {}),
    ...(more.takes ? { requestBody: { required: true, content: body(more.takes) } } : {}),
    responses: { '200': { description: 'OK', content: body(more.answers) } },
  };
}
