import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { ROLES, type Role } from '../../src/api/access/roles.ts';
import { type KindInfo, kinds } from '../../src/resources/kinds.ts';
import { NUMBER } from '../builders.ts';
import { type Answer, type Api, anApi, until } from './api-app.ts';

// Every route and verb, as each role.

const KEYS: Readonly<Record<Role, string>> = {
  viewer: 'very-private-key-of-a-viewer',
  operator: 'very-private-key-of-an-operator',
  admin: 'very-private-key-of-an-admin',
};
const R = '/apis/orquesta.clientfy.io/v1';
/** What no answer may hold, whoever asks. */
const SECRETS = [...Object.values(KEYS), 'creds-of-whatsapp', 'value-of-the-openai-key'];

interface Call {
  readonly method: string;
  readonly path: string;
  /** The least role that gets through. */
  readonly needs: Role;
  readonly body?: unknown;
  readonly type?: string;
}

/** The least role of each REST route; one that is added has to be added here. */
const REST: Readonly<Record<string, Role>> = {
  'GET /api/instance/session/{numberphone}': 'viewer',
  'DELETE /api/instance/session/{numberphone}': 'operator',
  'POST /api/instance/create': 'operator',
  'GET /api/instance/status/{numberphone}': 'viewer',
  'GET /api/instance/list': 'viewer',
  'POST /api/instance/restart/{numberphone}': 'operator',
  'DELETE /api/instance/{numberphone}': 'operator',
  'DELETE /api/instance/delete/{numberphone}': 'operator',
  'GET /api/instance/events/{numberphone}': 'viewer',
  'GET /api/instance/logs/{numberphone}': 'viewer',
  'GET /api/instance/explain/{numberphone}': 'viewer',
  'GET /api/instance/qr/{numberphone}': 'viewer',
  'POST /api/droplet/create': 'operator',
  'GET /api/droplet': 'viewer',
  'GET /api/droplet/{which}': 'viewer',
  'DELETE /api/droplet/{which}': 'operator',
  'POST /api/apply': 'operator',
  'POST /api/webhooks/test': 'operator',
  'GET /api/webhooks/deliveries': 'viewer',
  'GET /api/fleet': 'viewer',
  'GET /api/ledger': 'viewer',
  'GET /api/audit': 'admin',
};

/** Numbers and names of nobody: a call that gets through changes nothing. */
const filled = (path: string) =>
  path.replace('{numberphone}', '573339999999').replace('{which}', 'nobody');

const rest: readonly Call[] = Object.entries(REST).map(([route, needs]) => {
  const [method = '', path = ''] = route.split(' ');
  return { method, path: filled(path), needs, ...(method === 'POST' ? { body: {} } : {}) };
});

const MERGE = 'application/merge-patch+json';
const NAMES = { Instance: 'bot-573339999999' } as Readonly<Record<string, string>>;

function kubeCalls({ kind, plural }: KindInfo): readonly Call[] {
  const writes: Role = kind === 'InstanceClass' ? 'admin' : 'operator';
  const collection = `${R}/${plural}`;
  const one = `${collection}/${NAMES[kind] ?? 'nobody'}`;
  const object = { apiVersion: 'orquesta.clientfy.io/v1', kind, metadata: { name: '-' }, spec: {} };
  const on = (path: string, needs: Role): Call[] => [
    { method: 'GET', path, needs: 'viewer' },
    { method: 'PUT', path, needs, body: object },
    { method: 'PATCH', path, needs, body: { metadata: { labels: { a: 'b' } } }, type: MERGE },
    { method: 'PATCH', path, needs, body: [], type: 'application/json-patch+json' },
    { method: 'PATCH', path, needs, body: object, type: 'application/apply-patch+yaml' },
  ];
  return [
    { method: 'GET', path: collection, needs: 'viewer' },
    { method: 'POST', path: collection, needs: writes, body: object },
    { method: 'DELETE', path: `${collection}?labelSelector=of%3Dnobody`, needs: writes },
    ...on(one, writes),
    { method: 'DELETE', path: one, needs: writes },
    ...on(`${one}/status`, 'admin').filter(({ method }) => method !== 'GET'),
    ...(kind === 'InstancePool' ? on(`${one}/scale`, 'operator') : []),
  ];
}

const REVIEW = '/apis/authorization.k8s.io/v1';
const around: readonly Call[] = [
  ...['/api', '/apis', '/api/v1', R, '/openapi/v2', '/openapi/v3', '/api/v1/namespaces'].map(
    (path): Call => ({ method: 'GET', path, needs: 'viewer' }),
  ),
  { method: 'GET', path: '/api/v1/events', needs: 'viewer' },
  { method: 'DELETE', path: '/api/v1/events', needs: 'operator' },
  { method: 'POST', path: `${REVIEW}/selfsubjectrulesreviews`, needs: 'viewer', body: {} },
];

const calls = [...rest, ...Object.values(kinds).flatMap(kubeCalls), ...around];

let api: Api;
const stopped = new AbortController();
beforeAll(async () => {
  const apiKeys = parseApiKeys(ROLES.map((role) => `${role}:${role}:${KEYS[role]}`).join(','));
  api = await anApi({ apiKeys });
  // As a controller would.
  void api.errands.serve(async () => ({ ok: true, text: '[]' }), stopped.signal);
  process.env['OPENAI_OF_THE_TEST'] = 'value-of-the-openai-key';
  const env = { OPENAI: { valueFrom: { env: 'OPENAI_OF_THE_TEST' } } };
  const spec = { numberphone: NUMBER, env };
  const name = `bot-${NUMBER}`;
  const object = {
    apiVersion: 'orquesta.clientfy.io/v1',
    kind: 'Instance',
    metadata: { name },
    spec,
  };
  expect(
    (await ask('admin', { method: 'POST', path: `${R}/instances`, needs: 'admin', body: object }))
      .status,
  ).toBe(201);
  const made = await until(() => api.store.get('Instance', name));
  const about = {
    savedAt: '2026-01-01T00:00:00.000Z',
    dropletId: 1,
    sizeBytes: 1,
    fingerprint: 'f',
  };
  await api.sessions.save(made.metadata, about, Buffer.from('creds-of-whatsapp'), undefined);
});
afterAll(async () => {
  delete process.env['OPENAI_OF_THE_TEST'];
  stopped.abort();
  await api.close();
});

function ask(role: Role, { method, path, body, type }: Call): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return api.ask(method, path, text, {
    'x-api-key': KEYS[role],
    ...(text === undefined ? {} : { 'content-type': type ?? 'application/json' }),
  });
}

const hides = ({ text, headers }: Answer) => {
  const all = `${text} ${[...headers].join(' ')}`;
  for (const secret of SECRETS) expect(all).not.toContain(secret);
};

test('the table has every route of the description', async () => {
  const { paths } = (await api.ask('GET', '/openapi.json')).json;
  const described = Object.entries(paths as Record<string, object>)
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
  expect(Object.keys(REST).sort()).toEqual(described.sort());
});

describe.each(ROLES)('as %s', (role) => {
  const isLess = (needs: Role) => ROLES.indexOf(role) < ROLES.indexOf(needs);

  test.each(calls.map((call) => [`${call.method} ${call.path} ${call.type ?? ''}`, call] as const))(
    '%s',
    async (_, call) => {
      const before = await api.everything();
      const answer = await ask(role, call);
      if (isLess(call.needs)) expect(answer.status).toBe(403);
      else expect([401, 403, 500]).not.toContain(answer.status);
      hides(answer);
      // A dry run needs the same role.
      if (call.path.startsWith(R) && call.method !== 'GET') {
        const dry = call.path.includes('?') ? '&dryRun=All' : '?dryRun=All';
        const tried = await ask(role, { ...call, path: call.path + dry });
        expect(tried.status === 403).toBe(isLess(call.needs));
        hides(tried);
      }
      if (isLess(call.needs)) expect(await api.everything()).toEqual(before);
    },
  );

  test('what there is to read of a bot tells no secret', async () => {
    const bot = `bot-${NUMBER}`;
    for (const path of [
      `${R}/instances/${bot}`,
      `${R}/instances`,
      `/api/instance/status/${NUMBER}`,
      `/api/instance/session/${NUMBER}`,
      `/api/instance/explain/${NUMBER}`,
      '/api/instance/list',
      '/api/v1/events',
      '/api/fleet',
      '/api/audit',
      '/metrics',
      '/readyz?verbose',
      '/openapi.json',
    ]) {
      hides(await ask(role, { method: 'GET', path, needs: 'viewer' }));
    }
    const shown = await ask(role, {
      method: 'GET',
      path: `${R}/instances/${bot}`,
      needs: 'viewer',
    });
    expect(shown.json.spec.env.OPENAI).toEqual({ valueFrom: { env: 'OPENAI_OF_THE_TEST' } });
  });
});

test('an operator puts no class into a bundle, nor a status', async () => {
  const before = await api.everything();
  const spec = { numberphone: '573331111111' };
  const one = { apiVersion: 'orquesta.clientfy.io/v1', kind: 'Instance', spec };
  const klass = { ...one, kind: 'InstanceClass', metadata: { name: 'mine' }, spec: {} };
  const yaml = [one, klass].map((object) => JSON.stringify(object)).join('\n---\n');
  const call = {
    method: 'POST',
    path: '/api/apply',
    needs: 'admin',
    type: 'application/yaml',
  } as const;
  const refused = await api.ask(call.method, call.path, yaml, {
    'x-api-key': KEYS.operator,
    'content-type': call.type,
  });
  expect(refused.status).toBe(403);
  expect(await api.everything()).toEqual(before);
});
