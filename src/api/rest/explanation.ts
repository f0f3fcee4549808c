import { z } from 'zod';
import { PHASES } from '../../resources/phase.ts';

const seconds = z.int().min(0);
const time = z.iso.datetime();
const phase = z.enum(PHASES);

const spread = {
  p50Seconds: seconds.describe('La mitad tardó esto o menos'),
  p95Seconds: seconds.describe('95 de cada 100 tardaron esto o menos'),
  samples: z.int().min(1),
};

/** What `GET /api/instance/explain/{numberphone}` tells, in one language. */
export const explanation = z.strictObject({
  numberphone: z.string(),
  phase,
  progress: z.int().min(0).max(100),
  doing: z.string().min(1).describe('Qué hace'),
  waitingFor: z.string().nullable().describe('Qué espera; null cuando no espera a nadie'),
  until: time.nullable().describe('Hasta cuándo a más tardar; null cuando no se sabe'),
  tried: z.array(z.string()).describe('Qué se intentó'),
  brake: z.string().nullable().describe('Qué lo detiene a propósito'),
  canDo: z.array(z.string()).describe('Qué puede hacer usted'),
  detail: z.string().describe('La frase del controlador, en inglés'),
  eta: z
    .strictObject({
      ...spread,
      basis: z.string().describe('De cuántas muestras, y desde cuándo'),
      since: time,
      phases: z.array(z.strictObject({ phase: z.string(), ...spread })),
    })
    .nullable()
    .describe('Cuánto falta para completed, según la historia de esta flota'),
  timeline: z
    .array(
      z.strictObject({
        phase: z.string(),
        step: z.string().nullable().describe('Null mientras espera'),
        reason: z.string(),
        startedAt: time,
        endedAt: time.nullable().describe('Null: todavía dura'),
        waitedFor: z.string().describe('Lo dicho por una máquina queda como fue, entre «»'),
      }),
    )
    .describe('Lo más antiguo primero; los últimos 100 pasos y esperas'),
});
export type Explanation = z.infer<typeof explanation>;
