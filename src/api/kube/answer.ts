import type { Context } from 'hono';
import { StoreError } from '../../store/store.ts';
import type { WithCaller } from '../access/authenticate.ts';
import { ApiError } from '../errors.ts';
import { messages } from '../rest/messages.ts';
import {
  badRequest,
  expired,
  KubeError,
  methodNotAllowed,
  noSuchPath,
  unauthorized,
} from './errors.ts';

const RETRY_AFTER_SECONDS = 5;

/** Any error of a request to the resource API as a Status, and whether it is a fault of ours that belongs into the log. */
export function asStatus(
  error: Error,
  c: Context,
  requestId: string,
): { readonly answer: Response; readonly isFault: boolean } {
  const known = kubeErrorOf(error, c);
  const told =
    known ??
    new KubeError(500, 'InternalError', `Internal error occurred: see request ${requestId}`);
  for (const [name, value] of Object.entries(told.headers)) c.header(name, value);
  return { answer: c.json(told.toStatus(), told.code), isFault: known === undefined };
}

function kubeErrorOf(error: Error, c: Context): KubeError | undefined {
  if (error instanceof KubeError) return error;
  if (error instanceof ApiError) {
    if (error.status === 401) return unauthorized();
    if (error.status === 403) return forbidden(c);
    if (error.status === 429) return tooManyRequests(error);
    if (error.status === 405) return methodNotAllowed([error.headers['allow'] ?? '']);
    return noSuchPath();
  }
  if (c.req.raw.signal.aborted) return badRequest('the request was broken off');
  if (!(error instanceof StoreError)) return undefined;
  if (error.kind === 'unavailable') {
    return new KubeError(
      503,
      'ServiceUnavailable',
      'the server is currently unable to handle the request',
      {
        details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
      },
    );
  }
  return error.kind === 'gone' ? expired(error.message) : undefined;
}

function forbidden(c: Context<WithCaller>): KubeError {
  const { name, role } = c.get('caller');
  const { method, path } = c.req;
  const message = `forbidden: User "${name}" with role "${role}" cannot ${method} path "${path}"`;
  return new KubeError(403, 'Forbidden', message);
}

function tooManyRequests({ headers, message: told }: ApiError): KubeError {
  const retryAfterSeconds = Number(headers['retry-after']);
  const message =
    told === messages.tooManyStreams
      ? 'This key holds as many watches and other streams open as it may: end one, and try again.'
      : 'Too many requests, please try again later.';
  return new KubeError(429, 'TooManyRequests', message, {
    details: { retryAfterSeconds },
    headers,
  });
}
