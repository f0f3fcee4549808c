import { Hono } from 'hono';
import { z } from 'zod';
import type { AuditTrail } from '../../store/audit-trail.ts';
import { data } from '../openapi/answers.ts';
import { operation } from '../openapi/operation.ts';

const entry = z.object({
  at: z.iso.datetime(),
  caller: z.string().describe('El nombre de la clave, nunca la clave'),
  role: z.string(),
  requestId: z.string(),
  action: z.enum(['create', 'update', 'update-status', 'delete', 'forget-session']),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  changes: z.array(z.looseObject({})).describe('Qué cambió, campo por campo'),
});

const getAudit = {
  id: 'getAudit',
  tag: 'Flota',
  summary: 'Quién escribió qué, lo más nuevo primero',
  isForAdmins: true,
  query: z.strictObject({
    limit: z
      .string()
      .regex(/^([1-9][0-9]{0,2}|1000)$/, 'must be a whole number of 1 to 1000')
      .default('100'),
  }),
  answers: {
    200: data('Las últimas escrituras', z.array(entry), [
      {
        at: '2026-01-31T12:00:00.120Z',
        caller: 'panel',
        role: 'operator',
        requestId: '0d4c2a3e',
        action: 'create',
        kind: 'Instance',
        name: 'bot-573332221111',
        uid: '5b0c2a3e',
        resourceVersion: '42',
        changes: [],
      },
    ]),
  },
} as const;

/** GET /api/audit: who wrote what, newest first. */
export function audit({ audit: trail }: { readonly audit: AuditTrail }): Hono {
  const app = new Hono();
  const answer = operation(getAudit, async (c, { query }) =>
    c.json({ success: true, data: await trail.list(Number(query.limit)) }),
  );
  app.get('/', answer);
  return app;
}
