import { kinds } from '../../src/resources/kinds.ts';
import type { Chance } from './chance.ts';
import { HEADERS, hostileBody, hostileText, spoiled, TYPES, twisted } from './hostile.ts';
import { type Schema, sample } from './sample.ts';

export interface FuzzRequest {
  readonly method: string;
  /** With its query, as it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** One call as openapi.json tells of it, or one of the resource API in the same form. */
interface Call {
  readonly method: string;
  /** With parameters in braces. */
  readonly template: string;
  readonly query: readonly { readonly name: string; readonly schema: Schema }[];
  readonly types: readonly string[];
  readonly body: Schema | undefined;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}
type Document = {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly Parameter[];
            readonly requestBody?: {
              readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
            };
          }
        >
      >
    >
  >;
};

/** Every call that openapi.json describes. */
function describedCalls(document: Document): readonly Call[] {
  return Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      template,
      query: parameters.filter((one) => one.in === 'query'),
      types: Object.keys(requestBody?.content ?? {}),
      body: requestBody?.content['application/json']?.schema,
    })),
  );
}

const TEXT: Schema = { type: 'string' };
const LIST_QUERY = [
  'limit',
  'continue',
  'labelSelector',
  'fieldSelector',
  'resourceVersion',
  'resourceVersionMatch',
  'includeObject',
  'timeoutSeconds',
].map((name) => ({ name, schema: TEXT }));
const WRITE_QUERY = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'propagationPolicy'].map(
  (name) => ({ name, schema: TEXT }),
);
const BODY_TYPES = ['application/json', 'application/yaml'];
const PATCH_TYPES = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
];
const R = '/apis/orquesta.clientfy.io/v1';
const REVIEW: Schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      properties: {
        resourceAttributes: {
          type: 'object',
          properties: { verb: TEXT, group: TEXT, resource: TEXT },
        },
      },
    },
  },
};

/** The paths of the resource API. `bodyOf`: how a body of POST /api/apply of that kind looks. */
function resourceCalls(bodyOf: (kind: string) => Schema | undefined): readonly Call[] {
  const ofKinds = Object.values(kinds).flatMap(({ kind, plural }): readonly Call[] => {
    const body = bodyOf(kind);
    const one = `${R}/${plural}/{name}`;
    const write = { query: WRITE_QUERY, types: BODY_TYPES, body };
    return [
      { method: 'GET', template: `${R}/${plural}`, query: LIST_QUERY, types: [], body: undefined },
      { method: 'GET', template: one, query: LIST_QUERY, types: [], body: undefined },
      { method: 'POST', template: `${R}/${plural}`, ...write },
      { method: 'DELETE', template: `${R}/${plural}`, ...write },
      ...[one, `${one}/status`, `${one}/scale`].flatMap((template) => [
        { method: 'PUT', template, ...write },
        { method: 'PATCH', template, ...write, types: PATCH_TYPES },
        { method: 'DELETE', template, ...write },
      ]),
    ];
  });
  const reviews = [
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  ].map((template) => ({
    method: 'POST',
    template,
    query: [],
    types: ['application/json', 'application/vnd.kubernetes.protobuf'],
    body: REVIEW,
  }));
  const looks = [
    '/api',
    '/apis',
    '/api/v1',
    '/api/v1/events',
    '/api/v1/namespaces/{name}',
    '/api/v1/namespaces/default/events/{name}',
    '/openapi/v2',
    '/openapi/v3',
    `/openapi/v3${R}`,
    '/openapi.json',
    '/docs',
    '/{name}',
  ].map((template) => ({
    method: 'GET',
    template,
    query: LIST_QUERY,
    types: [],
    body: undefined,
  }));
  return [...ofKinds, ...reviews, ...looks];
}

const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

/** Whose keys are tried. */
export type Keys = Readonly<Record<'admin' | 'operator' | 'viewer', string>>;

/** An endless supply of requests with something wrong in most of them; `chance` alone decides which. */
export function requestsOf(document: unknown, keys: Keys, chance: Chance): () => FuzzRequest {
  const described = describedCalls(document as Document);
  const manifests = described.find(({ template }) => template === '/api/apply')?.body?.anyOf ?? [];
  const ofKind = (kind: string) =>
    manifests
      .flatMap((one) => one.anyOf ?? [one])
      .find(({ properties }) => properties?.['kind']?.const === kind);
  const resources = resourceCalls(ofKind);
  const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'HEAD', 'PROPFIND', 'QUERY'];

  const encoded = (text: string): string =>
    chance.one<(given: string) => string>([
      (given) => encodeURIComponent(wellFormed(given)),
      (given) => encodeURI(wellFormed(given)).replaceAll('#', '%23').replaceAll('?', '%3f'),
      (given) =>
        Array.from(Buffer.from(given), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    ])(text.slice(0, 4_000));
  const parameterOf = (name: string, schema: Schema | undefined): string =>
    chance.is(0.5) ? String(sample(schema, chance, name)) : hostileText(chance);

  const pathOf = (call: Call): string => {
    const filled = call.template.replace(/\{([A-Za-z]+)\}/g, (_, name: string) =>
      encoded(
        call.template.startsWith(R)
          ? chance.one(['default', 'web', 'bot-573332221111', parameterOf(name, undefined)])
          : parameterOf(name, undefined),
      ),
    );
    return chance.is(0.15) ? twisted(filled, chance) : filled;
  };
  const queryOf = (call: Call): string => {
    const named = call.query
      .filter(() => chance.is(0.25))
      .map(({ name, schema }) => `${encoded(name)}=${encoded(parameterOf(name, schema))}`);
    const odd = chance.is(0.08)
      ? [`${encoded(hostileText(chance))}=${encoded(hostileText(chance))}`]
      : [];
    const twice = chance.is(0.05) ? named : [];
    const all = [...named, ...odd, ...twice];
    return all.length === 0 ? '' : `?${all.join('&')}`;
  };
  const patchOf = (type: string, value: unknown): unknown => {
    if (type !== 'application/json-patch+json') return value;
    const pointer = () =>
      chance.one([
        '/spec',
        '/metadata/labels',
        '/__proto__/x',
        '/constructor/prototype/x',
        '/spec/numberphone/x',
        'spec/paused',
        '/-',
        '',
      ]);
    if (chance.is(0.1)) {
      return Array.from({ length: 40 }, (_, index) => ({
        op: 'copy',
        from: chance.one(['/spec', '/metadata', '']),
        path: `/spec/x${index}`,
      }));
    }
    return chance.times(5, () => ({
      op: chance.one(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
      path: chance.is(0.2) ? hostileText(chance) : pointer(),
      from: chance.is(0.2) ? hostileText(chance) : pointer(),
      value,
    }));
  };
  const bodyOf = (call: Call, type: string): FuzzRequest['body'] => {
    if (call.types.length === 0 && chance.is(0.8)) return undefined;
    const whole = sample(call.body ?? { type: 'object' }, chance);
    const value = chance.is(0.85) ? spoiled(whole, chance) : whole;
    const text = JSON.stringify(patchOf(type, value)) ?? '';
    return chance.is(0.3) ? hostileBody(chance, text) : text;
  };

  return () => {
    const call = chance.one(chance.is(0.5) ? described : resources);
    const method = chance.is(0.9) ? call.method : chance.one(METHODS);
    const type =
      chance.is(0.85) && call.types.length > 0 ? chance.one(call.types) : chance.one(TYPES);
    const key = chance.one([
      keys.admin,
      keys.admin,
      keys.operator,
      keys.operator,
      keys.viewer,
      hostileText(chance).replace(/[^\x20-\x7e]/g, '?'),
    ]);
    const auth = chance.is(0.7) ? { 'x-api-key': key } : { authorization: `Bearer ${key}` };
    const body = ['GET', 'HEAD'].includes(method) ? undefined : bodyOf(call, type);
    return {
      method,
      path: pathOf(call) + queryOf(call),
      headers: {
        ...auth,
        ...(chance.is(0.95) ? { 'content-type': type } : {}),
        ...chance.one(HEADERS),
      },
      body,
    };
  };
}
