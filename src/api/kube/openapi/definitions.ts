import { z } from 'zod';
import { type Kind, kinds } from '../../../resources/kinds.ts';
import { objectMeta } from '../../../resources/object-meta.ts';
import { statusSchemas } from '../../../resources/status-schema.ts';
import { API_GROUP, VERSION } from '../group.ts';

/** The part of OpenAPI's schema that is used here. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** Another definition, by its name. */
  readonly ref?: string;
  readonly [extension: `x-${string}`]: unknown;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const GVK = 'x-kubernetes-group-version-kind';
export const gvkOf = (kind: string): GroupVersionKind => ({
  group: API_GROUP,
  version: VERSION,
  kind,
});

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const OBJECT_META = `${META}.ObjectMeta`;
const LIST_META = `${META}.ListMeta`;
const SCALE = 'io.k8s.api.autoscaling.v1.Scale';
export const definitionOf = (kind: string): string => `io.clientfy.orquesta.v1.${kind}`;
export const SCALE_DEFINITION = SCALE;

const ABOUT: Readonly<Record<Kind, string>> = {
  Instance: 'The wish for one WhatsApp bot with a droplet of its own.',
  InstanceClass: 'How bots of a kind are built: droplet, bootstrap, health checks and budgets.',
  InstancePool:
    'Booted and prepared droplets without a number, waiting to be claimed by instances.',
  Droplet: 'One machine that is wanted in DigitalOcean.',
};

const apiVersion: Schema = {
  type: 'string',
  description: 'Version of the schema of this object: orquesta.clientfy.io/v1.',
};
const kindField: Schema = { type: 'string', description: 'What this object is.' };
export const text = (description: string): Schema => ({ type: 'string', description });
export const whole = (description: string): Schema => ({
  type: 'integer',
  format: 'int32',
  description,
});

export const metadataOf = (): Schema => ({
  ref: OBJECT_META,
  description: 'Its name, labels and the like.',
});

/** Every schema that the API publishes, by its name. They are made from those that check requests, so that the two can't differ. */
export function definitions(): ReadonlyMap<string, Schema> {
  return new Map<string, Schema>([
    ...(Object.keys(kinds) as Kind[]).flatMap((kind): [string, Schema][] => [
      [definitionOf(kind), kindSchema(kind)],
      [definitionOf(`${kind}List`), listSchema(kind)],
    ]),
    [OBJECT_META, { ...fromZod(objectMeta), description: 'What all objects have.' }],
    [
      LIST_META,
      {
        type: 'object',
        description: 'What all lists have.',
        properties: {
          continue: text('Where the next page begins; empty on the last one.'),
          remainingItemCount: whole('How many objects follow.'),
          resourceVersion: text('Version of the store at reading.'),
          selfLink: text('Not used any more.'),
        },
      },
    ],
    [SCALE, scaleSchema()],
  ]);
}

function kindSchema(kind: Kind): Schema {
  const spec = fromZod(kinds[kind].spec);
  return {
    type: 'object',
    description: ABOUT[kind],
    // A spec without required fields may be left out.
    ...(spec.required?.length ? { required: ['spec'] } : {}),
    properties: {
      apiVersion,
      kind: kindField,
      metadata: metadataOf(),
      spec: { ...spec, description: 'What is wanted.' },
      status: { ...fromZod(statusSchemas[kind]), required: [] },
    },
    [GVK]: [gvkOf(kind)],
  };
}

const listSchema = (kind: Kind): Schema => ({
  type: 'object',
  description: `A list of ${kinds[kind].plural}.`,
  required: ['items'],
  properties: {
    apiVersion,
    kind: kindField,
    metadata: { ref: LIST_META, description: 'What all lists have.' },
    items: { type: 'array', description: 'The objects.', items: { ref: definitionOf(kind) } },
  },
  [GVK]: [gvkOf(`${kind}List`)],
});

const scaleSchema = (): Schema => ({
  type: 'object',
  description: 'How many there are and how many there shall be.',
  properties: {
    apiVersion,
    kind: kindField,
    metadata: metadataOf(),
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: { replicas: whole('How many there shall be.') },
    },
    status: {
      type: 'object',
      description: 'What is known.',
      properties: { replicas: whole('How many there are.'), selector: text('Not used.') },
    },
  },
  [GVK]: [{ group: 'autoscaling', version: 'v1', kind: 'Scale' }],
});

/** What a client may send, as OpenAPI 3.0 says it. */
function fromZod(schema: z.ZodType): Schema {
  return cleaned(
    z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0' }) as Record<string, unknown>,
  );
}

const KEPT = [
  'type',
  'format',
  'description',
  'default',
  'enum',
  'nullable',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'pattern',
];

/** In Kubernetes' ways: unknown fields are dropped unless a schema says otherwise; a number or a text is int-or-string. */
function cleaned(given: Record<string, unknown>): Schema {
  const schema: Record<string, unknown> = {};
  for (const key of KEPT) if (given[key] !== undefined) schema[key] = given[key];
  // zod's pattern of a time is no use to a reader.
  if (given['format'] !== undefined) delete schema['pattern'];
  const inner = (value: unknown): Schema => cleaned(value as Record<string, unknown>);
  const { properties, items, additionalProperties: more, anyOf, required } = given;
  if (Array.isArray(required) && required.length > 0) schema['required'] = required;
  if (properties) {
    const entries = Object.entries(properties).map(([name, value]) => [name, inner(value)]);
    schema['properties'] = Object.fromEntries(entries);
  }
  if (items) schema['items'] = inner(items);
  if (typeof more === 'object' && more !== null) {
    if (Object.keys(more).length > 0) schema['additionalProperties'] = inner(more);
    else schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
  if (Array.isArray(anyOf)) {
    schema['anyOf'] = anyOf.map(inner);
    const types = anyOf.map((one: { readonly type?: string }) => one.type);
    if (types.includes('integer') && types.includes('string')) {
      schema['x-kubernetes-int-or-string'] = true;
    }
  }
  return schema as Schema;
}
