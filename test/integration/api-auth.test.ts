import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi, KEY } from './api-app.ts';

// Keys, paths, methods and headers.

const OTHER_KEY = 'the-next-key-of-another-length';
let api: Api;
beforeAll(async () => {
  api = await anApi({ apiKeys: parseApiKeys(`${KEY},${OTHER_KEY},clavé`) });
});
afterAll(() => api.close());

const plain = (path: string, init: RequestInit = {}) => api.app.request(path, init);
const list = (headers: Record<string, string>) => plain('/api/instance/list', { headers });

describe('keys', () => {
  test.each([
    ['x-api-key', { 'x-api-key': KEY }],
    ['X-API-KEY', { 'X-API-KEY': KEY }],
    ['a bearer token', { authorization: `Bearer ${KEY}` }],
    ['a bearer token in small letters', { authorization: `bearer ${KEY}` }],
    ['the second of two keys', { 'x-api-key': OTHER_KEY }],
    ['the second as a bearer token', { authorization: `Bearer ${OTHER_KEY}` }],
    [
      'a bearer token beside an empty x-api-key',
      { 'x-api-key': '', authorization: `Bearer ${KEY}` },
    ],
    ['a key beyond ASCII, as UTF-8', { 'x-api-key': Buffer.from('clavé').toString('latin1') }],
  ])('%s opens', async (_, headers) => {
    expect((await list(headers as Record<string, string>)).status).toBe(200);
  });

  test.each([
    ['none', {}],
    ['an empty one', { 'x-api-key': '' }],
    ['a wrong one of the same length', { 'x-api-key': KEY.replace('a', 'b') }],
    ['a shorter one', { 'x-api-key': KEY.slice(0, -1) }],
    ['a longer one', { 'x-api-key': `${KEY}x` }],
    ['both, as the setting has them', { 'x-api-key': `${KEY},${OTHER_KEY}` }],
    ['one in capitals', { 'x-api-key': KEY.toUpperCase() }],
    ['a mile of one', { 'x-api-key': 'a'.repeat(100_000) }],
    [
      'a wrong one beside a right bearer token',
      { 'x-api-key': 'x', authorization: `Bearer ${KEY}` },
    ],
    ['basic', { authorization: `Basic ${KEY}` }],
    ['a bearer without a token', { authorization: 'Bearer ' }],
    ['a bare token', { authorization: KEY }],
  ])('%s does not', async (_, headers) => {
    const response = await list(headers as Record<string, string>);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      success: false,
      error: expect.stringContaining('clave de acceso'),
    });
  });

  test('a key in the query does not open', async () => {
    expect((await plain(`/api/instance/list?x-api-key=${KEY}&api_key=${KEY}`)).status).toBe(401);
  });

  test.each([
    ['GET', '/api/instance/list'],
    ['GET', `/api/instance/status/${NUMBER}`],
    ['GET', `/api/instance/events/${NUMBER}`],
    ['GET', `/api/instance/qr/${NUMBER}`],
    ['GET', `/api/instance/logs/${NUMBER}`],
    ['POST', '/api/instance/create'],
    ['POST', `/api/instance/restart/${NUMBER}`],
    ['DELETE', `/api/instance/${NUMBER}`],
    ['DELETE', `/api/instance/delete/${NUMBER}`],
    ['GET', '/api/droplet'],
    ['GET', '/api/droplet/1'],
    ['POST', '/api/droplet/create'],
    ['DELETE', '/api/droplet/1'],
    ['POST', '/api/apply'],
    ['GET', '/api'],
    ['GET', '/api/'],
    ['GET', '/api/nothing/here'],
    ['OPTIONS', '/api/instance/list'],
    ['GET', '//api/instance/list'],
    ['GET', '/api//instance/list'],
    ['GET', '/%61pi/instance/list'],
    ['GET', '/x/../api/instance/list'],
  ])('%s %s shows nothing without one', async (method, path) => {
    const response = await plain(path, { method });
    expect([401, 404]).toContain(response.status);
    expect(await response.text()).not.toContain('"data"');
  });

  test.each(['/', '/healthz', '/livez', '/readyz', '/version'])('%s needs none', async (path) => {
    const response = await plain(path);
    expect(response.status).toBe(200);
  });

  test('no key of ours opens nothing', async () => {
    const closed = await anApi({ apiKeys: [] });
    for (const key of ['', 'undefined', KEY]) {
      const response = await closed.app.request('/api/instance/list', {
        headers: { 'x-api-key': key },
      });
      expect(response.status).toBe(401);
    }
    await closed.close();
  });
});

describe('paths and methods', () => {
  test.each([
    '/api/nothing',
    '/api/instance/',
    '/api/instance/status/1/2',
    '/nothing',
    '/api/apply/x',
  ])('%s does not exist', async (path) => {
    expect(await api.ask('GET', path)).toMatchObject({
      status: 404,
      json: { success: false, error: expect.stringContaining('no existe') },
    });
  });

  test.each([
    ['GET', '/api/instance/create', 'POST'],
    ['PUT', '/api/instance/create', 'POST'],
    ['POST', '/api/instance/list', 'GET'],
    ['GET', '/api/apply', 'POST'],
    ['PATCH', `/api/instance/status/${NUMBER}`, 'GET'],
    ['POST', '/healthz', 'GET'],
    ['DELETE', '/', 'GET'],
  ])('%s %s: 405 that tells what it takes', async (method, path, taken) => {
    const answer = await api.ask(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain(taken);
    expect(answer.json.error).toContain(taken);
  });

  test('OPTIONS tells the methods of a path, 404 for none', async () => {
    const answer = await api.ask('OPTIONS', '/api/instance/list');
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers.get('allow')?.split(', ')).toEqual(
      expect.arrayContaining(['GET', 'HEAD', 'OPTIONS']),
    );
    expect((await api.ask('OPTIONS', '/api/nothing')).status).toBe(404);
  });

  test('HEAD is GET without the body, errors included', async () => {
    for (const path of ['/healthz', '/', '/api/instance/list', `/api/instance/status/${NUMBER}`]) {
      const [got, head] = [await api.ask('GET', path), await api.ask('HEAD', path)];
      expect([head.status, head.text]).toEqual([got.status, '']);
      expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'));
    }
  });

  test('a very long path and query are refused as any other', async () => {
    const long = 'x'.repeat(100_000);
    expect((await api.ask('GET', `/api/${long}`)).status).toBe(404);
    expect((await api.ask('GET', `/api/droplet/${long}`)).status).toBe(404);
    expect((await api.ask('GET', `/api/instance/list?${long}`)).status).toBe(200);
  });

  test('a droplet that is asked for by an odd name does not exist, and the name is shown cut', async () => {
    for (const name of [
      '%00',
      'a%0D%0Ab',
      '..%2F..',
      '%E0%A4',
      `${'é'.repeat(500)}`,
      '__proto__',
    ]) {
      const answer = await api.ask('GET', `/api/droplet/${name}`);
      expect(answer.status).toBe(404);
      expect(answer.json.error).not.toMatch(/\p{Cc}/u);
      expect(answer.json.error.length).toBeLessThan(200);
      expect((await api.ask('DELETE', `/api/droplet/${name}`)).status).toBe(404);
    }
  });
});

describe('headers', () => {
  test('every answer bears a request id, kept out of caches', async () => {
    const paths = ['/', '/healthz', '/api/instance/list', '/api/nothing', '/nothing'];
    const ids = new Set<string | null>();
    for (const path of paths) {
      const { headers } = await api.ask('GET', path);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.has('strict-transport-security')).toBe(false);
      ids.add(headers.get('x-request-id'));
    }
    expect(ids.size).toBe(paths.length);
  });

  test('the caller’s own request id is taken over, unless it could be mistaken', async () => {
    const idFor = async (given: string) =>
      (await api.ask('GET', '/healthz', undefined, { 'x-request-id': given })).headers.get(
        'x-request-id',
      );
    expect(await idFor('order-17.a')).toBe('order-17.a');
    for (const odd of ['', 'a b', '{"level":60}', 'x'.repeat(65), 'é']) {
      expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('GET / names program, version and guide', async () => {
    expect((await api.ask('GET', '/')).json).toEqual({
      name: 'orquesta',
      version: '1.2.3',
      docs: 'docs/api.md',
    });
    expect((await api.ask('GET', '/version')).json).toMatchObject({
      version: '1.2.3',
      minor: '33',
      gitVersion: 'v1.33.0+orquesta.1.2.3',
    });
  });
});

describe('readiness', () => {
  test('says that nothing is known yet, then how things stand', async () => {
    const own = await anApi();
    const ready = async () => {
      const { status, json } = await own.ask('GET', '/readyz');
      return { status, ...json };
    };
    expect(await ready()).toMatchObject({
      status: 200,
      ready: true,
      checks: {
        redis: { ok: true },
        cloud: { ok: true, message: 'DigitalOcean has not been asked yet' },
        sweep: { ok: true, message: 'The account has not been listed yet' },
      },
    });
    const now = Date.now();
    await own.cloudView.record({ startedAt: now - 100, finishedAt: now }, []);
    const taken = { ok: true, message: '', since: now };
    await own.cloudView.setAccess(taken, undefined);
    expect((await ready()).checks).toMatchObject({
      cloud: { ok: true, message: 'DigitalOcean takes the token' },
      sweep: { message: expect.stringMatching(/^The account was listed \d+ s ago$/) },
    });
    const message = 'DigitalOcean refuses the token: set another DIGITALOCEAN_TOKEN';
    await own.cloudView.setAccess({ ok: false, message, since: now }, taken);
    expect(await ready()).toMatchObject({
      status: 503,
      ready: false,
      checks: { redis: { ok: true }, cloud: { ok: false, message: /refuses the token/ } },
    });
    await own.close();
  });
});
