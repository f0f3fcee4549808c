import { randomUUID } from 'node:crypto';
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY, until } from './api-app.ts';
import { aKubeServer, instanceManifest, type KubeServer, manifest, R } from './kube-api.ts';

const OF = { group: 'orquesta.clientfy.io', version: 'v1', plural: 'instances' };
const NUMBER = '573332221111';

let api: KubeServer;
let config: KubeConfig;
beforeAll(async () => {
  api = await aKubeServer();
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'orquesta', server: api.url, skipTLSVerify: true }],
    users: [{ name: 'admin', token: KEY }],
    contexts: [{ name: 'orquesta', cluster: 'orquesta', user: 'admin' }],
    currentContext: 'orquesta',
  });
});
afterAll(() => api.close());

type Spec = KubernetesObject & { spec: { paused: boolean; provider: string } };

test('KubernetesObjectApi creates, reads, patches, replaces, lists and deletes', async () => {
  const client = KubernetesObjectApi.makeApiClient(config);
  const header = {
    apiVersion: 'orquesta.clientfy.io/v1',
    kind: 'Instance',
    metadata: { name: `bot-${NUMBER}` },
  };
  await client.create(instanceManifest(NUMBER));
  const read = (await client.read(header)) as Spec;
  expect(read.spec.provider).toBe('baileys');
  const merge = { ...header, spec: { paused: true } };
  const patched = await client.patch(
    merge,
    undefined,
    undefined,
    undefined,
    undefined,
    PatchStrategy.MergePatch,
  );
  expect((patched as Spec).spec.paused).toBe(true);
  const applied = { ...header, spec: { numberphone: NUMBER, provider: 'meta' } };
  const owned: KubernetesObject = await client.patch(
    applied,
    undefined,
    undefined,
    'client-node',
    true,
    PatchStrategy.ServerSideApply,
  );
  expect((owned as Spec).spec).toMatchObject({ paused: true, provider: 'meta' });
  expect(((await client.replace(owned)) as Spec).metadata?.resourceVersion).toBe(
    owned.metadata?.resourceVersion,
  );
  expect((await client.list(header.apiVersion, 'Instance')).items).toHaveLength(1);
  await client.delete(header);
  await expect(client.read({ ...header, metadata: { name: 'bot-1' } })).rejects.toMatchObject({
    code: 404,
  });
});

test('CustomObjectsApi works for a cluster-scoped kind', async () => {
  const client = config.makeApiClient(CustomObjectsApi);
  const number = '573332220002';
  const name = `bot-${number}`;
  const body = instanceManifest(number);
  await client.createClusterCustomObject({ ...OF, body });
  await expect(client.createClusterCustomObject({ ...OF, body })).rejects.toMatchObject({
    code: 409,
  });
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  await client.patchClusterCustomObject({ ...OF, name, body: { spec: { paused: true } } }, merge);
  const byDefault = [{ op: 'replace', path: '/spec/provider', value: 'meta' }];
  await client.patchClusterCustomObject({ ...OF, name, body: byDefault });
  const read = (await client.getClusterCustomObject({ ...OF, name })) as Spec;
  expect(read.spec).toMatchObject({ paused: true, provider: 'meta' });
  const listed = await client.listClusterCustomObject({
    ...OF,
    fieldSelector: `metadata.name=${name},spec.provider=meta`,
  });
  expect(listed).toMatchObject({ items: [{ metadata: { name } }] });
  await client.deleteClusterCustomObject({
    ...OF,
    name,
    body: { propagationPolicy: 'Foreground' },
  });
  await client.deleteCollectionClusterCustomObject(OF);
  expect((await client.getClusterCustomObjectStatus({ ...OF, name })) as Spec).toMatchObject({
    metadata: { deletionTimestamp: expect.any(String) },
  });
});

test('Watch tells what happens, and how it ends', async () => {
  const seen: string[] = [];
  let end: unknown;
  const stop = await new Watch(config).watch(
    `${R}/instanceclasses`,
    { timeoutSeconds: 60, fieldSelector: 'metadata.name=watched' },
    (type, object: KubernetesObject) => seen.push(`${type} ${object.metadata?.name}`),
    (error) => {
      end = error ?? 'closed';
    },
  );
  await api.kube('POST', `${R}/instanceclasses`, manifest('InstanceClass', { name: 'watched' }));
  await api.kube('DELETE', `${R}/instanceclasses/watched`);
  await until(() => seen.length === 2);
  expect(seen).toEqual(['ADDED watched', 'DELETED watched']);
  stop.abort();
  await until(() => end !== undefined);
});

test('an informer goes on after a clean end of its watch, without another list', async () => {
  const client = config.makeApiClient(CustomObjectsApi);
  const of = { ...OF, plural: 'droplets' };
  let lists = 0;
  const list = async () => {
    lists++;
    return (await client.listClusterCustomObject(of)) as { items: KubernetesObject[] };
  };
  const known = new Set<string>();
  const watches: string[] = [];
  // Ends every watch after a second, as a server may.
  const short = new Watch(config);
  const watch = short.watch.bind(short);
  short.watch = (path, query, callback, done) => {
    watches.push(String(query['resourceVersion']));
    return watch(path, { ...query, timeoutSeconds: 1 }, callback, done);
  };
  const informer = makeInformer(config, `${R}/droplets`, list as never);
  (informer as unknown as { watch: Watch }).watch = short;
  informer.on('add', (object) => known.add(object.metadata?.name ?? ''));
  informer.on('delete', (object) => known.delete(object.metadata?.name ?? ''));
  const errors: unknown[] = [];
  informer.on('error', (error) => errors.push(error));
  await informer.start();
  const add = async () => {
    const name = `d-${randomUUID().slice(0, 8)}`;
    await api.kube('POST', `${R}/droplets`, manifest('Droplet', { name }));
    await until(() => known.has(name));
  };
  await add();
  await until(() => watches.length >= 3);
  await add();
  expect(lists).toBe(1);
  expect(errors).toEqual([]);
  await informer.stop();
});
