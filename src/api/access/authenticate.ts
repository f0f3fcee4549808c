import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { Clock } from '../../clock.ts';
import { ApiError } from '../errors.ts';
import { parsePath } from '../kube/path.ts';
import { messages } from '../rest/messages.ts';
import { type ApiKey, callerOf, canBeGuessed } from './keys.ts';
import { OpenStreams } from './open-streams.ts';
import { RateLimit } from './rate-limit.ts';
import { type Caller, mayAct, roleFor } from './roles.ts';
import { Throttle } from './throttle.ts';

export interface AccessDeps {
  readonly clock: Clock;
  /** Any of them opens the API, as far as its role goes. */
  readonly apiKeys: readonly ApiKey[];
  /** Requests that one key may make, on the average. */
  readonly requestsPerSecond: number;
  /** Streams that one key may hold open at a time. */
  readonly streamsPerKey: number;
  /** Web pages of other origins that may call the API, like https://panel.example.com. */
  readonly corsOrigins: readonly string[];
}

export type WithCaller = {
  Variables: {
    caller: Caller;
    openStream: () => () => void;
  };
};

/** Streams end when their clients go: nobody knows when that will be. */
const STREAM_RETRY_MS = 10_000;

/** A header of answers that go on: proxies that gather answers would hold back what is to be seen as it comes. */
export const UNBUFFERED = ['x-accel-buffering', 'no'] as const;

/** Counts an answer that goes on, until what this answers is called. Throws ApiError 429. */
export const openStream = (c: Context): (() => void) =>
  (c as Context<WithCaller>).get('openStream')();

/**
 * Lets through whoever sends one of the keys, as `x-api-key` or, where that is absent, as a bearer token, and whose role allows
 * what is asked. Throws ApiError 401, 403 or 429.
 */
export function authenticate(deps: AccessDeps): MiddlewareHandler<WithCaller> {
  const { clock, apiKeys } = deps;
  const throttle = new Throttle();
  const streams = new OpenStreams(deps.streamsPerKey);
  const limit = new RateLimit(deps.requestsPerSecond);
  return async (c, next) => {
    const bearer = /^Bearer +(\S.*)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const given = c.req.header('x-api-key') || bearer;
    if (given === undefined) throw refusal(messages.noKey);
    const caller = callerOf(apiKeys, given);
    const [address, now] = [addressOf(c), clock.now()];
    // Behind a proxy all have one address: whoever guesses there could lock out every key that was not heard lately. A guess of a
    // long one is never right, so its throttle would protect nothing.
    const isHeard = caller !== undefined && !canBeGuessed(given);
    const lockedMs = isHeard ? 0 : throttle.waitFor(address, caller?.name, now);
    if (lockedMs > 0) throw tooMany(messages.tooManyGuesses, lockedMs);
    throttle.note(address, caller?.name, now);
    if (!caller) throw refusal(messages.wrongKey);
    const waitMs = limit.take(caller.name, now);
    if (waitMs > 0) throw tooMany(messages.tooManyRequests, waitMs);
    c.set('caller', caller);
    c.set('openStream', () => {
      const close = streams.open(caller.name);
      if (!close) throw tooMany(messages.tooManyStreams, STREAM_RETRY_MS);
      return close;
    });
    const needed = roleFor(c.req.method, pathOf(c));
    if (!mayAct(caller, needed)) throw new ApiError(403, messages.notAllowed(caller, needed));
    await next();
  };
}

const refusal = (message: string): ApiError =>
  new ApiError(401, message, { headers: { 'www-authenticate': 'Bearer' } });

const tooMany = (message: string, waitMs: number): ApiError =>
  new ApiError(429, message, { headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } });

/** As whoever serves it reads it: the facade's router decodes it whole, the resource API part by part. */
const pathOf = ({ req }: Context): string => {
  const { pathname } = new URL(req.url);
  return parsePath(pathname) === undefined ? req.path : pathname;
};

/** Of the connection itself: what a header says of it anyone can write. */
const addressOf = (c: Context): string =>
  (c.env as Partial<HttpBindings> | undefined)?.incoming?.socket.remoteAddress ?? 'unknown';
