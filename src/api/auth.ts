import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { ApiError } from './errors.ts';
import { messages } from './rest/messages.ts';

const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/**
 * Lets through whoever sends one of the keys, as `x-api-key` or, where that is absent, as a bearer token. Compares digests,
 * in constant time and against all keys.
 */
export function requireKey(keys: readonly string[]): MiddlewareHandler {
  const wanted = keys.map((key) => digest(Buffer.from(key)));
  return async (c, next) => {
    const bearer = /^Bearer +(\S.*)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const given = c.req.header('x-api-key') || bearer;
    if (given === undefined) throw refusal(messages.noKey);
    // The bytes of a header are handed over as Latin-1, whatever they were meant to be.
    const offered = digest(Buffer.from(given, 'latin1'));
    let isKnown = false;
    for (const key of wanted) isKnown = timingSafeEqual(key, offered) || isKnown;
    if (!isKnown) throw refusal(messages.wrongKey);
    await next();
  };
}

const refusal = (message: string): ApiError =>
  new ApiError(401, message, { headers: { 'www-authenticate': 'Bearer' } });
