import { afterEach, beforeEach, expect, test } from 'vitest';
import { NUMBER } from '../builders.ts';
import { type Api, anApi, until } from './api-app.ts';
import { OwnRedis } from './own-redis.ts';

// What the API answers while Redis is away.

let redis: OwnRedis;
let api: Api;
beforeEach(async () => {
  redis = await OwnRedis.begin();
  api = await until(async () => {
    try {
      return await anApi({ redisUrl: redis.url });
    } catch {
      return undefined;
    }
  });
});
afterEach(async () => {
  await api.close();
  await redis.end();
});

test('every call says so in a sentence, and all is well once it is back', async () => {
  expect((await api.ask('POST', '/api/instance/create', { numberphone: NUMBER })).status).toBe(202);
  await redis.kill();

  const manifest = `apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "${NUMBER}"}\n`;
  const asked = await Promise.all([
    api.ask('POST', '/api/instance/create', { numberphone: '573332221112' }),
    api.ask('GET', `/api/instance/status/${NUMBER}`),
    api.ask('GET', '/api/instance/list'),
    api.ask('POST', `/api/instance/restart/${NUMBER}`),
    api.ask('DELETE', `/api/instance/${NUMBER}`),
    api.ask('GET', `/api/instance/logs/${NUMBER}`),
    api.ask('GET', `/api/instance/qr/${NUMBER}`),
    api.ask('GET', `/api/instance/events/${NUMBER}`),
    api.ask('POST', '/api/droplet/create', { name: 'web' }),
    api.ask('GET', '/api/droplet'),
    api.ask('GET', '/api/droplet/web'),
    api.ask('GET', '/api/droplet/123'),
    api.ask('DELETE', '/api/droplet/web'),
    api.ask('POST', '/api/apply', manifest, { 'content-type': 'application/yaml' }),
  ]);
  for (const { status, json, headers } of asked) {
    expect({ status, json }).toEqual({
      status: 503,
      json: {
        success: false,
        error:
          'El servicio no puede atender la petición en este momento; intente de nuevo en unos segundos',
      },
    });
    expect(headers.get('retry-after')).toBe('5');
  }

  const ready = await api.ask('GET', '/readyz');
  expect(ready).toMatchObject({
    status: 503,
    json: { ready: false, checks: { redis: { ok: false, message: /Redis could not/ } } },
  });
  // Alive all the same: a restart of the program would not bring Redis back.
  expect((await api.ask('GET', '/healthz')).status).toBe(200);
  expect((await api.ask('GET', '/livez')).status).toBe(200);
  // What is wrong with a request is said without asking Redis.
  expect((await api.ask('POST', '/api/instance/create', { numberphone: 'x' })).status).toBe(400);
  expect((await api.ask('GET', '/api/instance/list', undefined, { 'x-api-key': 'x' })).status).toBe(
    401,
  );
  expect(api.errors).toEqual([]);

  redis.start();
  const back = await until(async () => {
    const answer = await api.ask('GET', `/api/instance/status/${NUMBER}`);
    return answer.status === 200 ? answer : undefined;
  });
  expect(back.json).toMatchObject({ status: 'creating_droplet' });
  expect((await api.ask('GET', '/readyz')).status).toBe(200);
  // What was answered with 503 is not done later behind the caller's back.
  const { items } = await api.store.list('Instance');
  expect(items).toMatchObject([{ spec: { numberphone: NUMBER, restartedAt: null } }]);
  expect(items[0]?.metadata.deletionTimestamp).toBeUndefined();
  expect((await api.store.list('Droplet')).items).toEqual([]);
});
