import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import type { AuditEntry } from '../../src/store/audit-trail.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi } from './api-app.ts';

// Who may do what, and what is known of it afterwards.

const CLASSES = '/apis/orquesta.clientfy.io/v1/instanceclasses';
const INSTANCES = '/apis/orquesta.clientfy.io/v1/instances';
const KEYS = parseApiKeys('look:viewer:k-look,run:operator:k-run,all:admin:k-all');
let api: Api;
beforeAll(async () => {
  api = await anApi({ apiKeys: KEYS, corsOrigins: ['https://panel.example.com'] });
});
afterAll(() => api.close());

const as = (key: string, method: string, path: string, body?: unknown, more = {}) =>
  api.ask(method, path, body, { 'x-api-key': key, ...more });
const aClass = { apiVersion: 'orquesta.clientfy.io/v1', kind: 'InstanceClass', spec: {} };
const trail = async (): Promise<readonly AuditEntry[]> =>
  (await as('k-all', 'GET', '/api/audit')).json.data;

describe('roles', () => {
  test('a viewer looks and changes nothing', async () => {
    const before = await api.everything();
    expect((await as('k-look', 'GET', '/api/instance/list')).status).toBe(200);
    expect((await as('k-look', 'GET', INSTANCES)).status).toBe(200);
    const refused = await as('k-look', 'POST', '/api/instance/create', { numberphone: NUMBER });
    expect(refused.status).toBe(403);
    expect(refused.json.error).toMatch(/"look".*viewer.*operator/);
    for (const [method, path] of [
      ['DELETE', `/api/instance/${NUMBER}`],
      ['POST', '/api/apply?dryRun=true'],
      ['DELETE', INSTANCES],
      ['PATCH', `${INSTANCES}/bot-${NUMBER}`],
    ] as const) {
      expect((await as('k-look', method, path, {})).status).toBe(403);
    }
    expect(await api.everything()).toEqual(before);
  });

  test('an operator runs bots and does not change how they are built', async () => {
    const before = await api.everything();
    const body = { ...aClass, metadata: { name: 'mine' } };
    const refused = await as('k-run', 'POST', CLASSES, body);
    expect(refused.json).toMatchObject({ kind: 'Status', reason: 'Forbidden', code: 403 });
    expect(refused.json.message).toContain('"run"');
    expect((await as('k-run', 'DELETE', `${CLASSES}/default`)).status).toBe(403);
    const applied = await as('k-run', 'POST', '/api/apply', JSON.stringify(body), {
      'content-type': 'application/json',
    });
    expect([applied.status, applied.json.error]).toEqual([
      403,
      expect.stringContaining('InstanceClass'),
    ]);
    expect((await as('k-run', 'GET', '/api/audit')).status).toBe(403);
    expect(await api.everything()).toEqual(before);
    expect((await as('k-all', 'POST', CLASSES, body)).status).toBe(201);
  });

  test('an operator writes no status, however the path is spelt', async () => {
    await as('k-run', 'POST', '/api/instance/create', { numberphone: '573332229999' });
    const before = await api.everything();
    const one = `${INSTANCES}/bot-573332229999`;
    const body = JSON.stringify({ status: { ip: '203.0.113.66' } });
    for (const path of ['/status', '/status/', '/%73tatus', '/x/../status']) {
      const type = { 'content-type': 'application/merge-patch+json' };
      const refused = await as('k-run', 'PATCH', one + path, body, type);
      expect([path, refused.status]).toEqual([path, 403]);
    }
    expect(await api.everything()).toEqual(before);
    await as('k-run', 'DELETE', '/api/instance/573332229999');
  });

  test('kubectl is told the same beforehand', async () => {
    const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const may = async (key: string, verb: string, resource: string, subresource = '') => {
      const attributes = { group: 'orquesta.clientfy.io', verb, resource, subresource };
      const { json } = await as(key, 'POST', review, { spec: { resourceAttributes: attributes } });
      return json.status.allowed;
    };
    expect(await may('k-look', 'list', 'instances')).toBe(true);
    expect(await may('k-look', 'create', 'instances')).toBe(false);
    expect(await may('k-run', 'create', 'instances')).toBe(true);
    expect(await may('k-run', 'patch', 'instances', 'status')).toBe(false);
    expect(await may('k-run', 'update', 'instancepools', 'scale')).toBe(true);
    expect(await may('k-run', 'patch', 'instanceclasses')).toBe(false);
    expect(await may('k-all', 'patch', 'instances', 'status')).toBe(true);
  });
});

describe('the audit trail', () => {
  test('tells who wrote what, and nothing private', async () => {
    const secret = 'k-very-private';
    const env = { OPENAI: secret };
    await as('k-run', 'POST', '/api/instance/create', { numberphone: NUMBER });
    const path = `${INSTANCES}/bot-${NUMBER}`;
    await as('k-all', 'PATCH', path, JSON.stringify({ spec: { provider: 'meta', env } }), {
      'content-type': 'application/merge-patch+json',
      'x-request-id': 'order-17',
    });
    await as('k-all', 'PATCH', `${path}?dryRun=All`, JSON.stringify({ spec: { paused: true } }), {
      'content-type': 'application/merge-patch+json',
    });
    await as('k-run', 'DELETE', `/api/instance/${NUMBER}`);
    const [deleted, updated, created] = await trail();
    expect(created).toMatchObject({ caller: 'run', role: 'operator', action: 'create' });
    expect(updated).toMatchObject({
      caller: 'all',
      action: 'update',
      kind: 'Instance',
      name: `bot-${NUMBER}`,
      requestId: 'order-17',
    });
    expect(updated?.changes).toContainEqual({
      field: 'spec.provider',
      from: 'baileys',
      to: 'meta',
    });
    expect(updated?.changes).toContainEqual({ field: 'spec.env.OPENAI', to: '(not shown)' });
    expect(deleted).toMatchObject({ action: 'delete', caller: 'run' });
    expect(deleted?.changes.map(({ field }) => field)).toEqual(['metadata.deletionTimestamp']);
    const text = JSON.stringify(await trail());
    expect(text).not.toContain(secret);
    for (const key of ['k-run', 'k-all']) expect(text).not.toContain(`"${key}"`);
  });

  test('tells who had a saved session forgotten, once it was', async () => {
    const own = await anApi({ apiKeys: KEYS });
    const name = `bot-${NUMBER}`;
    const spec = instanceSpec.parse({ numberphone: NUMBER });
    const { metadata } = await own.store.create('Instance', { name, spec });
    const path = `/api/instance/session/${NUMBER}`;
    const forget = () => own.ask('DELETE', path, undefined, { 'x-api-key': 'k-run' });
    const told = async () =>
      (await own.ask('GET', '/api/audit', undefined, { 'x-api-key': 'k-all' })).json.data;
    expect((await forget()).json.data.forgotten).toBe(0);
    expect(await told()).toEqual([]);
    const about = {
      savedAt: '2026-01-01T00:00:00.000Z',
      dropletId: 7,
      sizeBytes: 1,
      fingerprint: '',
    };
    await own.sessions.save(metadata, about, Buffer.from('creds'), undefined);
    expect((await forget()).json.data.forgotten).toBe(1);
    const entry = {
      caller: 'run',
      action: 'forget-session',
      kind: 'Instance',
      name,
    };
    expect(await told()).toMatchObject([entry]);
    await own.close();
  });

  test('a limit that is none is refused', async () => {
    for (const limit of ['0', '1001', 'x', '-1', '1.5']) {
      expect((await as('k-all', 'GET', `/api/audit?limit=${limit}`)).status).toBe(400);
    }
    expect((await as('k-all', 'GET', '/api/audit?limit=1')).json.data).toHaveLength(1);
  });
});

describe('limits', () => {
  test('who guesses keys is not listened to for a while', async () => {
    const own = await anApi({ apiKeys: KEYS });
    const look = async (key: string) =>
      own.ask('GET', '/api/instance/list', undefined, { 'x-api-key': key });
    expect((await look('k-look')).status).toBe(200);
    for (let i = 0; i < 20; i++) expect((await look(`guess-${i}`)).status).toBe(401);
    const locked = await look('k-run');
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    // One that was right before can't be locked out by who sits behind the same proxy.
    expect((await look('k-look')).status).toBe(200);
    await own.close();
  });

  test('a key that is too long to be guessed is heard all the while, also by a process that never heard it before', async () => {
    const long = 'a'.repeat(16) + 'b'.repeat(16);
    const hash = createHash('sha256').update(`${long}-2`).digest('hex');
    const apiKeys = parseApiKeys(`front:operator:${long},hashed:viewer:sha256:${hash}`);
    const own = await anApi({ apiKeys });
    const look = async (key: string) =>
      (await own.ask('GET', '/api/instance/list', undefined, { 'x-api-key': key })).status;
    for (let i = 0; i < 20; i++) expect(await look(`guess-${i}`)).toBe(401);
    expect(await look(`${long}x`)).toBe(429);
    expect([await look(long), await look(`${long}-2`)]).toEqual([200, 200]);
    // Which does not count as a pardon.
    expect(await look('guess')).toBe(429);
    await own.close();
  });

  test('a header that names another address is not believed', async () => {
    const own = await anApi({ apiKeys: KEYS });
    const look = async (key: string, from: number) =>
      own.ask('GET', '/api/instance/list', undefined, {
        'x-api-key': key,
        'x-forwarded-for': `10.0.0.${from}`,
        forwarded: `for=10.0.0.${from}`,
        'x-real-ip': `10.0.0.${from}`,
      });
    for (let i = 0; i < 20; i++) expect((await look('guess', i)).status).toBe(401);
    expect((await look('guess', 99)).status).toBe(429);
    await own.close();
  });

  test('a key that asks too much is told when to come back, the others are served', async () => {
    const own = await anApi({ apiKeys: KEYS, requestsPerSecond: 0.001 });
    const ask = (key: string, path: string) =>
      own.ask('GET', path, undefined, { 'x-api-key': key });
    let refused = await ask('k-run', '/api/instance/list');
    while (refused.status === 200) refused = await ask('k-run', '/api/instance/list');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    const status = await ask('k-run', INSTANCES);
    expect(status.json).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
    await own.close();
  });
});

describe('browsers', () => {
  test('pages of listed origins may call, others may not', async () => {
    const preflight = (origin: string) =>
      api.app.request('/api/instance/create', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const listed = await preflight('https://panel.example.com');
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://panel.example.com');
    const other = await preflight('https://evil.example.com');
    expect(other.headers.has('access-control-allow-origin')).toBe(false);
    const closed = await anApi({ apiKeys: KEYS });
    const answer = await closed.ask('GET', '/api/instance/list', undefined, {
      origin: 'https://panel.example.com',
    });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    await closed.close();
  });

  test('an answer that is shown as a page runs and loads nothing', async () => {
    for (const path of ['/api/instance/list', INSTANCES, '/api/nothing']) {
      const { headers } = await as('k-look', 'GET', path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    }
  });
});
