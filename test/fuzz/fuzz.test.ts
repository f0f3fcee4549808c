import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { systemClock } from '../../src/clock.ts';
import { instanceClassSpec } from '../../src/resources/instance-class.ts';
import { type Listening, listen } from '../../src/serve.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi } from '../integration/api-app.ts';
import { OpenApiCheck } from '../integration/openapi-check.ts';
import { chanceOf } from './chance.ts';
import { type FuzzRequest, requestsOf } from './requests.ts';
import { type FuzzAnswer, wrongWith } from './verdict.ts';
import { overTheWire, rawRequests } from './wire.ts';

// Hostile requests, made from openapi.json and the paths of the resource API. A failure names seed and request: SEED=… FROM=… tries
// again from there. `npm run fuzz` makes many more.

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 1_500);
const RAW_REQUESTS = Math.ceil(REQUESTS / 10);
/** The short form asks the same each time, for whoever runs the tests of a change wants to hear of the change. */
const DEFAULT_SEED = process.env['FUZZ_REQUESTS'] ? Math.floor(Math.random() * 2 ** 31) : 1;
const SEED = Number(process.env['SEED'] ?? DEFAULT_SEED);
const LIMIT_MS = 20_000;

const KEYS = { admin: 'k-admin-8f2a61', operator: 'k-operator-77c1', viewer: 'k-viewer-03be' };
const SECRETS = Object.values(KEYS);

let api: Api;
let server: Listening;
let check: OpenApiCheck;
const logged: string[] = [];
beforeAll(async () => {
  api = await anApi({
    // A call that waits for a controller would wait for one that is not there.
    clock: {
      ...systemClock,
      now: Date.now,
      sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal),
    },
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    errands: {
      ask: async ({ kind }) =>
        kind === 'webhook-test' ? { ok: false, problem: 'none' } : { ok: true, text: 'a line\n' },
    },
    apiKeys: parseApiKeys(
      `a:admin:${KEYS.admin},o:operator:${KEYS.operator},v:viewer:${KEYS.viewer}`,
    ),
  });
  check = new OpenApiCheck(api.app);
  server = await listen(api.app, { host: '127.0.0.1', port: 0 });
  // A viewer's and an operator's key are right at first: whoever guesses from the same address must not lock them out.
  for (const key of SECRETS) {
    await api.ask('GET', '/api/fleet', undefined, { 'x-api-key': key });
    await fetch(`${server.url}/api/fleet`, { headers: { 'x-api-key': key } });
  }
});
afterAll(async () => {
  await server.close();
  await api.close();
});

/** What was taken must fit what openapi.json asks for, by another validator than the program's own. */
function mustBeDescribed({ method, path, body }: FuzzRequest): void {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : '');
  } catch {
    return; // YAML, or a call without a body.
  }
  check.taken(method, path, value);
}

const isWrite = ({ method }: FuzzRequest): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

/** A request as a line to be found by, with what was sent. */
const told = (index: number, { method, path, headers, body }: FuzzRequest): string =>
  `SEED=${SEED} FROM=${index}: ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 500)} ${String(body).slice(0, 500)}`;

async function asked(request: FuzzRequest): Promise<FuzzAnswer> {
  const { method, path, headers, body } = request;
  // Followed logs, and the watch of Kubernetes, never end by themselves.
  const left = new AbortController();
  const init: RequestInit = { method, headers, signal: left.signal };
  const answer = async () => {
    const response = await api.app.request(path, body === undefined ? init : { ...init, body });
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const isStream = type === 'text/event-stream' || response.headers.has('x-accel-buffering');
    const text = isStream ? '' : await response.text();
    if (isStream) await response.body?.cancel();
    const all = [...response.headers].map((pair) => pair.join(': ')).join('\n');
    return { status: response.status, type, headers: all, text };
  };
  const late = new AbortController();
  const limit = systemClock.sleep(LIMIT_MS, late.signal).then(() => {
    if (!late.signal.aborted) throw new Error(`no answer within ${LIMIT_MS} ms`);
    return undefined as never;
  });
  try {
    return await Promise.race([answer(), limit]);
  } finally {
    late.abort();
    left.abort();
  }
}

/** What must be as it was: all, or what this key may not touch. */
async function untouchable(key: string | undefined): Promise<string> {
  if (key === KEYS.admin) return '';
  if (key === KEYS.operator) return JSON.stringify((await api.store.list('InstanceClass')).items);
  return api.store.revision();
}

const keyOf = ({ headers }: FuzzRequest): string | undefined =>
  headers['x-api-key'] ?? headers['authorization']?.slice('Bearer '.length);

test(`${REQUESTS} hostile requests are each answered as documented and write nothing (seed ${SEED})`, async () => {
  const { json: document } = await api.ask('GET', '/openapi.json');
  const next = requestsOf(document, KEYS, chanceOf(SEED));
  const from = Number(process.env['FROM'] ?? 0);
  const seen = new Map<number, number>();
  for (let index = 0; index < from; index++) next();
  for (let index = from; index < from + REQUESTS; index++) {
    const request = next();
    // There is always something to meet.
    if (index % 50 === 0) await restock();
    const [before, revision] = [await untouchable(keyOf(request)), await api.store.revision()];
    const answer = await asked(request).catch((error: unknown) => {
      throw new Error(told(index, request), { cause: error });
    });
    const wrong = wrongWith(request, answer, SECRETS);
    if (wrong) expect.fail(`${wrong}\n${told(index, request)}\n${answer.text.slice(0, 500)}`);
    if (isWrite(request)) {
      expect(await untouchable(keyOf(request)), `beyond its role: ${told(index, request)}`).toBe(
        before,
      );
      const isRehearsal = /[?&]dryRun=(All|true)(&|$)/.test(request.path);
      // An apply of several objects may tell of a conflict half way: that it says so.
      const mayHaveWritten = answer.status < 300 || answer.text.includes('"results"');
      if (!mayHaveWritten || isRehearsal) {
        expect(await api.store.revision(), `it wrote: ${told(index, request)}`).toBe(revision);
      }
    }
    if (isWrite(request) && answer.status < 300) mustBeDescribed(request);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
  }
  expect(Object.keys({}.constructor.prototype)).toEqual([]);
  expect(check.mismatches).toEqual([]);
  // It would prove little if all were refused at the door.
  for (const status of [200, 202, 400, 401, 403, 404, 405, 409, 415, 422]) {
    expect(seen.get(status) ?? 0, `answers with ${status}, seed ${SEED}`).toBeGreaterThan(0);
  }
  await everyObjectIsSound();
}, 3_600_000);

test(`${RAW_REQUESTS} requests over sockets, that no client would send, are answered or cut off (seed ${SEED})`, async () => {
  const chance = chanceOf(SEED);
  const { json: document } = await api.ask('GET', '/openapi.json');
  const next = rawRequests(requestsOf(document, KEYS, chance), chance);
  const port = Number(new URL(server.url).port);
  const before = await api.store.revision();
  let answered = 0;
  for (let index = 0; index < RAW_REQUESTS; index++) {
    const bytes = next();
    const text = await overTheWire(port, bytes);
    const shown = `SEED=${SEED}, raw request ${index}: ${JSON.stringify(bytes.toString('latin1')).slice(0, 600)} → ${text.slice(0, 300)}`;
    for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
      answered++;
      expect(Number(status), shown).toBeLessThan(500);
    }
    expect(
      SECRETS.some((secret) => text.includes(secret)),
      shown,
    ).toBe(false);
    expect(text, shown).not.toMatch(/\n\s+at |node_modules/);
  }
  expect(answered).toBeGreaterThan(RAW_REQUESTS / 4);
  // A request that was cut off, or said twice how long it is, is none.
  expect(await api.store.revision()).toBe(before);
  const look = await fetch(`${server.url}/healthz`);
  expect(look.status).toBe(200);
}, 3_600_000);

test('the log holds no fault and no key', () => {
  const faults = logged.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
  expect(faults.slice(0, 3)).toEqual([]);
  for (const secret of SECRETS) expect(logged.filter((line) => line.includes(secret))).toEqual([]);
});

async function restock(): Promise<void> {
  const missing = async (kind: 'Instance' | 'InstanceClass' | 'Droplet', name: string) =>
    (await api.store.get(kind, name)) === undefined;
  if (await missing('InstanceClass', 'default')) {
    await api.store.create('InstanceClass', { name: 'default', spec: instanceClassSpec.parse({}) });
  }
  if (await missing('Instance', `bot-${NUMBER}`)) {
    await api.ask(
      'POST',
      '/api/instance/create',
      { numberphone: NUMBER },
      { 'x-api-key': KEYS.admin },
    );
  }
  if (await missing('Droplet', 'web')) {
    await api.ask(
      'POST',
      '/api/droplet/create',
      { name: 'web', region: 'sfo3', size: 's-1vcpu-512mb-10gb' },
      { 'x-api-key': KEYS.admin },
    );
  }
}

/** What was let in among all that fits the schemas, and can be read back by them. */
async function everyObjectIsSound(): Promise<void> {
  const { items } = (
    await api.ask('GET', '/apis/orquesta.clientfy.io/v1/instances', undefined, {
      'x-api-key': KEYS.admin,
    })
  ).json;
  for (const { metadata, spec } of items) {
    expect(metadata.name).toBe(`bot-${spec.numberphone}`);
    expect(spec.numberphone).toMatch(/^[0-9]{7,15}$/);
    expect(Object.keys(spec)).not.toContain('__proto__');
  }
}
