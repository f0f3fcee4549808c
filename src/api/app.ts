import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { StoreError } from '../store/store.ts';
import { requireKey } from './auth.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { health } from './health.ts';
import { apply } from './rest/apply.ts';
import { droplets } from './rest/droplets.ts';
import { instances } from './rest/instances.ts';
import { messages } from './rest/messages.ts';

const MAX_BODY_BYTES = 1_048_576;

/** The whole HTTP face. Talks to the store alone: never to DigitalOcean, never over SSH. */
export function createApp(deps: ApiDeps): Hono {
  const { log } = deps;
  const app = new Hono<{ Variables: { requestId: string } }>();

  app.use(async (c, next) => {
    const id = deps.newRequestId();
    c.set('requestId', id);
    c.header('x-request-id', id);
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use(secureHeaders());
  app.route('/', health(deps));
  app.use('/api/*', requireKey(deps.apiKeys));
  app.use('/api/*', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => refuse(413, messages.tooLarge) }));
  app.route('/api/instance', instances(deps));
  app.route('/api/droplet', droplets(deps));
  app.route('/api/apply', apply(deps));

  app.notFound((c) => {
    const paths = app.routes.filter(({ method }) => method !== 'ALL').map(({ path }) => path);
    const isKnown = paths.some((path) => matches(path, c.req.path));
    return isKnown ? refuse(405, messages.noMethod) : refuse(404, messages.noPath);
  });
  app.onError((error, c) => {
    const requestId = c.get('requestId');
    if (error instanceof ApiError) return c.json({ success: false, error: error.message }, error.status);
    if (error instanceof StoreError && error.kind === 'conflict') {
      return c.json({ success: false, error: messages.conflict }, 409);
    }
    if (error instanceof StoreError && error.kind === 'unavailable') {
      log.warn({ err: error, requestId }, 'A request could not be served: Redis is away');
      return c.json({ success: false, error: messages.unavailable }, 503);
    }
    log.error({ err: error, requestId, method: c.req.method, path: c.req.path }, 'A request failed');
    return c.json({ success: false, error: messages.internal(requestId) }, 500);
  });
  return app as unknown as Hono;
}

function refuse(status: 404 | 405 | 413, error: string): never {
  throw new ApiError(status, error);
}

/** Does a route's pattern, like /api/instance/status/:number, fit a path? */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}
