import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DropletStatus, dropletSpec } from '../../src/resources/droplet.ts';
import { instanceSpec } from '../../src/resources/instance.ts';
import { API_VERSION } from '../../src/resources/meta.ts';
import { aCloudDroplet } from '../builders.ts';
import { type Api, anApi, giveDropletStatus, showInAccount, until } from './api-app.ts';

let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const create = (body: unknown) => api.ask('POST', '/api/droplet/create', body);

/** Writes a droplet's status as its controller would, once the object is there. */
const report = async (name: string, status: Partial<DropletStatus>) => {
  await until(() => api.store.get('Droplet', name));
  await giveDropletStatus(api, name, status);
};

describe('create', () => {
  test('answers with DigitalOcean’s id as soon as it is known', async () => {
    const [answer] = await Promise.all([
      create({ name: 'Web-1.Example.com' }),
      report('web-1.example.com', { id: 4711 }),
    ]);
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      success: true,
      data: {
        id: 4711,
        name: 'web-1.example.com',
        ip: null,
        status: 'creating',
        message: 'Droplet creado, esperando asignación de IP',
      },
    });
    expect((await api.store.get('Droplet', 'web-1.example.com'))?.spec).toMatchObject({
      region: 'sfo3',
      size: 's-1vcpu-512mb-10gb',
    });
  });

  test('tells what DigitalOcean refuses, and forgets the wish', async () => {
    const failure = { reason: 'Refused', message: 'size is not available', at: '' };
    const [answer] = await Promise.all([
      create({ name: 'web', size: 'huge' }),
      report('web', { failure }),
    ]);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      error: expect.stringContaining('size is not available'),
    });
    const left = await api.store.get('Droplet', 'web');
    expect(left === undefined || left.metadata.deletionTimestamp !== undefined).toBe(true);
  });

  test('refuses a name that is taken, or still being deleted', async () => {
    await Promise.all([create({ name: 'web' }), report('web', { id: 1 })]);
    const again = await create({ name: 'WEB' });
    expect(again.status).toBe(400);
    await api.store.delete('Droplet', 'web');
    expect((await create({ name: 'web' })).status).toBe(409);
  });

  test.each([
    ['no name', {}, 'name'],
    ['a space in the name', { name: 'a b' }, 'name'],
    ['an underscore in the name', { name: 'a_b' }, 'name'],
    ['a name that begins with a dash', { name: '-a' }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a Kelvin sign, which lowers to a k', { name: '\u212Aelvin' }, 'name'],
    ['a part of 64 characters', { name: 'a'.repeat(64) }, 'name'],
    ['a number as name', { name: 5 }, 'name'],
    ['a region that is no slug', { name: 'web', region: 'San Francisco' }, 'region'],
    ['a list as size', { name: 'web', size: [] }, 'size'],
    ['a boolean as image', { name: 'web', image: true }, 'image'],
    ['an unknown field', { name: 'web', backups: true }, 'backups'],
  ])('refuses %s, and writes nothing', async (_, body, field) => {
    const before = await api.everything();
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      success: false,
      error: expect.stringContaining(`${field}`),
    });
    expect(await api.everything()).toEqual(before);
  });
});

describe('names that could be mistaken', () => {
  test('that of an instance is kept for the instance’s own droplet', async () => {
    await api.ask('POST', '/api/instance/create', { numberphone: '1234567' });
    const before = await api.everything();
    const answer = await create({ name: 'BOT-1234567' });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain('bot-1234567');
    expect(await api.everything()).toEqual(before);
  });

  test('one of digits alone is found by name where no droplet has that id', async () => {
    await Promise.all([create({ name: '12345' }), report('12345', { id: 777 })]);
    expect((await api.ask('GET', '/api/droplet/12345')).json.data).toMatchObject({ id: 777 });
    await Promise.all([create({ name: 'web' }), report('web', { id: 12345 })]);
    expect((await api.ask('GET', '/api/droplet/12345')).json.data).toMatchObject({ name: 'web' });
  });
});

describe('look and delete', () => {
  test('by id and by name, in any case', async () => {
    await Promise.all([create({ name: 'web' }), report('web', { id: 99 })]);
    await report('web', { id: 99, ip: '127.0.0.9', state: 'active' });
    const data = { id: 99, name: 'web', ip: '127.0.0.9', status: 'active' };
    for (const which of ['99', 'web', 'WEB']) {
      expect((await api.ask('GET', `/api/droplet/${which}`)).json).toEqual({
        success: true,
        data,
      });
    }
    expect((await api.ask('GET', '/api/droplet')).json).toEqual({ success: true, data: [data] });

    const gone = await api.ask('DELETE', '/api/droplet/99');
    expect(gone.status).toBe(202);
    expect(gone.json).toMatchObject({ success: true, data: { status: 'deleting' } });
    expect((await api.store.get('Droplet', 'web'))?.metadata.deletionTimestamp).toBeDefined();
    expect((await api.ask('DELETE', '/api/droplet/web')).status).toBe(202);
  });

  test.each(['4', 'nobody', '..%2F', '%00', 'a%20b', '99999999999999999999'])(
    '%s is 404',
    async (which) => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await api.ask(method, `/api/droplet/${which}`);
        expect([method, answer.status]).toEqual([method, 404]);
      }
    },
  );

  test('one that belongs to an instance can be seen, and is not deleted here', async () => {
    const owner = await api.store.create('Instance', {
      name: 'bot-1234567',
      spec: instanceSpec.parse({
        numberphone: '1234567',
      }),
    });
    await api.store.create('Droplet', {
      name: 'bot-1234567',
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'Instance',
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          controller: true,
        },
      ],
      spec: dropletSpec.parse({}),
    });
    expect((await api.ask('GET', '/api/droplet/bot-1234567')).status).toBe(200);
    const answer = await api.ask('DELETE', '/api/droplet/bot-1234567');
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ error: expect.stringContaining('instancia') });
    const kept = await api.store.get('Droplet', 'bot-1234567');
    expect(kept?.metadata.deletionTimestamp).toBeUndefined();
  });

  test('one of the account that is none of ours can be seen, and is not deleted', async () => {
    await showInAccount(api, [aCloudDroplet({ id: 5, name: 'stranger', tags: [] })]);
    expect((await api.ask('GET', '/api/droplet/5')).json).toMatchObject({
      data: { id: 5, name: 'stranger', status: 'active' },
    });
    const answer = await api.ask('DELETE', '/api/droplet/5');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});
