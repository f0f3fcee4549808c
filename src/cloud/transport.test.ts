import { describe, expect, it } from 'vitest';
import { failureOf } from './transport.ts';

/** An error as the HTTP client wraps it, with the request hung on. */
function wrapped(below: Readonly<Record<string, unknown>>): Error {
  const cause = Object.assign(new Error(String(below['message'] ?? 'failed')), below);
  const config = { headers: { authorization: 'Bearer dop_v1_secret' } };
  return Object.assign(new Error(cause.message, { cause }), { code: below['code'], config });
}

describe('failureOf', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED', syscall: 'connect' }],
    ['a name that does not resolve', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }],
    ['a resolver that is away', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }],
    ['a host without a route', { code: 'EHOSTUNREACH', syscall: 'connect' }],
    ['a connect that timed out', { code: 'ETIMEDOUT', syscall: 'connect' }],
    ['a certificate that has expired', { code: 'CERT_HAS_EXPIRED' }],
    ['a certificate of another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    [
      'all addresses of a name',
      { code: 'ECONNREFUSED', errors: [{ syscall: 'connect' }, { syscall: 'connect' }] },
    ],
  ])('%s: nothing was sent', (_what, below) => {
    expect(failureOf(wrapped(below), []).wasSent).toBe(false);
  });

  it.each([
    ['a reset', { code: 'ECONNRESET', syscall: 'read' }],
    ['a broken pipe', { code: 'EPIPE', syscall: 'write' }],
    ['a host that went away', { code: 'EHOSTUNREACH', syscall: 'read' }],
    ['a timeout', { code: 'ETIMEDOUT', syscall: 'read' }],
    ['an abort', { code: 'ERR_CANCELED' }],
    ['TLS that broke', { code: 'EPROTO', syscall: 'write' }],
    ['a cut answer', { code: 'ERR_BAD_RESPONSE' }],
    ['anything unheard of', {}],
    ['one address that did connect', { errors: [{ syscall: 'connect' }, { syscall: 'read' }] }],
  ])('%s: it may have been sent', (_what, below) => {
    expect(failureOf(wrapped(below), []).wasSent).toBe(true);
  });

  it('keeps the code and the message of the cause, and nothing of the request', () => {
    const { cause } = failureOf(wrapped({ code: 'EPIPE', message: 'write EPIPE' }), []);
    expect(cause.message).toBe('write EPIPE');
    expect({ ...cause }).toEqual({ code: 'EPIPE' });
    expect(cause.cause).toBeUndefined();
  });

  it('drops a message that repeats a secret', () => {
    const { why, cause } = failureOf(wrapped({ message: 'bad header dop_v1_secret' }), [
      'dop_v1_secret',
    ]);
    expect(`${why} ${cause.message} ${cause.stack}`).not.toContain('dop_v1_secret');
  });

  it('survives what is no error', () => {
    for (const thrown of [undefined, null, 'text', 5]) {
      expect(failureOf(thrown, []).wasSent).toBe(true);
    }
  });
});
