import { afterAll, beforeAll, expect, test } from 'vitest';
import { aKubeServer, instanceManifest, type KubeServer, manifest, R } from './kube-api.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const numbers = Array.from({ length: 7 }, (_, index) => `57300000000${index}`);

let api: KubeServer;
beforeAll(async () => {
  api = await aKubeServer();
  for (const [index, number] of numbers.entries()) {
    const labels = { half: index < 3 ? 'one' : 'two' };
    const provider = index === 0 ? 'meta' : 'baileys';
    const made = await api.kube(
      'POST',
      `${R}/instances`,
      instanceManifest(number, { provider }, { labels }),
    );
    expect(made.status).toBe(201);
  }
});
afterAll(() => api.close());

const names = (list: { items: { metadata: { name: string } }[] }) =>
  list.items.map((item) => item.metadata.name);

test('without or with a wrong token the answer is a Status', async () => {
  for (const path of ['/api', '/api/v1', '/apis', `${R}/instances`, '/openapi/v2', '/openapi/v3']) {
    const answer = await api.kube('GET', path, undefined, { authorization: 'Bearer wrong' });
    expect(answer.status, path).toBe(401);
    expect(answer.json).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  }
});

test('what is not there is a Status, for paths, objects and methods', async () => {
  expect((await api.kube('GET', '/apis/apps/v1')).json).toMatchObject({
    kind: 'Status',
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
  });
  expect((await api.kube('GET', `${R}/instances/bot-1`)).json).toMatchObject({
    reason: 'NotFound',
    message: 'instances.orquesta.clientfy.io "bot-1" not found',
    details: { name: 'bot-1', group: 'orquesta.clientfy.io', kind: 'instances' },
  });
  expect((await api.kube('PUT', `${R}/instances`)).json).toMatchObject({
    reason: 'MethodNotAllowed',
    code: 405,
  });
});

test('a resource stands before its subresources', async () => {
  const { json } = await api.kube('GET', R);
  const all = json.resources.map((one: { name: string }) => one.name);
  for (const [index, name] of all.entries()) {
    if (name.includes('/')) expect(all.slice(0, index)).toContain(name.split('/')[0]);
  }
  expect(json.resources).toContainEqual(
    expect.objectContaining({ name: 'instancepools/scale', group: 'autoscaling', kind: 'Scale' }),
  );
});

test('discovery is aggregated for who asks so', async () => {
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const answer = await api.kube('GET', '/apis', undefined, { accept });
  expect(answer.headers.get('content-type')).toContain('as=APIGroupDiscoveryList');
  const groups = answer.json.items.map((one: { metadata: { name: string } }) => one.metadata.name);
  expect(groups).toContain('orquesta.clientfy.io');
  expect((await api.kube('GET', '/apis/')).json.kind).toBe('APIGroupList');
});

test('lists by label and field', async () => {
  const ask = async (query: string) =>
    names((await api.kube('GET', `${R}/instances?${query}`)).json);
  expect(await ask('labelSelector=half%3Done')).toHaveLength(3);
  expect(await ask('labelSelector=half+in+(one,two),half!=two')).toHaveLength(3);
  expect(await ask('labelSelector=!half')).toEqual([]);
  expect(await ask('fieldSelector=spec.provider=meta')).toEqual([`bot-${numbers[0]}`]);
  expect(await ask(`fieldSelector=metadata.name!=bot-${numbers[0]}`)).toHaveLength(6);
  for (const query of ['labelSelector=a%3D%3D%3Db', 'fieldSelector=spec.foo=1', 'limit=x']) {
    expect((await api.kube('GET', `${R}/instances?${query}`)).json, query).toMatchObject({
      kind: 'Status',
      reason: 'BadRequest',
    });
  }
});

test('pages show one moment, whatever is written between them', async () => {
  const first = (await api.kube('GET', `${R}/instances?limit=3`)).json;
  expect(names(first)).toEqual(numbers.slice(0, 3).map((number) => `bot-${number}`));
  expect(first.metadata.remainingItemCount).toBe(4);
  await api.kube('POST', `${R}/instances`, instanceManifest('5730000000099'));
  await api.kube('PATCH', `${R}/instances/bot-${numbers[6]}`, '{"spec":{"paused":true}}', {
    'content-type': 'application/merge-patch+json',
  });
  const token = encodeURIComponent(first.metadata.continue);
  const rest = (await api.kube('GET', `${R}/instances?limit=500&continue=${token}`)).json;
  expect(names(rest)).toEqual(numbers.slice(3).map((number) => `bot-${number}`));
  expect(rest.items.at(-1).spec.paused).toBe(false);
  expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  expect((await api.kube('GET', `${R}/instances?continue=nonsense`)).json.reason).toBe(
    'BadRequest',
  );
});

test('a table has the columns that an operator wants', async () => {
  const { json } = await api.kube('GET', `${R}/instances?limit=500`, undefined, { accept: TABLE });
  const columns = json.columnDefinitions as { name: string; priority: number }[];
  expect(columns.filter(({ priority }) => priority === 0).map(({ name }) => name)).toEqual([
    'Name',
    'Number',
    'Provider',
    'Phase',
    'Ready',
    'WhatsApp',
    'IP',
    'Droplet',
    'Restarts',
    'Age',
  ]);
  expect(columns.at(-1)?.name).toBe('Message');
  expect(json.rows[0].cells.slice(0, 3)).toEqual([`bot-${numbers[0]}`, numbers[0], 'meta']);
  expect(json.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata' });
  const one = await api.kube(
    'GET',
    `${R}/instances/bot-${numbers[0]}?includeObject=Object`,
    undefined,
    {
      accept: TABLE,
    },
  );
  expect(one.json.rows).toHaveLength(1);
  expect(one.json.rows[0].object.kind).toBe('Instance');
});

test('a list shows every write that was answered before', async () => {
  for (let index = 0; index < 30; index++) {
    const name = `class-${index}`;
    expect(
      (await api.kube('POST', `${R}/instanceclasses`, manifest('InstanceClass', { name }))).status,
    ).toBe(201);
    expect(names((await api.kube('GET', `${R}/instanceclasses`)).json)).toContain(name);
  }
});

test('a watch sends its headers at once, then what changes', async () => {
  const { metadata } = (await api.kube('GET', `${R}/droplets`)).json;
  const from = `${R}/droplets?watch=true&resourceVersion=${metadata.resourceVersion}`;
  const watched = await api.watch(from);
  const labelled = await api.watch(`${from}&labelSelector=team%3Da`);
  await api.kube(
    'POST',
    `${R}/droplets`,
    manifest('Droplet', { name: 'web', labels: { team: 'a' } }),
  );
  const merge = { 'content-type': 'application/merge-patch+json' };
  const relabel = (team: string) =>
    api.kube('PATCH', `${R}/droplets/web`, { metadata: { labels: { team } } }, merge);
  await relabel('b');
  await relabel('a');
  await api.kube('DELETE', `${R}/droplets/web`);
  const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);
  const seen = await watched.take(4);
  expect(types(seen)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'MODIFIED']);
  expect(types(await labelled.take(4))).toEqual(['ADDED', 'DELETED', 'ADDED', 'MODIFIED']);
  const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  watched.leave();
  labelled.leave();
});

test('a watch from nothing begins with what there is; one may ask for a mark of where that ends', async () => {
  const plain = await api.watch(`${R}/instanceclasses?watch=1&fieldSelector=metadata.name=default`);
  expect(await plain.next()).toMatchObject({ type: 'ADDED', object: { kind: 'InstanceClass' } });
  plain.leave();
  const query =
    'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const marked = await api.watch(
    `${R}/instanceclasses?${query}&fieldSelector=metadata.name=default`,
  );
  expect((await marked.next())?.type).toBe('ADDED');
  expect(await marked.next()).toMatchObject({
    type: 'BOOKMARK',
    object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
  marked.leave();
});

test('a watch ends when its time is over, with a bookmark where they are asked for', async () => {
  const watched = await api.watch(
    `${R}/instances?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=0&fieldSelector=metadata.name=none`,
  );
  expect(await watched.next()).toMatchObject({ type: 'BOOKMARK' });
  expect(await watched.next()).toBeUndefined();
});

test('a watch from a version yet to come or long gone is told so', async () => {
  const answer = await api.kube('GET', `${R}/instances?watch=true&resourceVersion=99999999`);
  expect(answer.json).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
});
