import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerOf, canBeGuessed, guessableKeysOf, parseApiKeys } from './keys.ts';
import { RateLimit } from './rate-limit.ts';
import { roleFor } from './roles.ts';
import { Throttle } from './throttle.ts';

describe('API_KEY', () => {
  const hash = createHash('sha256').update('hashed one').digest('hex');
  const keys = parseApiKeys(`plain, web:operator:s3cret:with:colons, ops:viewer:sha256:${hash}`);

  it('holds plain keys, named ones with a role, and hashes', () => {
    expect(callerOf(keys, 'plain')).toEqual({ name: 'key-1', role: 'admin' });
    expect(callerOf(keys, 's3cret:with:colons')).toEqual({ name: 'web', role: 'operator' });
    expect(callerOf(keys, 'hashed one')).toEqual({ name: 'ops', role: 'viewer' });
  });

  it.each(['', 'plai', 'plain,', 'web:operator:s3cret:with:colons', hash, `sha256:${hash}`])(
    '%j opens nothing',
    (given) => expect(callerOf(keys, given)).toBeUndefined(),
  );

  it('tells which can be guessed, of those that stand there themselves', () => {
    const long = 'x'.repeat(32);
    expect([canBeGuessed(long.slice(1)), canBeGuessed(long)]).toEqual([true, false]);
    const text = `${long},short,web:operator:${long},ops:viewer:sh:ort,cron:admin:sha256:${hash}`;
    expect(guessableKeysOf(text)).toEqual(['key-2', 'ops']);
  });

  it('refuses two keys of one name', () => {
    expect(() => parseApiKeys('a:viewer:1,a:admin:2')).toThrow(/"a"/);
  });
});

describe('a role', () => {
  it.each([
    ['GET', '/api/instance/list', 'viewer'],
    ['HEAD', '/apis/orquesta.clientfy.io/v1/instanceclasses', 'viewer'],
    ['POST', '/api/instance/create', 'operator'],
    ['DELETE', '/api/instance/573332221111', 'operator'],
    ['POST', '/api/apply', 'operator'],
    ['PATCH', '/apis/orquesta.clientfy.io/v1/instances/bot-1', 'operator'],
    ['PUT', '/apis/orquesta.clientfy.io/v1/instancepools/a/scale', 'operator'],
    ['PATCH', '/apis/orquesta.clientfy.io/v1/instanceclasses/default', 'admin'],
    ['POST', '/apis/orquesta.clientfy.io/v1/instanceclasses', 'admin'],
    ['DELETE', '/apis/orquesta.clientfy.io/v1/instanceclasses/', 'admin'],
    ['PATCH', '/apis/orquesta.clientfy.io/v1/instanceclasse%73/default', 'admin'],
    ['POST', '/%61pis/orquesta.clientfy.io/v1/%69nstanceclasses', 'admin'],
    ['PUT', '/apis/orquesta.clientfy.io/v1/instances/bot-1/status', 'admin'],
    ['PATCH', '/apis/orquesta.clientfy.io/v1/droplets/web/%73tatus/', 'admin'],
    ['POST', '/apis/authorization.k8s.io/v1/../../orquesta.clientfy.io/v1/instances', 'operator'],
    ['DELETE', '/apis/authorization.k8s.io/v1/instances', 'operator'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'viewer'],
    ['GET', '/api/audit', 'admin'],
    ['HEAD', '/api/audit/', 'admin'],
    // Words that every object of JavaScript knows are groups of nobody.
    ['POST', '/apis/constructor/v1/selfsubjectaccessreviews', 'operator'],
    ['POST', '/apis/__proto__/v1/selfsubjectaccessreviews', 'operator'],
    ['POST', '/apis/toString/v1/x', 'operator'],
  ])('%s %s needs %s', (method, path, role) => expect(roleFor(method, path)).toBe(role));
});

describe('the throttle', () => {
  const guess = (throttle: Throttle, address: string, times: number, at = 0) => {
    for (let i = 0; i < times; i++) throttle.note(address, undefined, at);
  };

  it('stops listening to an address after 20 wrong keys within a minute, for the rest of it', () => {
    const throttle = new Throttle();
    guess(throttle, 'a', 19);
    expect(throttle.waitFor('a', undefined, 1)).toBe(0);
    guess(throttle, 'a', 1);
    expect(throttle.waitFor('a', undefined, 10_000)).toBe(50_000);
    expect(throttle.waitFor('b', undefined, 10_000)).toBe(0);
    expect(throttle.waitFor('a', undefined, 60_000)).toBe(0);
  });

  it('hears a guessed key no more than a wrong one, but goes on hearing one that was right before', () => {
    const throttle = new Throttle();
    throttle.note('a', 'web', 0);
    guess(throttle, 'a', 20);
    expect(throttle.waitFor('a', 'ops', 1)).toBeGreaterThan(0);
    expect(throttle.waitFor('a', 'web', 1)).toBe(0);
  });

  it('takes the addresses of one IPv6 network for one: whoever has one has 2^64', () => {
    const throttle = new Throttle();
    for (let i = 1; i <= 20; i++) guess(throttle, `2001:db8:1:2::${i}`, 1);
    expect(throttle.waitFor('2001:db8:1:2:ffff::1', undefined, 1)).toBeGreaterThan(0);
    expect(throttle.waitFor('2001:db8:1:3::1', undefined, 1)).toBe(0);
  });

  it('remembers a bounded number of addresses', () => {
    const throttle = new Throttle();
    guess(throttle, 'a', 20);
    for (let i = 0; i < 10_000; i++) throttle.note(`other-${i}`, undefined, 0);
    expect(throttle.waitFor('a', undefined, 1)).toBe(0);
  });
});

describe('the rate limit', () => {
  it('never lets more through than its rate and one burst, and never starves a key', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }), (gaps) => {
        const limit = new RateLimit(10);
        let [now, taken] = [0, 0];
        for (const gap of gaps) {
          now += gap;
          if (limit.take('a', now) === 0) taken++;
        }
        expect(taken).toBeLessThanOrEqual(20 + Math.floor((now * 10) / 1000));
        const wait = limit.take('a', now);
        expect(limit.take('a', now + wait + 100)).toBe(0);
      }),
    );
  });

  it('counts each key for itself', () => {
    const limit = new RateLimit(1);
    while (limit.take('a', 0) === 0);
    expect(limit.take('b', 0)).toBe(0);
  });
});
