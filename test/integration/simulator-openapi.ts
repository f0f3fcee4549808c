/** As much of OpenAPI 3.0's schemas as DigitalOcean's description uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>
    >
  >;
}

/** Where an answer differs from what the description says of it: one sentence each. */
export function findMismatches(
  api: OpenApi,
  method: string,
  template: string,
  reply: { readonly status: number; readonly headers: Headers; readonly body: unknown },
): readonly string[] {
  const responses = api.paths[template]?.[method.toLowerCase()]?.responses;
  const found = responses?.[String(reply.status)];
  if (found === undefined) return [`status ${reply.status} is not described`];
  const response = follow<Response>(api, found);
  const problems = Object.keys(response.headers ?? {})
    .filter((name) => name.startsWith('ratelimit') && !reply.headers.has(name))
    .map((name) => `header ${name} is missing`);
  const schema = response.content?.['application/json']?.schema;
  if (schema === undefined) return problems;
  return [...problems, ...compare(api, schema, reply.body, 'body')];
}

function follow<T extends { readonly $ref?: string }>(api: OpenApi, node: T): T {
  if (node.$ref === undefined) return node;
  let target: unknown = api;
  for (const part of node.$ref.replace(/^#\//, '').split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target = (target as Record<string, unknown>)[key];
  }
  if (target === undefined) throw new Error(`${node.$ref} leads nowhere`);
  return follow(api, target as T);
}

function compare(api: OpenApi, node: Schema, value: unknown, at: string): string[] {
  const schema = follow(api, node);
  if (value === null && isNullable(api, schema)) return [];
  const problems = (schema.allOf ?? []).flatMap((each) => compare(api, each, value, at));
  for (const kind of ['anyOf', 'oneOf'] as const) {
    const options = schema[kind];
    if (options === undefined) continue;
    const fitting = options.filter((each) => compare(api, each, value, at).length === 0).length;
    if (fitting === 0) problems.push(`${at} fits none of ${kind}`);
  }
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return [...problems, `${at} is ${JSON.stringify(value)}, not ${schema.type}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    problems.push(`${at} is ${JSON.stringify(value)}, none of ${JSON.stringify(schema.enum)}`);
  }
  if (typeof value === 'string') problems.push(...compareText(schema, value, at));
  if (typeof value === 'number' && schema.minimum !== undefined && value < schema.minimum) {
    problems.push(`${at} is less than ${schema.minimum}`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    problems.push(...value.flatMap((item, index) => compare(api, items, item, `${at}[${index}]`)));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const given = value as Record<string, unknown>;
    for (const key of schema.required ?? []) {
      if (!(key in given)) problems.push(`${at}.${key} is missing`);
    }
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (key in given) problems.push(...compare(api, property, given[key], `${at}.${key}`));
    }
  }
  return problems;
}

function isNullable(api: OpenApi, schema: Schema): boolean {
  return (
    schema.nullable === true ||
    (schema.allOf ?? []).some((each) => isNullable(api, follow(api, each)))
  );
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
  uri: /^https?:\/\/\S+$/,
};

function compareText(schema: Schema, value: string, at: string): string[] {
  const patterns = [
    schema.pattern === undefined ? undefined : new RegExp(schema.pattern),
    FORMATS[schema.format ?? ''],
  ];
  return patterns
    .filter((pattern) => pattern !== undefined && !pattern.test(value))
    .map((pattern) => `${at} is "${value}", not like ${pattern}`);
}
