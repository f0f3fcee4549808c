import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Metrics } from '../metrics.ts';

/** Counts and measures requests by the pattern of their route, so that no number of paths makes more series. */
export function meterHttp(metrics: Metrics): MiddlewareHandler {
  return async (c, next) => {
    const end = metrics.httpDuration.startTimer();
    await next();
    const route = matchedRoutes(c).findLast((one) => !one.path.endsWith('*'))?.path ?? 'none';
    const method = KNOWN_METHODS.has(c.req.method) ? c.req.method : 'other';
    end({ method, route });
    metrics.httpRequests.inc({ method, route, code: c.res.status });
  };
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
