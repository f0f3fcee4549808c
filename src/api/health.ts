import { Hono } from 'hono';
import type { CloudAccess, Sweep } from '../store/cloud-view.ts';
import { StoreError } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';

interface Check {
  readonly ok: boolean;
  readonly message: string;
}

/** Liveness, readiness with reasons, and the version: open to all. */
export function health({ cloudView, clock, version }: ApiDeps): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/livez', (c) => c.text('ok'));
  app.get('/version', (c) => c.json({ version }));
  app.get('/readyz', async (c) => {
    const checks = await readiness();
    const isReady = Object.values(checks).every((check) => check.ok);
    return c.json({ ready: isReady, checks }, isReady ? 200 : 503);
  });

  async function readiness(): Promise<Readonly<Record<string, Check>>> {
    try {
      const [access, sweep] = await Promise.all([cloudView.access(), cloudView.lastSweep()]);
      return {
        redis: { ok: true, message: 'Redis answers' },
        cloud: cloudCheck(access),
        sweep: sweepCheck(sweep, clock.now()),
      };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { redis: { ok: false, message: error.message } };
    }
  }
  return app;
}

/** Without access no droplet is made or deleted: whoever routes requests here should know. */
function cloudCheck(access: CloudAccess | undefined): Check {
  if (access === undefined) return { ok: true, message: 'DigitalOcean has not been asked yet' };
  return { ok: access.ok, message: access.ok ? 'DigitalOcean takes the token' : access.message };
}

/** How fresh our picture of the account is. An old one is the controllers' trouble, not a reason to turn requests away. */
function sweepCheck(sweep: Sweep | undefined, now: number): Check {
  if (sweep === undefined) return { ok: true, message: 'The account has not been listed yet' };
  const ageSeconds = Math.max(0, Math.round((now - sweep.finishedAt) / 1000));
  return { ok: true, message: `The account was listed ${ageSeconds} s ago` };
}
