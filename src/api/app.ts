import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { StoreError } from '../store/store.ts';
import { AuditedStore } from './access/audited-store.ts';
import { authenticate } from './access/authenticate.ts';
import type { Caller } from './access/roles.ts';
import { console } from './console.ts';
import type { ApiDeps } from './deps.ts';
import { docs } from './docs.ts';
import { ApiError } from './errors.ts';
import { health } from './health.ts';
import { asStatus } from './kube/answer.ts';
import { kube } from './kube/kube.ts';
import { isKubePath, KUBE_PATHS } from './kube/path.ts';
import { apply } from './rest/apply.ts';
import { audit } from './rest/audit.ts';
import { droplets } from './rest/droplets.ts';
import { explanations } from './rest/explanations.ts';
import { fleet } from './rest/fleet.ts';
import { instanceLogs } from './rest/instance-logs.ts';
import { instances } from './rest/instances.ts';
import { ledger } from './rest/ledger.ts';
import { messages } from './rest/messages.ts';
import { qr } from './rest/qr.ts';
import { sessions } from './rest/sessions.ts';
import { webhooks } from './rest/webhooks.ts';

/** A caller's own request id is taken over when nothing in it could be mistaken in a log. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const RETRY_AFTER_SECONDS = '5';

/** Answers are data: a browser that is made to show one as a page must run and load nothing. */
const NO_CONTENT = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };
const CORS = {
  allowHeaders: ['authorization', 'content-type', 'x-api-key', 'x-request-id'],
  exposeHeaders: ['retry-after', 'x-request-id'],
  maxAge: 600,
};

type Env = { Variables: { requestId: string; caller: Caller } };

/** The whole HTTP face. Talks to the store alone: never to DigitalOcean, never over SSH. */
export function createApp(given: ApiDeps): Hono {
  const store = new AuditedStore(given);
  const deps = { ...given, store };
  const app = new Hono<Env>();
  for (const around of deps.middleware ?? []) app.use(around);
  app.use(async (c, next) => {
    const given = c.req.header('x-request-id') ?? '';
    const id = REQUEST_ID.test(given) ? given : deps.newRequestId();
    c.set('requestId', id);
    c.header('x-request-id', id);
    c.header('cache-control', 'no-store');
    await next();
  });
  // Whether a whole domain is to be reached by HTTPS alone is not ours to say.
  app.use(secureHeaders({ strictTransportSecurity: false }));
  if (deps.console) app.route('/', console(deps.console));
  else
    app.get('/', (c) => c.json({ name: 'orquesta', version: deps.version, docs: 'docs/api.md' }));
  app.route('/', health(deps));
  for (const path of ['/api/*', ...KUBE_PATHS]) {
    app.use(
      path,
      secureHeaders({ strictTransportSecurity: false, contentSecurityPolicy: NO_CONTENT }),
    );
    if (deps.corsOrigins.length > 0)
      app.use(path, cors({ ...CORS, origin: [...deps.corsOrigins] }));
  }
  app.route(
    '/',
    docs(() => app as unknown as Hono, deps.version),
  );
  const access = authenticate(deps);
  const audited: MiddlewareHandler<Env> = (c, next) =>
    store.serve({ caller: c.get('caller'), requestId: c.get('requestId') }, next);
  app.use('/api/*', access, audited);
  // Its status follows from what was forgotten, which is what the trail tells.
  const onForgotten = (name: string) => store.noteForgotten(name);
  app.route('/api/instance/session', sessions({ ...given, onForgotten }));
  app.route('/api/instance', instances(deps));
  app.route('/api/instance/logs', instanceLogs(deps));
  app.route('/api/instance/explain', explanations(deps));
  app.route('/api/instance/qr', qr(deps));
  app.route('/api/droplet', droplets(deps));
  app.route('/api/apply', apply(deps));
  app.route('/api/webhooks', webhooks(deps));
  app.route('/api/fleet', fleet(deps));
  app.route('/api/ledger', ledger(deps));
  app.route('/api/audit', audit(deps));
  const resources = kube(deps);
  for (const path of KUBE_PATHS) {
    // Those under /api have passed already.
    if (!/^\/api(\/|$)/.test(path)) app.use(path, access, audited);
    app.all(path, resources);
  }

  // Answered, not thrown: what is thrown from here passes by the headers that are set on the way out.
  app.notFound((c) => {
    const allowed = methodsOf(app, c.req.path);
    if (allowed === '') return answerTo(new ApiError(404, messages.noPath), c, deps);
    const headers = { allow: allowed };
    if (c.req.method === 'OPTIONS') return c.body(null, 204, headers);
    return answerTo(new ApiError(405, messages.noMethod(allowed), { headers }), c, deps);
  });
  app.onError((error, c) => answerTo(error, c, deps));
  return app as unknown as Hono;
}

function answerTo(error: Error, c: Context<Env>, { log }: ApiDeps): Response {
  const requestId = c.get('requestId');
  const { method, path } = c.req;
  if (isKubePath(path)) {
    const { answer, isFault } = asStatus(error, c, requestId);
    if (isFault) log.error({ err: error, requestId, method, path }, 'A request failed');
    return answer;
  }
  const refuse = (
    status: ApiError['status'] | 500 | 503,
    message: string,
    extra: Readonly<Record<string, unknown>> = {},
  ): Response => c.json({ success: false, error: message, ...extra }, status);

  if (error instanceof ApiError) {
    for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
    return refuse(error.status, error.message, error.extra);
  }
  // Nobody is there to read the answer, and nothing of ours is wrong.
  if (c.req.raw.signal.aborted) return refuse(400, messages.brokenOff);
  if (error instanceof StoreError) {
    switch (error.kind) {
      case 'conflict':
      case 'already-exists':
      case 'not-found':
        return refuse(409, messages.conflict);
      case 'unavailable':
        log.warn({ err: error, requestId }, 'A request could not be served: Redis is away');
        c.header('retry-after', RETRY_AFTER_SECONDS);
        return refuse(503, messages.unavailable);
      case 'invalid':
      case 'gone':
        break;
    }
  }
  log.error({ err: error, requestId, method, path }, 'A request failed');
  return refuse(500, messages.internal(requestId));
}

/** The methods that a path takes, as the header Allow lists them; empty for a path that does not exist. */
function methodsOf(app: Hono<Env>, path: string): string {
  const found = app.routes
    .filter((route) => route.method !== 'ALL' && isPathOf(route.path, path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return found.length === 0 ? '' : [...new Set(found), 'OPTIONS'].join(', ');
}

/** Does a route's pattern, like /api/instance/status/:number, fit a path? */
function isPathOf(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) =>
      part.startsWith(':') ? given[index] !== '' : part === given[index],
    )
  );
}
