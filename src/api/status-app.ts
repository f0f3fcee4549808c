import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { ApiError } from './errors.ts';
import { type HealthDeps, health } from './health.ts';

/** The HTTP face of a process that takes no requests for the fleet: whether it is well, and what it counts. */
export function createStatusApp(deps: HealthDeps): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use(secureHeaders({ strictTransportSecurity: false }));
  app.route('/', health(deps));
  app.onError((error, c) => {
    if (!(error instanceof ApiError)) throw error;
    for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
    return c.json({ success: false, error: error.message }, error.status);
  });
  app.notFound((c) =>
    c.text(
      'This is a controller: it answers /healthz, /livez, /readyz, /version and /metrics.',
      404,
    ),
  );
  return app;
}
