import { Hono } from 'hono';
import { z } from 'zod';
import type { AuditTrail } from '../../store/audit-trail.ts';
import { ApiError } from '../errors.ts';
import { messages } from './messages.ts';

const limit = z.coerce.number().int().min(1).max(1_000).default(100);

/** GET /api/audit: who wrote what, newest first. */
export function audit({ audit: trail }: { readonly audit: AuditTrail }): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
    const asked = limit.safeParse(c.req.query('limit'));
    if (!asked.success) throw new ApiError(400, messages.badLimit);
    return c.json({ success: true, data: await trail.list(asked.data) });
  });
  return app;
}
