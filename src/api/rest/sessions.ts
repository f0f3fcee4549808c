import { Hono } from 'hono';
import { z } from 'zod';
import { instanceName } from '../../resources/instance.ts';
import type { SessionArchive } from '../../store/session-archive.ts';
import { data } from '../openapi/answers.ts';
import { operation } from '../openapi/operation.ts';
import { byNumber } from './instance-operations.ts';

const NUMBER = '573332221111';
const saved = z.strictObject({
  savedAt: z.iso.datetime(),
  dropletId: z.int().describe('El droplet del que se guardó'),
  sizeBytes: z.int().describe('Comprimida'),
});

const getSession = {
  id: 'getInstanceSession',
  tag: 'Instancias',
  summary: 'Qué se guarda de la sesión de WhatsApp de un bot, lo más nuevo primero',
  description:
    'Nunca su contenido. Vacío cuando la clase no la guarda o el número no se ha vinculado.',
  params: byNumber,
  answers: {
    200: data(
      'Lo que se guarda',
      z.strictObject({ numberphone: z.string(), saved: z.array(saved) }),
      {
        numberphone: NUMBER,
        saved: [{ savedAt: '2026-01-31T12:00:00.000Z', dropletId: 4711, sizeBytes: 51_200 }],
      },
    ),
  },
} as const;

const forgetSession = {
  id: 'forgetInstanceSession',
  tag: 'Instancias',
  summary: 'Olvida lo que se guarda de la sesión de WhatsApp de un bot',
  description: 'El siguiente cambio se guarda de nuevo mientras la clase lo diga.',
  params: byNumber,
  answers: {
    200: data(
      'Cuántas copias había',
      z.strictObject({ numberphone: z.string(), forgotten: z.int() }),
      { numberphone: NUMBER, forgotten: 3 },
    ),
  },
} as const;

/**
 * /api/instance/session/{number}: what is kept of a bot's WhatsApp session, and how to have it forgotten. `onForgotten` hears of
 * each whose copies are gone.
 */
export function sessions({
  sessions: archive,
  onForgotten,
}: {
  readonly sessions: SessionArchive;
  readonly onForgotten: (name: string) => Promise<void>;
}): Hono {
  const app = new Hono();
  const tell = operation(getSession, async (c, { params: { numberphone } }) => {
    const kept = await archive.list(instanceName(numberphone));
    const shown = kept.map(({ savedAt, dropletId, sizeBytes }) => ({
      savedAt,
      dropletId,
      sizeBytes,
    }));
    return c.json({ success: true, data: { numberphone, saved: shown } });
  });
  const forget = operation(forgetSession, async (c, { params: { numberphone } }) => {
    const name = instanceName(numberphone);
    const forgotten = await archive.forget(name);
    if (forgotten > 0) await onForgotten(name);
    return c.json({ success: true, data: { numberphone, forgotten } });
  });
  app.get('/:numberphone', tell);
  app.delete('/:numberphone', forget);
  return app;
}
