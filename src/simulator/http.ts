import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Api, ApiReply } from './api.ts';
import type { OperationName } from './operations.ts';

type Bindings = { Bindings: Partial<HttpBindings> };

/** The v2 face of the account over HTTP. A lost answer closes the socket; without one (a request in memory) it throws. */
export function createHttp(api: Api): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const on = (method: string, path: string, operation: OperationName) =>
    app.on(method, `/v2${path}`, async (context) => {
      const token = context.req.header('authorization')?.match(/^Bearer (\S+)$/)?.[1];
      const text = await context.req.text();
      const body = parseJson(text);
      const { id, subId } = context.req.param() as { id?: string; subId?: string };
      const { url } = context.req;
      return send(context, await api.perform({ operation, token, url, id, subId, body }));
    });

  on('GET', '/droplets', 'listDroplets');
  on('POST', '/droplets', 'createDroplet');
  on('DELETE', '/droplets', 'deleteDropletsByTag');
  on('GET', '/droplets/:id', 'getDroplet');
  on('DELETE', '/droplets/:id', 'deleteDroplet');
  on('POST', '/droplets/:id/actions', 'actOnDroplet');
  on('GET', '/droplets/:id/actions', 'listDropletActions');
  on('GET', '/droplets/:id/actions/:subId', 'getDropletAction');
  on('GET', '/actions/:id', 'getAction');
  on('GET', '/account', 'getAccount');
  on('GET', '/account/keys', 'listKeys');
  on('POST', '/account/keys', 'createKey');
  on('GET', '/account/keys/:id', 'getKey');
  on('DELETE', '/account/keys/:id', 'deleteKey');
  on('GET', '/regions', 'listRegions');
  on('GET', '/sizes', 'listSizes');
  on('GET', '/images', 'listImages');
  on('GET', '/images/:id', 'getImage');
  on('GET', '/tags', 'listTags');
  on('POST', '/tags', 'createTag');
  on('GET', '/tags/:id', 'getTag');
  on('DELETE', '/tags/:id', 'deleteTag');
  on('POST', '/tags/:id/resources', 'tagResources');
  on('DELETE', '/tags/:id/resources', 'untagResources');

  app.notFound((context) =>
    context.json({ id: 'not_found', message: 'The simulator has no such path.' }, 404),
  );
  return app;
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The operation refuses what is not an object.
    return text;
  }
}

function send(context: Context<Bindings>, reply: ApiReply): Response {
  if (reply.kind === 'lost') {
    const incoming = context.env?.incoming;
    if (incoming === undefined) throw new TypeError('The simulator broke the connection.');
    incoming.socket.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  const { status, body } = reply;
  const headers = new Headers(reply.headers);
  if (body === undefined) return new Response(null, { status, headers });
  const isPage = typeof body === 'string';
  headers.set('content-type', isPage ? 'text/html' : 'application/json; charset=utf-8');
  return new Response(isPage ? body : JSON.stringify(body), { status, headers });
}
