import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Handler } from 'hono';
import { type Kind, kinds } from '../../resources/kinds.ts';
import { openStream, UNBUFFERED } from '../access/authenticate.ts';
import type { ApiDeps } from '../deps.ts';
import { getNamespaces, getServices } from './core.ts';
import { remove, removeAll } from './delete.ts';
import { aggregated, apiGroup, coreVersions, groupList, resourceList } from './discovery.ts';
import { methodNotAllowed, noSuchPath, notFound } from './errors.ts';
import { getEvent, listEvents, watchEvents } from './event-requests.ts';
import type { Subresource } from './group.ts';
import { listText } from './list.ts';
import { discoveryForm, formOf } from './negotiate.ts';
import { OpenApi } from './openapi/openapi.ts';
import { patch } from './patch.ts';
import { type KubePath, parsePath } from './path.ts';
import { flag } from './query.ts';
import type { KubeRequest } from './request.ts';
import { json, jsonText, objectAnswer } from './respond.ts';
import { review } from './reviews.ts';
import { getScale, writeScale } from './scale.ts';
import { Texts } from './texts.ts';
import { Lines, watch } from './watch.ts';
import { create, replace } from './write.ts';

type Handlers = Readonly<Record<string, () => Response | Promise<Response>>>;

/** The resource API as Kubernetes serves custom resources: https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export function kube(deps: ApiDeps): Handler {
  const texts = new Texts();
  const lines = new Lines(texts, deps.clock);
  const openapi = new OpenApi();
  return async (c) => {
    const request = { ...deps, c, query: new URL(c.req.url).searchParams, texts, lines, openapi };
    const path = parsePath(new URL(c.req.url).pathname);
    if (path === undefined) throw noSuchPath();
    const handlers = handlersOf(path, request);
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler === undefined) throw methodNotAllowed(Object.keys(handlers));
    return handler();
  };
}

function handlersOf(path: KubePath, request: KubeRequest): Handlers {
  switch (path.type) {
    case 'discovery':
      return { GET: () => discovery(path, request) };
    case 'collection':
      return {
        GET: () => collection(path.kind, request),
        POST: () => create(path.kind, request),
        DELETE: () => removeAll(path.kind, request),
      };
    case 'object':
      return object(path.kind, path.name, path.subresource, request);
    case 'openapi':
      return { GET: () => request.openapi.answer(path.document, request) };
    case 'events':
      return { GET: () => events(path, request) };
    case 'namespaces':
      return { GET: () => getNamespaces(path.name, request) };
    case 'services':
      return { GET: () => getServices(request) };
    case 'review':
      return { POST: () => review(path, request) };
  }
}

function discovery(
  { of, group }: Extract<KubePath, { type: 'discovery' }>,
  request: KubeRequest,
): Response {
  const { c } = request;
  if (of === 'group') return json(request, apiGroup(group));
  if (of === 'resources') return json(request, resourceList(group));
  const form = discoveryForm(c.req.header('accept'));
  if (form === 'plain') return json(request, of === 'core' ? coreVersions() : groupList());
  const type = `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
  return c.body(JSON.stringify(aggregated(of, form)), 200, { 'content-type': type });
}

async function collection(kind: Kind, request: KubeRequest): Promise<Response> {
  const { c, query, clock } = request;
  const form = formOf(c.req.header('accept'));
  if (!flag(query, 'watch')) {
    return jsonText(request, await listText(kind, query, { ...request, form, now: clock.now() }));
  }
  if (c.req.method === 'HEAD') return c.body(null, 200, STREAM_HEADERS);
  await watch(kind, query, streamOf(c), STREAM_HEADERS, { ...request, form });
  return RESPONSE_ALREADY_SENT;
}

async function events(
  { namespace, name }: Extract<KubePath, { type: 'events' }>,
  request: KubeRequest,
): Promise<Response> {
  const { c, query } = request;
  if (namespace !== undefined && name !== undefined) return getEvent(namespace, name, request);
  if (!flag(query, 'watch')) return listEvents(namespace, request);
  if (c.req.method === 'HEAD') return c.body(null, 200, STREAM_HEADERS);
  await watchEvents(namespace, request, streamOf(c), STREAM_HEADERS);
  return RESPONSE_ALREADY_SENT;
}

/** Counted until its connection closes. Throws ApiError 429. */
function streamOf(c: Context): ReturnType<typeof outgoing> {
  const response = outgoing(c);
  response.once('close', openStream(c));
  return response;
}

const STREAM_HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  [UNBUFFERED[0]]: UNBUFFERED[1],
};

function object(
  kind: Kind,
  name: string,
  subresource: Subresource | undefined,
  request: KubeRequest,
): Handlers {
  if (subresource === 'scale') {
    const write = () => writeScale(name, request);
    return { GET: () => getScale(name, request), PUT: write, PATCH: write };
  }
  return {
    GET: async () => {
      const stored = await request.store.get(kind, name);
      if (stored === undefined) throw notFound({ plural: kinds[kind].plural, name });
      return objectAnswer(request, kind, stored);
    },
    PUT: () => replace(kind, name, subresource, request),
    PATCH: () => patch(kind, name, subresource, request),
    ...(subresource === undefined ? { DELETE: () => remove(kind, name, request) } : {}),
  };
}

/** Node's own response: a stream's headers must go out before there is anything to send. */
const outgoing = (c: Context) => (c.env as HttpBindings).outgoing;
