import { z } from 'zod';
import { json } from './openapi/answers.ts';

/** As Kubernetes tells it, for kubectl, and our own. */
const versionAnswer = z.strictObject({
  version: z.string(),
  major: z.string(),
  minor: z.string(),
  gitVersion: z.string(),
  gitCommit: z.string(),
  gitTreeState: z.string(),
  buildDate: z.string(),
  goVersion: z.string(),
  compiler: z.string(),
  platform: z.string(),
});

const check = z.strictObject({ ok: z.boolean(), message: z.string() });
export type Check = z.infer<typeof check>;

const readiness = z.strictObject({
  ready: z.boolean(),
  checks: z.record(z.string(), check),
});

const OK = { 200: { description: 'ok', content: { 'text/plain': { example: 'ok' } } } };

export const getHealthz = {
  id: 'getHealthz',
  tag: 'Salud',
  summary: 'El proceso vive',
  isOpen: true,
  answers: OK,
} as const;

export const getLivez = {
  ...getHealthz,
  id: 'getLivez',
  summary: 'El proceso avanza; si no, conviene reiniciarlo',
  answers: {
    ...OK,
    503: {
      description: 'No avanza, y por qué',
      content: {
        'text/plain': { example: 'No resync for 360 s: the queue has fallen silent' },
      },
    },
  },
} as const;

export const getMetrics = {
  id: 'getMetrics',
  tag: 'Salud',
  summary: 'Los contadores, para Prometheus',
  description: 'Abierta o con clave, según METRICS_AUTH.',
  isOpen: true,
  answers: {
    200: {
      description: 'En el formato de texto de Prometheus',
      content: { 'text/plain': { example: 'orquesta_instances{phase="completed"} 97\n' } },
    },
  },
  refusals: { 401: 'Falta la clave de acceso, o no es válida' },
} as const;

export const getVersion = {
  id: 'getVersion',
  tag: 'Salud',
  summary: 'La versión del programa',
  isOpen: true,
  answers: {
    200: json('La versión', versionAnswer, {
      version: '0.1.0',
      major: '1',
      minor: '33',
      gitVersion: 'v1.33.0+orquesta.0.1.0',
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '2026-01-01T00:00:00Z',
      goVersion: '',
      compiler: 'node',
      platform: 'linux/x64',
    }),
  },
} as const;

const READY = {
  ready: true,
  checks: {
    redis: { ok: true, message: 'Redis answers' },
    cloud: { ok: true, message: 'DigitalOcean takes the token' },
    sweep: { ok: true, message: 'The account was listed 4 s ago' },
  },
};

export const getReadyz = {
  id: 'getReadyz',
  tag: 'Salud',
  summary: 'Si puede atender, y por qué no',
  isOpen: true,
  answers: {
    200: json('Puede', readiness, READY),
    503: json('No puede', readiness, {
      ready: false,
      checks: {
        redis: { ok: false, message: 'Redis could not be read; try again when it is up.' },
      },
    }),
  },
} as const;
