import { Hono } from 'hono';
import type { ApiDeps } from './deps.ts';

interface Check {
  readonly ok: boolean;
  readonly message: string;
}

/** Liveness, readiness with reasons, and the version: open to all. */
export function health({ cloudView, clock, version }: ApiDeps): Hono {
  const app = new Hono();
  const alive = (): Response => new Response('ok', { headers: { 'content-type': 'text/plain' } });
  app.get('/healthz', alive);
  app.get('/livez', alive);
  app.get('/version', (c) => c.json({ version }));
  app.get('/readyz', async (c) => {
    const checks: Record<string, Check> = {};
    try {
      const [access, sweep] = await Promise.all([cloudView.access(), cloudView.lastSweep()]);
      checks['redis'] = { ok: true, message: 'Redis answers' };
      checks['cloud'] = {
        ok: access?.ok !== false,
        message: access?.ok === false ? access.message : 'DigitalOcean takes the token',
      };
      const age = sweep && Math.round((clock.now() - sweep.finishedAt) / 1000);
      checks['sweep'] = {
        ok: true,
        message: age === undefined ? 'The account was not listed yet' : `The account was listed ${age} s ago`,
      };
    } catch (error) {
      checks['redis'] = { ok: false, message: error instanceof Error ? error.message : 'unknown' };
    }
    const isReady = Object.values(checks).every((check) => check.ok);
    return c.json({ ready: isReady, checks }, isReady ? 200 : 503);
  });
  return app;
}
