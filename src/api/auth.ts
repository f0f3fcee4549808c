import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { ApiError } from './errors.ts';
import { messages } from './rest/messages.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets through whoever sends one of the keys, as `x-api-key` or as a bearer token. Compares digests, in constant time and against all keys. */
export function requireKey(keys: readonly string[]): MiddlewareHandler {
  const wanted = keys.map(digest);
  return async (c, next) => {
    const bearer = /^Bearer\s+(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const given = c.req.header('x-api-key') ?? bearer;
    if (given === undefined || given === '') throw new ApiError(401, messages.noKey);
    const offered = digest(given);
    let isKnown = false;
    for (const key of wanted) isKnown = timingSafeEqual(key, offered) || isKnown;
    if (!isKnown) throw new ApiError(401, messages.wrongKey);
    await next();
  };
}
