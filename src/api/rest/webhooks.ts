import { Hono } from 'hono';
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { ApiError } from '../errors.ts';
import { data } from '../openapi/answers.ts';
import { operation } from '../openapi/operation.ts';
import { messages } from './messages.ts';

/** Each endpoint may take 10 s. */
const TEST_LIMIT_MS = 15_000;

const httpStatus = z.int().min(100).max(599).nullable();
const tested = z.array(
  z.strictObject({
    url: z.string().describe('Sin ruta ni parámetros, que pueden ser privados'),
    isTaken: z.boolean(),
    status: httpStatus,
    problem: z.string().nullable(),
  }),
);

const testWebhooks = {
  id: 'testWebhooks',
  tag: 'Webhooks',
  summary: 'Llama a cada WEBHOOK_URL con un evento de prueba',
  answers: {
    200: data('Qué respondió cada uno', tested, [
      { url: 'https://panel.example.com', isTaken: true, status: 204, problem: null },
    ]),
  },
  refusals: {
    409: 'No hay ningún webhook configurado',
    504: 'Ningún controlador respondió a tiempo',
  },
} as const;

const listDeliveries = {
  id: 'listWebhookDeliveries',
  tag: 'Webhooks',
  summary: 'Los últimos 200 envíos y los que se perdieron, el más nuevo primero',
  answers: {
    200: data(
      'Cada intento',
      z.array(
        z.strictObject({
          id: z.string(),
          type: z.string(),
          instance: z.string(),
          url: z.string(),
          result: z
            .enum(['delivered', 'retrying', 'given-up', 'dropped'])
            .describe('dropped: esperaban más de 200, y el más antiguo se perdió'),
          status: httpStatus,
          problem: z.string().nullable(),
          attempt: z.int().min(0),
          at: z.iso.datetime(),
        }),
      ),
      [
        {
          id: '42-instance.phase',
          type: 'instance.phase',
          instance: 'bot-573332221111',
          url: 'https://panel.example.com',
          result: 'delivered',
          status: 204,
          problem: null,
          attempt: 1,
          at: '2026-01-31T12:00:00.120Z',
        },
      ],
    ),
  },
} as const;

/** /api/webhooks: whether they are taken. */
export function webhooks({ errands, webhooks: book }: ApiDeps): Hono {
  const app = new Hono();
  const postTest = operation(testWebhooks, async (c) => {
    const told = await errands.ask({ kind: 'webhook-test' }, TEST_LIMIT_MS, c.req.raw.signal);
    if (!told) throw new ApiError(504, messages.nobodyAnswers);
    if (!told.ok) throw new ApiError(409, messages.noWebhooks);
    return c.json({ success: true, data: tested.parse(JSON.parse(told.text)) });
  });
  app.post('/test', postTest);
  const getDeliveries = operation(listDeliveries, async (c) =>
    c.json({ success: true, data: await book.records() }),
  );
  app.get('/deliveries', getDeliveries);
  return app;
}
