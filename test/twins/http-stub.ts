import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface StubRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly socket: Socket;
  readonly response: ServerResponse;
  /** Answers JSON. */
  json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
}

/** An HTTP server on loopback that answers what a test tells it to, and remembers what it was asked. */
export interface HttpStub {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  /** Connections that it has taken. */
  readonly connections: number;
  answer: (request: StubRequest) => void;
  close(): Promise<void>;
}

export async function startHttpStub(): Promise<HttpStub> {
  const requests: StubRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const take = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const path = request.url ?? '/';
    const seen: StubRequest = {
      method: request.method ?? '',
      path,
      query: new URL(path, 'http://stub').searchParams,
      headers: request.headers,
      body,
      socket: request.socket,
      response,
      json: (status, answer, headers) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(answer));
      },
    };
    requests.push(seen);
    stub.answer(seen);
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => take(request, response, body));
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stub: HttpStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections;
    },
    answer: (request) => request.json(500, {}),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;
}

/** A droplet as DigitalOcean writes it. */
export const wireDroplet = (id: number, fields: Readonly<Record<string, unknown>> = {}) => ({
  id,
  name: `bot-${id}`,
  status: 'active',
  created_at: '2026-11-23T10:00:00Z',
  networks: {
    v4: [
      { ip_address: '10.0.0.2', netmask: '255.255.0.0', gateway: '10.0.0.1', type: 'private' },
      {
        ip_address: '203.0.113.9',
        netmask: '255.255.240.0',
        gateway: '203.0.113.1',
        type: 'public',
      },
    ],
    v6: [],
  },
  tags: ['orquesta'],
  region: { slug: 'sfo3', name: 'San Francisco 3' },
  size_slug: 's-1vcpu-512mb-10gb',
  locked: false,
  kernel: null,
  ...fields,
});
