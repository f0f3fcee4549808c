import { afterAll, beforeAll, expect, test } from 'vitest';
import { NUMBER } from '../builders.ts';
import { type Api, anApi, KEY } from './api-app.ts';

// Whatever comes in, the answer is never an error of ours. A failure prints its seed; SEED=… tries that one again.

const REQUESTS = 2_000;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let api: Api;
beforeAll(async () => {
  // A create of a droplet would wait for a controller that is not there.
  api = await anApi({ clock: { now: () => Date.now(), sleep: async () => {} } });
});
afterAll(() => api.close());

/** Mulberry32: small, and the same numbers from the same seed everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function generator(seed: number) {
  const random = randomOf(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const times = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: below(most + 1) }, make);

  const characters = [
    'a',
    'Z',
    '0',
    '7',
    '+',
    ' ',
    '-',
    '.',
    '_',
    '/',
    '%',
    '"',
    '\\',
    '{',
    '[',
    ':',
    '&',
    '*',
    '#',
    '\n',
    '\r',
    '\t',
    '\0',
    'é',
    '٣',
    '５',
    '\u202e',
    '\ufeff',
    '😀',
    '\ud800',
  ];
  const text = (): string =>
    one([
      () => times(20, () => one(characters)).join(''),
      () => one(characters).repeat(below(3_000)),
      () => String(below(2 ** 31)) + String(below(2 ** 31)),
      () =>
        one([
          NUMBER,
          'bot-573332221111',
          'web',
          'default',
          '__proto__',
          'constructor',
          'baileys',
          'Instance',
          'Droplet',
          'InstanceClass',
          'orquesta.clientfy.io/v1',
          'true',
          'null',
          '~',
          '1e9',
          '2026-01-01',
          'sfo3',
        ]),
    ])();
  const value = (depth = 0): unknown =>
    one<() => unknown>([
      text,
      text,
      () => below(2 ** 31) - 2 ** 30,
      () => random() * 1e300,
      () => null,
      () => random() < 0.5,
      () => (depth > 4 ? [] : times(4, () => value(depth + 1))),
      () => (depth > 4 ? {} : object(depth + 1)),
    ])();
  const FIELDS = [
    'numberphone',
    'provider',
    'enableAppointments',
    'enableAutoInvite',
    'className',
    'name',
    'region',
    'size',
    'image',
    'apiVersion',
    'kind',
    'metadata',
    'spec',
    'status',
    'labels',
    'annotations',
    'features',
    'env',
    'droplet',
    'bootstrap',
    'files',
    'items',
    '__proto__',
  ];
  const object = (depth = 0): object =>
    Object.fromEntries(
      times(6, () => [random() < 0.8 ? one(FIELDS) : text(), value(depth)] as const),
    );
  const SPECS = [
    () => ({ numberphone: one([NUMBER, '573332221112', value()]), ...object() }),
    () => ({ droplet: object(), bootstrap: object(), bot: object() }),
    () => ({ region: 'sfo3', ...object() }),
  ];
  const nearlyManifest = (): object => ({
    apiVersion: one(['orquesta.clientfy.io/v1', 'orquesta.clientfy.io/v1', value()]),
    kind: one(['Instance', 'InstanceClass', 'Droplet', 'List', value()]),
    metadata: one([{}, { name: one(['default', 'web', NUMBER, `bot-${NUMBER}`]) }, object(), null]),
    spec: one([...SPECS, value])(),
    ...(random() < 0.2 ? object() : {}),
  });
  const body = (): string | Uint8Array =>
    one<() => string | Uint8Array>([
      () => JSON.stringify(object()),
      () => JSON.stringify({ numberphone: one([NUMBER, value()]), ...object() }),
      () => JSON.stringify({ name: one(['web', value()]), ...object() }),
      () => JSON.stringify(value()),
      () => JSON.stringify(nearlyManifest()),
      () => times(5, () => JSON.stringify(nearlyManifest())).join('\n---\n'),
      () => JSON.stringify({ kind: 'List', items: times(3, nearlyManifest) }),
      () => JSON.stringify(nearlyManifest()).slice(0, below(200)),
      text,
      () =>
        times(30, () =>
          one([
            'a: b',
            '- ',
            '? ',
            ': ',
            '&a ',
            '*a',
            '<<: *a',
            '\n',
            '  ',
            '\t',
            '|',
            '>-',
            '!!map ',
            '!<x> ',
            '---',
            '...',
            '%YAML 1.2',
            '[',
            '{',
            '}',
            ',',
            "'",
            '"',
            '# x',
          ]),
        ).join(one(['', '\n', ' '])),
      () => one(['[', '{"a":', '- ', '? ', '&a ', '{', '"', ' ']).repeat(below(20_000)),
      () => Uint8Array.from(times(200, () => below(256))),
      () => 'x'.repeat(one([0, 1_048_575, 1_048_576, 1_048_577])),
    ])();

  const ROUTES = [
    ['POST', '/api/instance/create'],
    ['GET', '/api/instance/status/'],
    ['GET', '/api/instance/list'],
    ['POST', '/api/instance/restart/'],
    ['DELETE', '/api/instance/'],
    ['DELETE', '/api/instance/delete/'],
    ['GET', '/api/instance/logs/'],
    ['GET', '/api/instance/qr/'],
    ['HEAD', '/api/instance/events/'],
    ['POST', '/api/droplet/create'],
    ['GET', '/api/droplet/'],
    ['DELETE', '/api/droplet/'],
    ['GET', '/api/droplet'],
    ['POST', '/api/apply'],
    ['POST', '/api/apply'],
    ['POST', '/api/apply?dryRun=true'],
    ['GET', '/readyz'],
    ['GET', '/'],
  ] as const;
  const wellFormed = (part: string): string => part.replace(/\p{Surrogate}/gu, '?');
  const encoded = (part: string): string =>
    one<(text: string) => string>([
      (given) => encodeURIComponent(wellFormed(given)),
      (given) => encodeURI(wellFormed(given)),
      (given) => Array.from(Buffer.from(given), (byte) => `%${byte.toString(16)}`).join(''),
      (given) => `${encodeURIComponent(wellFormed(given))}%`,
    ])(part);
  const TYPES = [
    'application/json',
    'application/json',
    'application/yaml',
    'application/yaml',
    'text/yaml',
    'text/plain',
    'application/octet-stream',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'multipart/form-data',
    '',
    ';;;',
    '/',
  ];

  /** Among the odd ones, so that there is something to meet. */
  const sound = () => {
    const [method, path, body] = one<readonly [string, string, object?]>([
      ['POST', '/api/instance/create', { numberphone: one([NUMBER, '573332221112']) }],
      ['POST', '/api/droplet/create', { name: one(['web', 'WEB2']) }],
      ['DELETE', `/api/instance/${NUMBER}`],
      ['POST', '/api/instance/restart/573332221112'],
      ['GET', '/api/instance/list'],
    ]);
    const headers = { 'x-api-key': KEY, 'content-type': 'application/json' };
    const init: RequestInit = { method, headers };
    return { path, init: body ? { ...init, body: JSON.stringify(body) } : init };
  };

  return () => {
    if (random() < 0.05) return sound();
    const [usual, route] = one(ROUTES);
    const method =
      random() < 0.9
        ? usual
        : one(['GET', 'PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'HEAD', 'PROPFIND']);
    const path = route.endsWith('/') && route !== '/' ? `${route}${encoded(text())}` : route;
    const query =
      random() < 0.1
        ? `${path.includes('?') ? '&' : '?'}${encoded(text())}=${encoded(text())}`
        : '';
    const headers: Record<string, string> = { 'x-api-key': random() < 0.97 ? KEY : 'other' };
    const hasBody = method !== 'GET' && method !== 'HEAD' && random() < 0.95;
    if (random() < 0.95) headers['content-type'] = one(TYPES);
    if (random() < 0.05) headers['content-encoding'] = one(['gzip', 'br', 'identity']);
    if (random() < 0.05) headers['content-length'] = one(['0', '-1', 'x', '99999999999', '1e3']);
    if (random() < 0.1) headers['x-request-id'] = encoded(text());
    if (random() < 0.1) headers['accept'] = one(['text/plain', '*/*', '', ',,,']);
    // A stream of events is never read to its end here.
    const safePath = method === 'GET' ? path.replace('/events/', '/status/') : path;
    return {
      path: safePath + query,
      init: { method, headers, ...(hasBody ? { body: body() } : {}) } as RequestInit,
    };
  };
}

test(`none of ${REQUESTS} odd requests (seed ${SEED}) is answered with 5xx`, async () => {
  const next = generator(SEED);
  const seen = new Map<number, number>();
  for (let index = 0; index < REQUESTS; index++) {
    const { path, init } = next();
    const response = await api.app.request(path, init);
    const text = await response.text();
    const told = `seed ${SEED}, request ${index}: ${init.method} ${path.slice(0, 200)} ${String(init.body).slice(0, 500)} → ${text.slice(0, 500)}`;
    expect(response.status, told).toBeLessThan(500);
    if (response.status >= 400 && init.method !== 'HEAD') {
      expect(JSON.parse(text), told).toMatchObject({ success: false, error: expect.any(String) });
    }
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
  }
  expect(api.errors).toEqual([]);
  // It would prove little if all were refused at the door.
  for (const status of [200, 202, 400, 401, 404, 405, 409, 413, 415]) {
    expect(seen.get(status) ?? 0, `answers with ${status}, seed ${SEED}`).toBeGreaterThan(0);
  }
});
