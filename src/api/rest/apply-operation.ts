import { z } from 'zod';
import { kinds } from '../../resources/kinds.ts';
import { API_VERSION, manifestMeta } from '../../resources/meta.ts';
import { data, json } from '../openapi/answers.ts';

const place = { document: z.int().min(1).describe('Los documentos vacíos no cuentan') };

/** What is wrong with one document. */
const detail = z.strictObject({
  ...place,
  line: z.int().min(1),
  column: z.int().min(1),
  field: z.string().nullable().describe('Con puntos; null cuando no es un solo campo'),
  message: z.string(),
});
export type Detail = z.infer<typeof detail>;

const result = z.strictObject({
  ...place,
  kind: z.string(),
  name: z.string(),
  result: z.enum(['created', 'configured', 'unchanged']),
});
export type Result = z.infer<typeof result>;

const manifest = z.union(
  Object.values(kinds).map(({ kind, spec }) =>
    z.object({
      apiVersion: z.literal(API_VERSION),
      kind: z.literal(kind),
      metadata: manifestMeta.optional(),
      spec: spec.optional(),
    }),
  ),
);
const list = z.object({ kind: z.literal('List'), items: z.array(manifest) });

const refused = z.strictObject({
  success: z.literal(false),
  error: z.string().min(1),
  details: z.array(detail).optional(),
  results: z.array(result).optional().describe('Lo que se aplicó antes de un conflicto'),
});

const EXAMPLE = `apiVersion: ${API_VERSION}
kind: Instance
spec:
  numberphone: "573332221111"
`;
const WRONG = {
  success: false,
  error:
    'No se aplicó nada: documento 2, línea 15: El campo spec.provider debe ser uno de: baileys, meta',
  details: [
    {
      document: 2,
      line: 15,
      column: 3,
      field: 'spec.provider',
      message: 'El campo spec.provider debe ser uno de: baileys, meta',
    },
  ],
};

export const applyManifests = {
  id: 'applyManifests',
  tag: 'Manifiestos',
  summary: 'Declara lo que dice un texto YAML o JSON',
  description:
    'Cualquier cantidad de documentos (hasta 1000 y 1 MiB). Todo se comprueba antes de escribir nada.',
  query: z.strictObject({
    dryRun: z.enum(['true', 'false']).default('false').describe('true: solo cuenta qué pasaría'),
  }),
  rawBody: {
    description: 'YAML con varios documentos, o JSON: un objeto, una lista o un `kind: List`',
    content: {
      'application/yaml': { example: EXAMPLE },
      'application/json': {
        schema: z.union([manifest, z.array(manifest), list]),
        example: {
          apiVersion: API_VERSION,
          kind: 'Instance',
          spec: { numberphone: '573332221111' },
        },
      },
      'text/plain': { example: EXAMPLE },
    },
  },
  answers: {
    200: data(
      'Qué pasó con cada documento',
      z.strictObject({ dryRun: z.boolean(), results: z.array(result) }),
      {
        dryRun: false,
        results: [{ document: 1, kind: 'Instance', name: 'bot-573332221111', result: 'created' }],
      },
    ),
    400: json('Algo no es válido: no se aplicó nada', refused, WRONG),
    409: json('Algo se está eliminando o cambió en ese momento', refused, {
      success: false,
      error:
        'No se aplicó nada: documento 1, línea 1: Instance bot-573332221111 se está eliminando; aplique el texto de nuevo cuando haya desaparecido',
    }),
  },
} as const;
