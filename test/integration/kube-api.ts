import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { type Answer, type Api, anApi, KEY } from './api-app.ts';

export const R = '/apis/orquesta.clientfy.io/v1';

/** The app behind a real HTTP server: watches write to Node's own response. */
export interface KubeServer extends Api {
  readonly url: string;
  /** A request as kubectl sends it. */
  kube(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Opens a watch; resolves with its headers, before its first line. */
  watch(path: string, headers?: Readonly<Record<string, string>>): Promise<Watched>;
}

interface WatchEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it expects it.
  readonly object: any;
}

/** An open watch, read line by line. */
class Watched {
  readonly headers: Headers;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(response: Response, abort: AbortController) {
    if (!response.body) throw new Error('no body');
    this.headers = response.headers;
    this.#reader = response.body.getReader();
    this.#abort = abort;
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<WatchEvent | undefined> {
    while (!this.#text.includes('\n')) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
    const end = this.#text.indexOf('\n');
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return JSON.parse(line) as WatchEvent;
  }

  async take(count: number): Promise<readonly WatchEvent[]> {
    const events: WatchEvent[] = [];
    for (let index = 0; index < count; index++) {
      const event = await this.next();
      if (event === undefined) throw new Error(`the stream ended after ${index} of ${count}`);
      events.push(event);
    }
    return events;
  }

  leave(): void {
    this.#abort.abort();
  }
}

export async function aKubeServer(over: Parameters<typeof anApi>[0] = {}): Promise<KubeServer> {
  const api = await anApi(over);
  const server = await new Promise<Server>((resolve) => {
    const made = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(made as Server),
    );
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}`;
  const auth = { authorization: `Bearer ${KEY}` };
  return {
    ...api,
    url,
    kube: async (method, path, body, headers = {}) => {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...auth,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: (isRaw ? body : JSON.stringify(body)) as string }),
      });
      const text = await response.text();
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      return { status: response.status, headers: response.headers, text, json };
    },
    watch: async (path, headers = {}) => {
      const abort = new AbortController();
      const response = await fetch(`${url}${path}`, {
        headers: { ...auth, ...headers },
        signal: abort.signal,
      });
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      return new Watched(response, abort);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await api.close();
    },
  };
}

/** A manifest as kubectl sends it. */
export const manifest = (
  kind: 'Instance' | 'InstanceClass' | 'InstancePool' | 'Droplet',
  metadata: object,
  spec: object = {},
) => ({ apiVersion: 'orquesta.clientfy.io/v1', kind, metadata, spec });

export const instanceManifest = (number: string, spec: object = {}, metadata: object = {}) =>
  manifest('Instance', { name: `bot-${number}`, ...metadata }, { numberphone: number, ...spec });
