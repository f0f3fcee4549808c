import { Hono } from 'hono';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { instanceName } from '../../resources/instance.ts';
import { type SessionArchive, toldOf } from '../../store/session-archive.ts';
import { type Store, StoreError } from '../../store/store.ts';
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
  description:
    'El siguiente cambio se guarda de nuevo mientras la clase lo diga; lo que no cambia, no.',
  params: byNumber,
  answers: {
    200: data(
      'Cuántas copias había',
      z.strictObject({ numberphone: z.string(), forgotten: z.int() }),
      { numberphone: NUMBER, forgotten: 3 },
    ),
  },
} as const;

interface SessionsDeps {
  readonly sessions: SessionArchive;
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * /api/instance/session/{number}: what is kept of a bot's WhatsApp session, and how to have it forgotten. `onForgotten` hears of
 * each of which something was forgotten.
 */
export function sessions({
  onForgotten,
  ...deps
}: SessionsDeps & { readonly onForgotten: (name: string) => Promise<void> }): Hono {
  const { sessions: archive, clock } = deps;
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
    const forgotten = await archive.forget(name, new Date(clock.now()).toISOString());
    if (forgotten > 0) await onForgotten(name);
    const isNews = await tellStatus(name, deps);
    // Redis had lost them, and what the status still told of is forgotten now.
    if (forgotten === 0 && isNews) await onForgotten(name);
    return c.json({ success: true, data: { numberphone, forgotten } });
  });
  app.get('/:numberphone', tell);
  app.delete('/:numberphone', forget);
  return app;
}

/** Others write the record too. */
const MAX_TRIES = 5;

/**
 * Has the status of an instance tell what is so now. Each look of a controller does, and sets right what is missed here; but at a bot
 * that is linked to no phone it looks not. Answers whether that was another before.
 */
async function tellStatus(
  name: string,
  { store, sessions: archive }: SessionsDeps,
): Promise<boolean> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const instance = await store.get('Instance', name);
    if (!instance?.status?.session) return false;
    // After the record: whoever saves one meanwhile writes the record too.
    const known = await archive.known(instance.metadata);
    const { lookedAt, problem } = instance.status.session;
    const session = { lookedAt, problem, ...toldOf(known) };
    try {
      const told = await store.updateStatus('Instance', {
        ...instance,
        status: { ...instance.status, session },
      });
      return told.metadata.resourceVersion !== instance.metadata.resourceVersion;
    } catch (error) {
      const isOvertaken = error instanceof StoreError && error.kind === 'conflict';
      const isGone = error instanceof StoreError && error.kind === 'not-found';
      if (!isOvertaken && !isGone) throw error;
    }
  }
  return false;
}
