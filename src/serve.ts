import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

export interface Listening {
  readonly url: string;
  /** Takes no more requests, ends open streams, and waits for the rest. */
  close(): Promise<void>;
}

/** A request that takes longer to arrive is ended. */
const REQUEST_LIMIT_MS = 30_000;
const HEADERS_LIMIT_MS = 10_000;

/** Listens with an app, by HTTPS when a certificate is given. Rejects with a sentence when the port is taken. */
export async function listen(
  app: Hono,
  options: {
    readonly host: string;
    readonly port: number;
    /** PEM texts. */
    readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  },
): Promise<Listening> {
  const { host, port, tls } = options;
  const answer = getRequestListener(app.fetch, { errorHandler: unreadable });
  const listener: RequestListener = (incoming, outgoing) => void answer(incoming, outgoing);
  const limits = { requestTimeout: REQUEST_LIMIT_MS, headersTimeout: HEADERS_LIMIT_MS };
  const server = tls ? createHttps({ ...limits, ...tls }, listener) : createHttp(limits, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `port ${port} is taken: set PORT to another`
          : `it cannot listen on ${host}:${port}`;
      reject(new Error(`The port cannot be opened: ${why}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `${tls ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${taken}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // Streams never end by themselves.
      const patience = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** A request that is none: no or a broken Host header, a target that is no path. The app never sees it. */
const unreadable = (): Response =>
  Response.json({ success: false, error: 'La petición HTTP no es válida' }, { status: 400 });
