import type { Hono } from 'hono';
import { z } from 'zod';
import { failure } from './answers.ts';
import { type AnyOperation, type Content, operationOf } from './operation.ts';

type Json = Readonly<Record<string, unknown>>;

/** The refusals that every call may answer with, as long as they can come about. */
const COMMON: Readonly<Record<number, string>> = {
  400: 'La petición no es válida; se nombra el campo o parámetro. No se escribió nada',
  401: 'Falta la clave de acceso, o no es válida',
  403: 'La clave no tiene el rol que hace falta',
  413: 'El cuerpo de la petición supera 1 MiB',
  429: 'Demasiadas peticiones con esta clave, o demasiados intentos; espere Retry-After segundos',
  415: 'El cuerpo no viene en un tipo que se acepte, no es UTF-8, o viene comprimido',
  500: 'Error interno; la frase trae el identificador para reportarlo',
  503: 'Redis no responde; intente de nuevo después de Retry-After segundos',
};

const ERROR_EXAMPLES: Readonly<Record<number, string>> = {
  400: 'Falta el campo numberphone',
  401: 'Falta la clave de acceso: envíela en el encabezado x-api-key',
  403: 'La clave "panel" tiene el rol viewer, y esta petición requiere el rol operator',
  413: 'El cuerpo de la petición supera 1 MiB',
  429: 'Demasiadas peticiones; espere un momento',
  415: 'El cuerpo de la petición debe enviarse como application/json',
  500: 'Error interno; indique el identificador 5b0c2a3e-… al reportarlo',
  503: 'El servicio no puede atender la petición en este momento; intente de nuevo en unos segundos',
};

const TAGS = [
  { name: 'Instancias', description: 'Un bot de WhatsApp por número' },
  { name: 'Droplets', description: 'Máquinas sueltas, y una mirada a todas' },
  { name: 'Manifiestos', description: 'Lo mismo, declarado en YAML o JSON' },
  { name: 'Flota', description: 'Cuentas y resúmenes de todo' },
  { name: 'Webhooks', description: 'Avisos a otros sistemas' },
  { name: 'Salud', description: 'Para balanceadores y monitores; sin clave' },
];

/** The OpenAPI 3.1 document of every route that bears a description. It is made from the very schemas that check, so it can't drift. */
export function openApiDocument(app: Hono, version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { path, method, handler } of app.routes) {
    const described = operationOf(handler);
    if (!described) continue;
    const template = path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[template] = {
      ...paths[template],
      [method.toLowerCase()]: operationObject(described, template, method),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Orquesta',
      version,
      summary: 'Un droplet de DigitalOcean con un bot de WhatsApp por cada número de teléfono',
      description: [
        'La API solo anota lo que se desea y cuenta lo que se sabe: responde en milisegundos, y el controlador hace el resto.',
        'Los números tienen de 7 a 15 dígitos con su código de país; se aceptan un "+" inicial y espacios.',
        'Toda respuesta trae `x-request-id`; HEAD y OPTIONS funcionan en todas las rutas.',
      ].join('\n\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Este servidor' }],
    security: [{ apiKey: [] }, { bearer: [] }],
    tags: TAGS,
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Error: schemaOf(failure, 'output') },
    },
  };
}

function operationObject(described: AnyOperation, path: string, method: string): Json {
  const { id, tag, summary, description, body, bodyExample, rawBody, isOpen, params } = described;
  const takesBody = body !== undefined || rawBody !== undefined;
  const takesInput = takesBody || params !== undefined || described.query !== undefined;
  const refusals: Record<number, string> = {
    ...(takesInput ? pick(400) : {}),
    ...(isOpen ? {} : pick(401, 429)),
    ...(isOpen || (method === 'GET' && !described.isForAdmins) ? {} : pick(403)),
    ...(takesBody ? pick(413, 415) : {}),
    ...pick(500, 503),
    ...described.refusals,
  };
  const responses: Record<string, unknown> = {};
  for (const [status, told] of Object.entries(refusals)) {
    responses[status] = errorResponse(Number(status), told);
  }
  for (const [status, answer] of Object.entries(described.answers)) {
    responses[status] = {
      description: answer.description,
      content: contentObject(answer.content, 'output'),
    };
  }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    parameters: [...parameters(params, 'path'), ...parameters(described.query, 'query')],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: contentObject(
              { 'application/json': { schema: body, example: bodyExample } },
              'input',
            ),
          },
        }),
    ...(rawBody === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: rawBody.description,
            content: contentObject(rawBody.content, 'input'),
          },
        }),
    responses,
    'x-codeSamples': [{ lang: 'Shell', source: curl(described, path, method) }],
  };
}

const pick = (...statuses: readonly number[]): Readonly<Record<number, string>> =>
  Object.fromEntries(statuses.map((status) => [status, COMMON[status] ?? '']));

const errorResponse = (status: number, description: string): Json => ({
  description,
  ...(status === 503
    ? { headers: { 'retry-after': { description: 'Segundos', schema: { type: 'string' } } } }
    : {}),
  content: {
    'application/json': {
      schema: { $ref: '#/components/schemas/Error' },
      example: { success: false, error: ERROR_EXAMPLES[status] ?? description },
    },
  },
});

const contentObject = (content: Readonly<Record<string, Content>>, io: 'input' | 'output'): Json =>
  Object.fromEntries(
    Object.entries(content).map(([type, { schema, example }]) => [
      type,
      {
        ...(schema ? { schema: schemaOf(schema, io) } : { schema: textSchema(type) }),
        ...(example === undefined ? {} : { example }),
      },
    ]),
  );

/** In OpenAPI 3.1 bytes have no schema: their content type says what they are. */
const textSchema = (type: string): Json =>
  /^(text\/|application\/(x-)?yaml)/.test(type) ? { type: 'string' } : {};

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Record<string, unknown>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, example, ...rest }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...(example === undefined ? {} : { example }),
  }));
}

/** A schema as JSON Schema 2020-12, whole: nothing in it refers to elsewhere. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...bare } = z.toJSONSchema(schema, { io, reused: 'inline' }) as Json;
  return bare;
}

/** The call as a person would type it. */
function curl(
  { body, bodyExample, rawBody, params, isOpen }: AnyOperation,
  path: string,
  method: string,
) {
  const filled = parameters(params, 'path').reduce<string>(
    (url, { name, example }) =>
      url.replace(`{${String(name)}}`, encodeURIComponent(String(example))),
    path,
  );
  const [type, content] = Object.entries(rawBody?.content ?? {})[0] ?? [];
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}"$URL${filled}"`,
    ...(isOpen ? [] : [`-H "x-api-key: $KEY"`]),
    ...(body ? [`-H 'content-type: application/json'`, `-d '${JSON.stringify(bodyExample)}'`] : []),
    ...(type ? [`-H 'content-type: ${type}'`, `--data-binary '${String(content?.example)}'`] : []),
  ].join(' \\\n  ');
}
