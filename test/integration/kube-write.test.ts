import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { aKubeServer, instanceManifest, type KubeServer, manifest, R } from './kube-api.ts';

const NUMBER = '573332221111';
const NAME = `bot-${NUMBER}`;
const AT = `${R}/instances/${NAME}`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

let api: KubeServer;
beforeAll(async () => {
  api = await aKubeServer();
});
afterAll(() => api.close());
afterEach(async () => {
  for (const plural of ['instances', 'instancepools', 'droplets']) {
    const { json } = await api.kube('DELETE', `${R}/${plural}`);
    for (const { metadata } of json.items) {
      const path = `${R}/${plural}/${metadata.name}`;
      await api.kube('PATCH', path, { metadata: { finalizers: null } }, MERGE);
    }
  }
});

const make = async (body: unknown = instanceManifest(NUMBER), plural = 'instances') => {
  const made = await api.kube('POST', `${R}/${plural}`, body);
  expect(made.json).toMatchObject({ metadata: { uid: expect.any(String) } });
  return made.json;
};

describe('create', () => {
  test('fills in the name of an instance and the defaults', async () => {
    const body = { ...instanceManifest(NUMBER), metadata: { creationTimestamp: null }, status: {} };
    const made = await make(body);
    expect(made).toMatchObject({
      apiVersion: 'orquesta.clientfy.io/v1',
      kind: 'Instance',
      metadata: { name: NAME, generation: 1, resourceVersion: expect.stringMatching(/^\d+$/) },
      spec: { provider: 'baileys', className: 'default', features: { appointments: false } },
    });
    expect(made.status).toBeUndefined();
  });

  test('makes a name where only its beginning is given', async () => {
    const body = manifest('Droplet', { generateName: 'web-' });
    const made = [await make(body, 'droplets'), await make(body, 'droplets')];
    for (const one of made) expect(one.metadata.name).toMatch(/^web-[b-df-hj-np-tv-xz2-9]{5}$/);
    expect(made[0].metadata.name).not.toBe(made[1].metadata.name);
    const nameless = await api.kube('POST', `${R}/droplets`, manifest('Droplet', {}));
    expect(nameless.json).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'metadata.name' }] },
    });
  });

  test.each([
    ['POST', `${R}/instances`, {}],
    ['PATCH', AT, MERGE],
    ['PATCH', AT, JSON_PATCH],
    ['DELETE', AT, {}],
  ])(
    'takes a body of JSON without bottom for wrong input: %s %s %o',
    async (method, path, headers) => {
      await make();
      const bottomless = `${'{"spec":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
      const refused = await api.kube(method, path, bottomless, headers);
      expect(refused.json).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(refused.json.message).toContain('more than 50 levels');
    },
  );

  test.each([
    ['a wrong kind', { ...instanceManifest(NUMBER), kind: 'Pod' }, 400, 'BadRequest'],
    ['a wrong version', { ...instanceManifest(NUMBER), apiVersion: 'v1' }, 400, 'BadRequest'],
    ['no kind', { apiVersion: 'orquesta.clientfy.io/v1', spec: {} }, 400, 'BadRequest'],
    ['a list', [], 400, 'BadRequest'],
    ['no JSON', '{"a":', 400, 'BadRequest'],
    ['a version', instanceManifest(NUMBER, {}, { resourceVersion: '5' }), 400, 'BadRequest'],
    ['another name', instanceManifest(NUMBER, {}, { name: 'bot-1' }), 422, 'Invalid'],
    ['a bad label', instanceManifest(NUMBER, {}, { labels: { a: '-' } }), 422, 'Invalid'],
  ])('refuses %s', async (_, body, code, reason) => {
    const answer = await api.kube('POST', `${R}/instances`, body);
    expect(answer.json).toMatchObject({ kind: 'Status', status: 'Failure', code, reason });
  });

  test('tells all that is wrong, each with its field, in the words of Kubernetes', async () => {
    const spec = { numberphone: 573332221111, provider: 'pigeon', features: { autoInvite: 'x' } };
    const { json } = await api.kube(
      'POST',
      `${R}/instances`,
      manifest('Instance', { name: NAME }, spec),
    );
    expect(json).toMatchObject({ code: 422, details: { kind: 'Instance', name: NAME } });
    expect(json.details.causes).toEqual([
      expect.objectContaining({ reason: 'FieldValueTypeInvalid', field: 'spec.numberphone' }),
      {
        reason: 'FieldValueNotSupported',
        field: 'spec.provider',
        message: 'Unsupported value: "pigeon": supported values: "baileys", "meta"',
      },
      expect.objectContaining({
        reason: 'FieldValueTypeInvalid',
        field: 'spec.features.autoInvite',
      }),
    ]);
    for (const { field, message } of json.details.causes) {
      expect(json.message).toContain(`${field}: ${message}`);
    }
  });

  test('unknown and doubled fields are refused, told of, or dropped, as the client asks', async () => {
    const body = instanceManifest(NUMBER, { bogus: 1 });
    const ask = (validation: string, sent: unknown = body) =>
      api.kube('POST', `${R}/instances?dryRun=All&fieldValidation=${validation}`, sent);
    expect((await ask('Strict')).json.message).toContain(
      'strict decoding error: unknown field "spec.bogus"',
    );
    const warned = await ask('Warn');
    expect(warned.status).toBe(201);
    expect(warned.json.spec).not.toHaveProperty('bogus');
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"spec.bogus\\""');
    expect((await ask('Ignore')).headers.get('warning')).toBeNull();
    const twice = JSON.stringify(instanceManifest(NUMBER)).replace(
      '"spec":{',
      '"spec":{"paused":true,"paused":false,',
    );
    expect((await ask('Strict', twice)).json.message).toContain('duplicate');
    expect((await ask('Sometimes')).status).toBe(400);
  });

  test('a dry run stores nothing, and a misspelt one is none', async () => {
    const dry = await api.kube('POST', `${R}/instances?dryRun=All`, instanceManifest(NUMBER));
    expect(dry.status).toBe(201);
    expect((await api.kube('GET', AT)).status).toBe(404);
    const wrong = await api.kube('POST', `${R}/instances?dryRun=true`, instanceManifest(NUMBER));
    expect(wrong.status).toBe(400);
    expect((await api.kube('GET', AT)).status).toBe(404);
  });

  test('takes YAML, and more than a real server would not', async () => {
    const yaml = `apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nspec: {numberphone: "${NUMBER}"}\n`;
    const type = { 'content-type': 'application/yaml' };
    expect((await api.kube('POST', `${R}/instances`, yaml, type)).status).toBe(201);
    const large = instanceManifest(NUMBER, { env: { A: 'x'.repeat(4 << 20) } });
    expect((await api.kube('POST', `${R}/instances`, large)).json.reason).toBe(
      'RequestEntityTooLarge',
    );
    const text = { 'content-type': 'text/plain' };
    expect((await api.kube('POST', `${R}/instances`, yaml, text)).json.reason).toBe(
      'UnsupportedMediaType',
    );
  });
});

describe('replace', () => {
  test('needs the version that it is for, and is refused for an old one', async () => {
    const made = await make();
    const without = structuredClone(made);
    without.metadata.resourceVersion = undefined;
    expect((await api.kube('PUT', AT, without)).json).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
    const paused = { ...made, spec: { ...made.spec, paused: true } };
    const first = await api.kube('PUT', AT, paused);
    expect(first.json).toMatchObject({ metadata: { generation: 2 }, spec: { paused: true } });
    expect((await api.kube('PUT', AT, paused)).json).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    const missing = await api.kube('PUT', `${R}/instances/bot-5730000000`, made);
    expect(missing.status).toBe(404);
  });

  test('does not touch the status, nor what the server sets', async () => {
    const made = await make();
    const changed = {
      ...made,
      metadata: { ...made.metadata, generation: 77, creationTimestamp: '2000-01-01T00:00:00Z' },
      status: { phase: 'completed' },
    };
    expect((await api.kube('PUT', AT, changed)).json).toEqual(made);
    const other = { ...made, metadata: { ...made.metadata, uid: 'another' } };
    expect((await api.kube('PUT', AT, other)).json.reason).toBe('Conflict');
  });

  test('an immutable field stays', async () => {
    const made = await make(manifest('Droplet', { name: 'web' }), 'droplets');
    const moved = { ...made, spec: { ...made.spec, region: 'nyc3' } };
    expect((await api.kube('PUT', `${R}/droplets/web`, moved)).json).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.region' }] },
    });
  });
});

describe('patch', () => {
  test('merge: null removes; what changes nothing keeps the version', async () => {
    const made = await make(instanceManifest(NUMBER, { env: { A: '1', B: '2' } }));
    const patched = await api.kube('PATCH', AT, { spec: { env: { A: null, C: '3' } } }, MERGE);
    expect(patched.json.spec.env).toEqual({ B: '2', C: '3' });
    expect((await api.kube('PATCH', AT, {}, MERGE)).json).toEqual(patched.json);
    const pinned = {
      metadata: { resourceVersion: made.metadata.resourceVersion },
      spec: { paused: true },
    };
    expect((await api.kube('PATCH', AT, pinned, MERGE)).json.reason).toBe('Conflict');
  });

  test('JSON: a test that fails and a path that is not there are 422, what is no patch 400', async () => {
    await make();
    const ask = (body: unknown) => api.kube('PATCH', AT, body, JSON_PATCH);
    const replace = { op: 'replace', path: '/spec/paused', value: true };
    expect((await ask([replace])).json.spec.paused).toBe(true);
    expect((await ask([{ op: 'test', path: '/spec/paused', value: false }])).status).toBe(422);
    expect((await ask([{ ...replace, path: '/spec/none/x' }])).status).toBe(422);
    expect((await ask({ spec: {} })).status).toBe(400);
    expect((await ask([{ op: 'add', path: '/metadata/__proto__/x', value: 1 }])).status).toBe(400);
  });

  test.each([
    { op: 'replace', path: 'spec/paused', value: true },
    { op: 'add', path: 'a\u0000b', value: 1 },
    { op: 'remove', path: 'spec' },
    { op: 'test', path: 'spec', value: {} },
    { op: 'copy', from: 'a\u0000b', path: '/spec/env' },
    { op: 'move', from: 'spec', path: '/spec/env' },
    { op: 'copy', from: '/spec', path: 'env' },
  ])('JSON: a pointer that does not begin with / is 400: %o', async (operation) => {
    await make();
    const refused = await api.kube('PATCH', AT, [operation], JSON_PATCH);
    expect([refused.status, refused.json.reason]).toEqual([400, 'BadRequest']);
  });

  test.each([
    { op: 'add', path: '/spec/numberphone/x', value: 1 },
    { op: 'replace', path: '/spec/paused/x', value: 1 },
    { op: 'remove', path: '/spec/numberphone/0' },
    { op: 'add', path: '/metadata/finalizers/-1', value: 'x' },
    { op: 'add', path: '/metadata/finalizers/x', value: 'x' },
    { op: 'move', from: '/spec', path: '/spec/env/a' },
    { op: 'move', from: '', path: '/spec' },
  ])('JSON: what does not fit the object is 422: %o', async (operation) => {
    await make();
    expect((await api.kube('PATCH', AT, [operation], JSON_PATCH)).status).toBe(422);
  });

  test('strategic merge is not for custom kinds', async () => {
    await make();
    const type = { 'content-type': 'application/strategic-merge-patch+json' };
    expect((await api.kube('PATCH', AT, {}, type)).json.reason).toBe('UnsupportedMediaType');
  });

  test('many at once all get through', async () => {
    await make();
    const keys = Array.from({ length: 8 }, (_, index) => `KEY_${index}`);
    const answers = await Promise.all(
      keys.map((key) => api.kube('PATCH', AT, { spec: { env: { [key]: 'x' } } }, MERGE)),
    );
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(Object.keys((await api.kube('GET', AT)).json.spec.env).sort()).toEqual(keys);
  });
});

describe('server-side apply', () => {
  const as = (manager: string, more = '') => `${AT}?fieldManager=${manager}${more}`;
  const yaml = (spec: string) =>
    `apiVersion: orquesta.clientfy.io/v1\nkind: Instance\nmetadata: {name: ${NAME}}\nspec: {numberphone: "${NUMBER}", ${spec}}\n`;

  test('creates, changes, and removes what the manager names no more', async () => {
    const made = await api.kube(
      'PATCH',
      as('a'),
      yaml('env: {A: "1", B: "2"}, paused: true'),
      APPLY,
    );
    expect(made.status).toBe(201);
    expect(made.json.metadata.managedFields).toMatchObject([{ manager: 'a', operation: 'Apply' }]);
    const changed = await api.kube('PATCH', as('a'), yaml('env: {A: "1"}'), APPLY);
    expect(changed.json.spec).toMatchObject({ env: { A: '1' }, paused: false });
    const again = await api.kube('PATCH', as('a'), yaml('env: {A: "1"}'), APPLY);
    expect(again.json).toEqual(changed.json);
  });

  test('a field of another manager is a conflict, unless forced', async () => {
    await api.kube('PATCH', as('a'), yaml('provider: meta'), APPLY);
    const { json } = await api.kube('PATCH', as('b'), yaml('provider: baileys'), APPLY);
    expect(json).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Apply failed with 1 conflict: conflict with "a" using orquesta.clientfy.io/v1: .spec.provider',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.provider' }] },
    });
    const forced = await api.kube(
      'PATCH',
      as('b', '&force=true'),
      yaml('provider: baileys'),
      APPLY,
    );
    expect(forced.json.spec.provider).toBe('baileys');
  });

  test('needs a manager, and a body without managedFields', async () => {
    expect((await api.kube('PATCH', AT, yaml('paused: true'), APPLY)).status).toBe(422);
    const body = instanceManifest(NUMBER, {}, { managedFields: [{ manager: 'x' }] });
    expect((await api.kube('PATCH', as('a'), body, APPLY)).status).toBe(400);
  });

  test('a field called __proto__ is an unknown one, and reaches nothing', async () => {
    const body = `{"apiVersion":"orquesta.clientfy.io/v1","kind":"Instance","metadata":{"name":"${NAME}"},"spec":{"numberphone":"${NUMBER}","__proto__":{"polluted":"yes"},"features":{"__proto__":{"polluted":"yes"}}}}`;
    for (const path of [as('a', '&fieldValidation=Strict'), as('a')]) {
      await api.kube('PATCH', path, body, APPLY);
      expect({}).not.toHaveProperty('polluted');
    }
  });

  test('nor do entries of managedFields that a client made up, or names in several parts', async () => {
    await make();
    for (const fieldsV1 of [
      '{"f:spec":{"__proto__":{"polluted":{}}}}',
      '{"f:spec\\u0000__proto__\\u0000polluted":{}}',
      '{"f:metadata":{"f:ownerReferences":{"k:no json":{}}}}',
    ]) {
      const entry = `{"manager":"x","operation":"Update","fieldsType":"FieldsV1","fieldsV1":${fieldsV1}}`;
      const body = `{"metadata":{"managedFields":[${entry}]},"spec":{"provider":"meta"}}`;
      for (const sent of [body, { spec: { provider: 'baileys' } }]) {
        const { status, json } = await api.kube('PATCH', as('x'), sent, MERGE);
        expect([status, json.message]).toEqual([200, undefined]);
        expect({}).not.toHaveProperty('polluted');
      }
    }
    const named = { ...instanceManifest(NUMBER), spec: { 'a\0__proto__\0polluted': 1 } };
    const at = as('y', '&force=true&fieldValidation=Strict');
    expect((await api.kube('PATCH', at, named, APPLY)).status).toBe(400);
    expect({}).not.toHaveProperty('polluted');
  });

  test('unknown fields are seen', async () => {
    const strict = await api.kube(
      'PATCH',
      as('a', '&fieldValidation=Strict'),
      yaml('bogus: 1'),
      APPLY,
    );
    expect(strict.json.message).toContain('unknown field "spec.bogus"');
  });
});

describe('delete', () => {
  test('marks what has finalizers, and tells again', async () => {
    const { metadata } = await make();
    const marked = await api.kube('DELETE', AT, { propagationPolicy: 'Orphan' });
    expect(marked.json).toMatchObject({
      kind: 'Instance',
      metadata: {
        deletionTimestamp: expect.any(String),
        deletionGracePeriodSeconds: 0,
        finalizers: ['orquesta.clientfy.io/cloud', 'orphan'],
      },
    });
    expect((await api.kube('DELETE', AT)).json).toEqual(marked.json);
    expect((await api.kube('POST', `${R}/instances`, instanceManifest(NUMBER))).json.reason).toBe(
      'AlreadyExists',
    );
    const late = { metadata: { finalizers: ['x.io/late'] } };
    expect((await api.kube('PATCH', AT, late, MERGE)).json).toMatchObject({
      code: 422,
      details: { causes: [{ reason: 'FieldValueForbidden', field: 'metadata.finalizers' }] },
    });
    const freed = await api.kube('PATCH', AT, { metadata: { finalizers: null } }, MERGE);
    expect(freed.json.metadata.uid).toBe(metadata.uid);
    expect((await api.kube('GET', AT)).status).toBe(404);
  });

  test('removes at once what has none, and names its uid', async () => {
    const { metadata } = await make(
      manifest('InstanceClass', { name: 'small' }),
      'instanceclasses',
    );
    const path = `${R}/instanceclasses/small`;
    const other = { preconditions: { uid: 'another' } };
    expect((await api.kube('DELETE', path, other)).json.reason).toBe('Conflict');
    expect((await api.kube('DELETE', path, { dryRun: ['All'] })).status).toBe(200);
    const gone = await api.kube('DELETE', path, { preconditions: { uid: metadata.uid } });
    expect(gone.json).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'small', kind: 'instanceclasses', uid: metadata.uid },
    });
    expect((await api.kube('DELETE', path)).status).toBe(404);
  });

  test('a collection goes by its selector', async () => {
    for (const [name, team] of [
      ['one', 'a'],
      ['two', 'a'],
      ['three', 'b'],
    ]) {
      await make(manifest('InstanceClass', { name, labels: { team } }), 'instanceclasses');
    }
    const { json } = await api.kube('DELETE', `${R}/instanceclasses?labelSelector=team%3Da`);
    expect(json.kind).toBe('InstanceClassList');
    const left = await api.kube('GET', `${R}/instanceclasses?labelSelector=team`);
    expect(left.json.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(
      ['three'],
    );
    await api.kube('DELETE', `${R}/instanceclasses/three`);
  });
});

describe('subresources', () => {
  test('status is written apart and moves no generation', async () => {
    await make(manifest('InstancePool', { name: 'warm' }), 'instancepools');
    const path = `${R}/instancepools/warm`;
    const status = {
      observedGeneration: 1,
      message: 'two wait',
      conditions: [],
      wanted: 2,
      replicas: 2,
      ready: 2,
      booting: 0,
      claimed: 0,
    };
    const known = await api.kube(
      'PATCH',
      `${path}/status`,
      { status, spec: { replicas: 9 } },
      MERGE,
    );
    expect(known.json).toMatchObject({
      metadata: { generation: 1 },
      spec: { replicas: 0 },
      status,
    });
    expect((await api.kube('PATCH', path, { status: { ready: 7 } }, MERGE)).json.status.ready).toBe(
      2,
    );
    const wrong = await api.kube('PATCH', `${path}/status`, { status: { ready: 'x' } }, MERGE);
    expect(wrong.json).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'status.ready' }] },
    });
  });

  test('scale is the replicas of a pool', async () => {
    await make(manifest('InstancePool', { name: 'warm' }, { replicas: 1 }), 'instancepools');
    const path = `${R}/instancepools/warm/scale`;
    const { json } = await api.kube('GET', path);
    expect(json).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'warm', resourceVersion: expect.any(String) },
      spec: { replicas: 1 },
    });
    expect(
      (await api.kube('PATCH', path, { spec: { replicas: 3 } }, MERGE)).json.spec.replicas,
    ).toBe(3);
    // kubectl scale --current-replicas names no content type.
    const old = { ...json, spec: { replicas: 5 } };
    expect((await api.kube('PUT', path, old, { 'content-type': '' })).json.reason).toBe('Conflict');
    const fresh = await api.kube('GET', path);
    const put = await api.kube(
      'PUT',
      path,
      { ...fresh.json, spec: { replicas: 5 } },
      { 'content-type': '' },
    );
    expect(put.json.spec.replicas).toBe(5);
    expect((await api.kube('PATCH', path, { spec: { replicas: -1 } }, MERGE)).json).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.replicas' }] },
    });
    expect((await api.kube('GET', `${R}/droplets/web/scale`)).status).toBe(404);
  });
});

describe('one truth', () => {
  test('what the facade and /api/apply write bears their names: an apply is told whose field it would change', async () => {
    await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
    const named = async () =>
      (await api.kube('GET', AT)).json.metadata.managedFields.map(
        ({ manager }: { manager: string }) => manager,
      );
    expect(await named()).toEqual(['orquesta-rest']);
    const declared = instanceManifest(NUMBER, { provider: 'meta' }, { name: NAME });
    await api.ask('POST', '/api/apply', declared);
    expect(await named()).toEqual(['orquesta-rest', 'orquesta-apply']);
    const other = instanceManifest(NUMBER, { provider: 'baileys' }, { name: NAME });
    const refused = await api.kube('PATCH', `${AT}?fieldManager=me`, other, APPLY);
    expect(refused.json).toMatchObject({
      code: 409,
      message: expect.stringContaining('conflict with "orquesta-apply"'),
    });
  });

  test('what the facade writes is here at once, and the other way round', async () => {
    await api.ask('POST', '/api/instance/create', { numberphone: NUMBER });
    const listed = await api.kube('GET', `${R}/instances?fieldSelector=metadata.name=${NAME}`);
    expect(listed.json.items).toHaveLength(1);
    await api.kube('PATCH', AT, { spec: { provider: 'meta' } }, MERGE);
    const { json } = await api.ask('GET', '/api/instance/list');
    expect(json.data).toMatchObject([{ numberphone: NUMBER, provider: 'meta' }]);
  });
});

describe('events', () => {
  test('are core/v1, found by what they are about, watched and paged', async () => {
    const { metadata } = await make();
    const about = { kind: 'Instance' as const, name: NAME, uid: metadata.uid };
    await api.journal.event(about, 'Normal', 'DropletReady', 'It is up.');
    // As kubectl describe asks.
    const selector = `involvedObject.uid=${metadata.uid},involvedObject.name=${NAME},involvedObject.namespace=,involvedObject.kind=Instance`;
    const described = await api.kube(
      'GET',
      `/api/v1/events?fieldSelector=${encodeURIComponent(selector)}&limit=500`,
    );
    expect(described.json.items).toMatchObject([
      {
        kind: 'Event',
        metadata: { namespace: 'default', name: expect.stringMatching(`^${NAME}\\.`) },
        involvedObject: { kind: 'Instance', name: NAME, uid: metadata.uid },
        reason: 'DropletReady',
        type: 'Normal',
        count: 1,
      },
    ]);
    const [event] = described.json.items;
    const one = await api.kube('GET', `/api/v1/namespaces/default/events/${event.metadata.name}`);
    expect(one.json).toEqual(event);
    expect((await api.kube('GET', '/api/v1/namespaces/other/events')).json.items).toEqual([]);

    const listed = await api.kube('GET', '/api/v1/namespaces/default/events?limit=1');
    const from = listed.json.metadata.resourceVersion;
    const watched = await api.watch(`/api/v1/events?watch=true&resourceVersion=${from}`);
    await api.journal.event(about, 'Normal', 'DropletReady', 'It is up.');
    await api.journal.event(about, 'Warning', 'Trouble', 'It is down.');
    const seen = await watched.take(2);
    expect(seen.map(({ type, object }) => [type, object.reason, object.count])).toEqual([
      ['MODIFIED', 'DropletReady', 2],
      ['ADDED', 'Trouble', 1],
    ]);
    expect(seen[0]?.object.metadata.uid).toBe(event.metadata.uid);
    watched.leave();
    const first = await api.kube('GET', '/api/v1/events?limit=1');
    const token = encodeURIComponent(first.json.metadata.continue);
    const rest = await api.kube('GET', `/api/v1/events?limit=1&continue=${token}`);
    expect([...first.json.items, ...rest.json.items]).toHaveLength(2);
    expect(rest.json.metadata.continue).toBeUndefined();
  });
});

describe('what would wear the server out', () => {
  test('a page of few events, of which few are selected, is not read one by one', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `worn-${100 + index}`);
    for (const name of names) {
      for (const reason of ['First', 'Wanted', 'Third', 'Wanted']) {
        const message = `${name} ${reason} ${Math.random()}`;
        await api.journal.event({ kind: 'Droplet', name, uid: name }, 'Normal', reason, message);
      }
    }
    const read = vi.spyOn(api.journal, 'listEvents');
    const page = (reason: string, limit: number, token = '') =>
      api.kube(
        'GET',
        `/api/v1/events?limit=${limit}&fieldSelector=${encodeURIComponent(`reason=${reason}`)}&continue=${encodeURIComponent(token)}`,
      );
    expect((await page('Nothing', 1)).json.items).toEqual([]);
    expect(read.mock.calls.length).toBeLessThan(5);
    read.mockRestore();
    const seen: string[] = [];
    let token: string | undefined = '';
    for (let pages = 0; token !== undefined && pages < 50; pages++) {
      const { json } = await page('Wanted', 7, token);
      seen.push(...json.items.map((one: { message: string }) => one.message));
      token = json.metadata.continue;
    }
    expect(token).toBeUndefined();
    expect(seen).toHaveLength(80);
    expect(new Set(seen).size).toBe(80);
  });

  const copies = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      op: 'copy',
      from: '/metadata',
      path: `/metadata/x${index}`,
    }));

  test('a JSON patch of copies of copies is refused', async () => {
    await make();
    const refused = await api.kube('PATCH', AT, copies(40), JSON_PATCH);
    expect([refused.status, refused.json.reason]).toEqual([413, 'RequestEntityTooLarge']);
    expect((await api.kube('PATCH', AT, copies(2), JSON_PATCH)).status).toBe(200);
  });

  test('an API version that has no text is refused', async () => {
    const body = { ...instanceManifest(NUMBER), apiVersion: { toString: 1 } };
    expect((await api.kube('POST', `${R}/instances`, body)).status).toBe(400);
  });

  test('unknown fields beyond number are told of as far as headers go', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x${index}`, 1]));
    const made = await api.kube('POST', `${R}/instances`, instanceManifest(NUMBER, wide));
    expect(made.status).toBe(201);
    const warnings = made.headers.get('warning') ?? '';
    expect(warnings).toContain('x1');
    expect(warnings.length).toBeLessThan(10_000);
  });
});

test('a group that bears a name of every object is no group', async () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    for (const rest of ['', '/v1', '/v1/selfsubjectreviews', '/v1/instances']) {
      const { status, json } = await api.kube('GET', `/apis/${name}${rest}`);
      expect([status, json.reason]).toEqual([404, 'NotFound']);
    }
  }
});
