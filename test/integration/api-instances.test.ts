import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clusterTag } from '../../src/resources/cloud-droplet.ts';
import { dropletSpec } from '../../src/resources/droplet.ts';
import { CLOUD_FINALIZER, NUMBER_LABEL, REPLACE_ANNOTATION } from '../../src/resources/meta.ts';
import { aCloudDroplet, NUMBER } from '../builders.ts';
import { eventually } from '../eventually.ts';
import { type Api, anApi, failedAt, giveStatus, showInAccount } from './api-app.ts';

const NAME = `bot-${NUMBER}`;
const EXISTS = 'Ya existe una instancia en DigitalOcean para este número';

let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const create = (body: object = { numberphone: NUMBER }) =>
  api.ask('POST', '/api/instance/create', body);
const status = (number = NUMBER) => api.ask('GET', `/api/instance/status/${number}`);

describe('create', () => {
  test('answers 202 as specified and declares the instance with the defaults', async () => {
    const answer = await create();
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      success: true,
      data: { numberphone: NUMBER, status: 'creating' },
    });
    expect((await api.store.get('Instance', NAME))?.spec).toEqual({
      numberphone: NUMBER,
      provider: 'baileys',
      features: { appointments: false, autoInvite: false },
      className: 'default',
      env: {},
      paused: false,
      restartedAt: null,
    });
  });

  test('keeps what is asked for', async () => {
    await api.store.create('InstanceClass', {
      name: 'big',
      spec: (await api.store.get('InstanceClass', 'default'))?.spec as never,
    });
    await create({
      numberphone: ' +57 333 222 1111 ',
      provider: 'meta',
      enableAppointments: true,
      enableAutoInvite: true,
      className: 'big',
    });
    expect((await api.store.get('Instance', NAME))?.spec).toMatchObject({
      numberphone: NUMBER,
      provider: 'meta',
      features: { appointments: true, autoInvite: true },
      className: 'big',
    });
  });

  test('of 100 simultaneous creates of one number exactly one is accepted', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => create()));
    const accepted = answers.filter((answer) => answer.status === 202);
    const refused = answers.filter((answer) => answer.status === 400);
    expect([accepted.length, refused.length]).toEqual([1, 99]);
    for (const { json } of refused) expect(json).toEqual({ success: false, error: EXISTS });
    expect((await api.store.list('Instance')).items).toHaveLength(1);
  });

  test('over a failed instance too, exactly one of 100 is accepted, and it starts anew', async () => {
    await create();
    await giveStatus(api, failedAt(1));
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => create({ numberphone: NUMBER, provider: 'meta' })),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
    const refused = answers.filter((answer) => answer.status === 400);
    expect(refused).toHaveLength(99);
    for (const { json } of refused) expect(json.error).toBe(EXISTS);
    const { items } = await api.store.list('Instance');
    expect(items).toHaveLength(1);
    expect(items[0]?.metadata).toMatchObject({
      generation: 2,
      annotations: { [REPLACE_ANNOTATION]: 'true' },
    });
    expect(items[0]?.spec.provider).toBe('meta');
  });

  test('a failure of an earlier generation does not count: the instance is at work again', async () => {
    await create();
    await giveStatus(api, failedAt(1));
    expect((await create()).status).toBe(202);
    expect(await create()).toMatchObject({ status: 400, json: { error: EXISTS } });
  });

  test('while the former instance is being deleted: 409, and it stays as it is', async () => {
    await create();
    await api.store.delete('Instance', NAME);
    const before = await api.everything();
    const answer = await create();
    expect(answer.status).toBe(409);
    expect(answer.json.error).toContain('todavía se está eliminando');
    expect(await api.everything()).toEqual(before);
  });

  test('is accepted again once the former one is gone', async () => {
    await create();
    const going = await api.store.delete('Instance', NAME);
    await api.store.update('Instance', {
      ...going,
      metadata: {
        ...going.metadata,
        finalizers: going.metadata.finalizers?.filter((one) => one !== CLOUD_FINALIZER),
      },
    });
    expect((await create()).status).toBe(202);
  });

  test.each([
    ['its name', aCloudDroplet({ name: NAME, tags: [] })],
    ['its name in capitals', aCloudDroplet({ name: NAME.toUpperCase(), tags: [] })],
    ['a tag', aCloudDroplet({ name: 'something-else', tags: [NUMBER] })],
    [
      'its name, made by another Orquesta',
      aCloudDroplet({ name: NAME, tags: ['orquesta', clusterTag('other')] }),
    ],
  ])('a foreign droplet that bears the number as %s refuses it', async (_, droplet) => {
    await showInAccount(api, [droplet]);
    const before = await api.everything();
    expect(await create()).toMatchObject({ status: 400, json: { success: false, error: EXISTS } });
    expect(await api.everything()).toEqual(before);
  });

  test('a droplet that we made ourselves, and others of other numbers, are no hindrance', async () => {
    const ours = clusterTag(await api.cloudView.clusterId());
    await showInAccount(api, [
      aCloudDroplet({ name: NAME, tags: ['orquesta', ours] }),
      aCloudDroplet({ id: 2, name: `${NAME}2`, tags: [`${NUMBER}2`] }),
    ]);
    expect((await create()).status).toBe(202);
  });

  test('a single droplet of ours that bears its name refuses it', async () => {
    await api.store.create('Droplet', { name: NAME, spec: dropletSpec.parse({}) });
    expect(await create()).toMatchObject({ status: 400, json: { error: EXISTS } });
    await api.store.delete('Droplet', NAME);
    expect((await create()).status).toBe(409);
    expect((await api.store.list('Instance')).items).toEqual([]);
  });

  test('a droplet that an earlier instance claimed from a pool and left refuses its number alone', async () => {
    await api.store.create('Droplet', {
      name: 'pool-a-1',
      labels: { [NUMBER_LABEL]: NUMBER },
      spec: dropletSpec.parse({}),
    });
    await eventually('it is seen', () => api.objects.get('Droplet', 'pool-a-1') !== undefined);
    expect(await create()).toMatchObject({ status: 400, json: { error: EXISTS } });
    expect((await create({ numberphone: `${NUMBER}2` })).status).toBe(202);
  });

  test('a class that does not exist is named', async () => {
    const answer = await create({ numberphone: NUMBER, className: 'huge' });
    expect(answer).toMatchObject({
      status: 400,
      json: { success: false, error: 'No existe la clase "huge" (campo className)' },
    });
    expect((await api.store.list('Instance')).items).toEqual([]);
  });
});

describe('status', () => {
  test('of a number that nobody declared: 404', async () => {
    expect(await status()).toMatchObject({
      status: 404,
      json: { success: false, error: `No existe una instancia para el número ${NUMBER}` },
    });
  });

  test('before the controller has seen it: creating, without details', async () => {
    await create();
    expect(await status()).toMatchObject({
      status: 200,
      json: { status: 'creating_droplet', progress: 25, error: null, instanceInfo: null },
    });
  });

  test('of a completed instance: bare, with exactly the fields of the contract', async () => {
    await create();
    const { metadata } = await giveStatus(api, {
      phase: 'completed',
      progress: 100,
      dropletId: 42,
      ip: '203.0.113.7',
      dropletState: 'active',
    });
    expect((await status()).json).toEqual({
      status: 'completed',
      progress: 100,
      error: null,
      instanceInfo: {
        instanceName: NAME,
        ip: '203.0.113.7',
        state: 'active',
        created: metadata.creationTimestamp,
        numberphone: NUMBER,
        dropletId: 42,
      },
    });
  });

  test('of a failed one: the progress of the phase in which it failed, and why', async () => {
    await create();
    await giveStatus(api, failedAt(1));
    expect((await status()).json).toMatchObject({
      status: 'failed',
      progress: 50,
      error: 'No hubo sesión SSH en 300 s',
    });
    await create();
    expect((await status()).json).toMatchObject({
      status: 'creating_droplet',
      progress: 25,
      error: null,
    });
  });

  test.each(['+573332221111', '%2B573332221111', '%2B57%20333%20222%201111', '57 333 2221111'])(
    'finds the number written as %s in the path',
    async (written) => {
      await create();
      expect((await status(written)).status).toBe(200);
    },
  );
});

describe('list, restart, delete', () => {
  test('list: every instance with its number, by name', async () => {
    expect((await api.ask('GET', '/api/instance/list')).json).toEqual({ success: true, data: [] });
    await create({ numberphone: '573332221112', provider: 'meta' });
    await create();
    const { json } = await api.ask('GET', '/api/instance/list');
    expect(json.data).toMatchObject([
      { numberphone: NUMBER, provider: 'baileys', status: 'creating_droplet', progress: 25 },
      { numberphone: '573332221112', provider: 'meta' },
    ]);
  });

  test('restart asks by a new time in the spec', async () => {
    await create();
    const answer = await api.ask('POST', `/api/instance/restart/${NUMBER}`);
    expect(answer).toMatchObject({
      status: 202,
      json: { success: true, data: { numberphone: NUMBER, status: 'restarting' } },
    });
    const stored = await api.store.get('Instance', NAME);
    expect(Date.parse(stored?.spec.restartedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(stored?.metadata.generation).toBe(2);
  });

  test.each(['/api/instance', '/api/instance/delete'])('DELETE %s/{number}', async (path) => {
    await create();
    const ask = () => api.ask('DELETE', `${path}/${NUMBER}`);
    expect(await ask()).toMatchObject({
      status: 202,
      json: { success: true, data: { numberphone: NUMBER, status: 'deleting' } },
    });
    expect((await api.store.get('Instance', NAME))?.metadata.deletionTimestamp).toBeDefined();
    expect((await status()).json).toMatchObject({ status: 'deleting', error: null });
    // Asking again is no error: it is under way.
    expect((await ask()).status).toBe(202);
    expect((await api.ask('POST', `/api/instance/restart/${NUMBER}`)).status).toBe(409);
  });

  test('of 50 simultaneous deletes of an instance that goes meanwhile none ends in an error of ours', async () => {
    await create();
    const vanish = async () => {
      const going = await api.store.delete('Instance', NAME);
      const metadata = { ...going.metadata, finalizers: [] };
      await api.store.update('Instance', { ...going, metadata });
    };
    const deletes = Array.from({ length: 50 }, () => api.ask('DELETE', `/api/instance/${NUMBER}`));
    // Not before the first, which would find nothing else to say than 404.
    const [answers] = await Promise.all([Promise.all(deletes), Promise.race(deletes).then(vanish)]);
    expect(answers.some((answer) => answer.status === 202)).toBe(true);
    for (const { status: code } of answers) expect([202, 404, 409]).toContain(code);
  });

  test.each([
    ['POST', '/api/instance/restart/'],
    ['DELETE', '/api/instance/'],
    ['DELETE', '/api/instance/delete/'],
    ['GET', '/api/instance/logs/'],
    ['GET', '/api/instance/qr/'],
    ['GET', '/api/instance/events/'],
  ])('%s %s of an unknown number: 404 that names it', async (method, path) => {
    expect(await api.ask(method, `${path}${NUMBER}`)).toMatchObject({
      status: 404,
      json: { success: false, error: expect.stringContaining(NUMBER) },
    });
  });
});

describe('logs and QR', () => {
  test('logs: 404 before there are any, then as JSON or as text', async () => {
    await create();
    const ask = (query = '', headers = {}) =>
      api.ask('GET', `/api/instance/logs/${NUMBER}${query}`, undefined, headers);
    expect((await ask()).status).toBe(404);
    await api.journal.appendLog(NAME, 'run-1', 0, 'installing…\n');
    expect((await ask()).json).toEqual({
      success: true,
      data: { numberphone: NUMBER, run: 'run-1', text: 'installing…\n' },
    });
    expect((await ask('?format=text')).text).toBe('installing…\n');
    const plain = await ask('', { accept: 'text/plain' });
    expect(plain.headers.get('content-type')).toMatch(/^text\/plain; charset=utf-8/i);
  });

  test('qr: the picture of the bot on its droplet, 404 when it shows none', async () => {
    await create();
    const ask = () => api.ask('GET', `/api/instance/qr/${NUMBER}`);
    const refusal = (words: RegExp) => ({
      status: 404,
      json: { success: false, error: expect.stringMatching(words) },
    });
    expect(await ask()).toMatchObject(refusal(/fase creating_droplet. Espere a completed/));
    await giveStatus(api, { phase: 'completed', progress: 100, dropletId: 1, ip: '203.0.113.7' });
    expect(await ask()).toMatchObject(refusal(/bot no responde/));
    const tells = (session: string) =>
      api.bots.set('203.0.113.7', {
        report: { healthy: true, session, qr: undefined },
        qr: undefined,
      });
    tells('connecting');
    expect(await ask()).toMatchObject(refusal(/todavía no muestra .*connecting.*unos segundos/));
    // Scanned just now: the controller has not looked since.
    tells('connected');
    expect(await ask()).toMatchObject(refusal(/ya está vinculado/));
    api.bots.set('203.0.113.7', {
      report: { healthy: true, session: 'show_qr', qr: undefined },
      qr: Uint8Array.from([0x89, 0x50, 0x4e, 0x47]),
    });
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
  });
});
