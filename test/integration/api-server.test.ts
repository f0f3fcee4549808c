import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { selfSigned } from '../../src/certificate.ts';
import { systemClock } from '../../src/clock.ts';
import { type Listening, listen } from '../../src/serve.ts';
import { type Api, anApi, KEY, until } from './api-app.ts';

// Over real sockets: what app.request() can not show.

let api: Api;
let server: Listening;
let printed: unknown[];
beforeEach(async () => {
  printed = [];
  for (const stream of ['error', 'warn', 'log', 'info'] as const) {
    vi.spyOn(console, stream).mockImplementation((...words) => void printed.push(...words));
  }
  api = await anApi();
  server = await listen(api.app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await server.close();
  await api.close();
  vi.restoreAllMocks();
  expect(printed).toEqual([]);
  expect(api.errors).toEqual([]);
});

/** Sends a text as it is and answers what came back until the other side closed, or a whole answer was there. */
async function say(text: string | readonly string[]): Promise<string> {
  const socket = dial();
  let heard = '';
  socket.on('data', (data) => {
    heard += String(data);
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', resolve);
    socket.on('error', () => resolve());
  });
  for (const part of [text].flat()) socket.write(part);
  await Promise.race([ended, until(() => /\r\n\r\n[\s\S]*[}k]\s*$/.test(heard) || undefined)]);
  socket.destroy();
  return heard;
}

const dial = (): Socket => connect(Number(new URL(server.url).port), '127.0.0.1');
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

test.each([
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ['an odd Host', 'GET /healthz HTTP/1.1\r\nHost: a b@c/d\r\n\r\n'],
  ['an empty Host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n'],
  ['a target that is no path', 'GET healthz HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a backslash in the path', 'GET /\\healthz HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a control character in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX-Api-Key: a\u0001b\r\n\r\n'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
  ],
  ['a length that is none', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['headers of 100 KB', `GET / HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['a path of 100 KB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
])('%s is refused, and the server goes on', async (_, text) => {
  const status = statusOf(await say(text));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test.each([
  ['Host', 'GET /healthz HTTP/1.1\r\nHost: a b@c/d\r\nConnection: close\r\n\r\n'],
  ['path', 'GET /\\healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
])('a %s that never comes to the app is refused in a sentence all the same', async (_, text) => {
  const answer = await say(text);
  expect(answer).toContain('{"success":false,"error":"La petición HTTP no es válida"}');
});

test.each(['/%', '/%zz', '/api/instance/status/%E0%A4%A', '/api/droplet/%ff', '/api/droplet/%'])(
  'broken percent-encoding (%s) is the caller’s mistake',
  async (path) => {
    const answer = await say(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nConnection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(statusOf(answer));
    expect(answer).toContain('"success":false');
  },
);

const head = (length: string) =>
  `POST /api/instance/create HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;

test('a body that is announced as too long is refused before it is sent', async () => {
  expect(statusOf(await say(head('Content-Length: 10000000000')))).toBe(413);
});

test('a body in chunks is refused when it has become too long', async () => {
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  const parts = [head('Transfer-Encoding: chunked'), ...Array.from({ length: 300 }, () => chunk)];
  expect(statusOf(await say(parts))).toBe(413);
});

// A connection that is closed while the client still sends loses the answer more often than not: with TLS, and from another process.
test.each(['/api/apply', '/apis/orquesta.clientfy.io/v1/instances'])(
  'a body of 5 MB for %s gets its answer by an ordinary client too',
  async (path) => {
    const dir = mkdtempSync(join(tmpdir(), 'orquesta-tls-'));
    const tls = await selfSigned(dir, ['127.0.0.1'], systemClock.now());
    const secure = await listen(api.app, { host: '127.0.0.1', port: 0, tls });
    const client = `
    const headers = { 'x-api-key': '${KEY}', 'content-type': 'application/json' };
    const said = { method: 'POST', headers, body: '"' + 'x'.repeat(5_000_000) + '"' };
    for (let turn = 0; turn < 10; turn++) console.log((await fetch('${secure.url}${path}', said)).status);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', client],
      { env: { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') } },
    );
    expect(stdout).toBe('413\n'.repeat(10));
    await secure.close();
    rmSync(dir, { recursive: true });
  },
);

test('requests one after the other on one connection, with bodies that nobody reads', async () => {
  const body = JSON.stringify({ some: 'thing' });
  const one = `POST /api/nothing HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const last = `GET /api/instance/list HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nConnection: close\r\n\r\n`;
  const socket = dial();
  let heard = '';
  socket.on('data', (data) => {
    heard += String(data);
  });
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write(one + one + last);
  await closed;
  expect(heard.match(/HTTP\/1\.1 \d{3}/g)).toEqual([
    'HTTP/1.1 404',
    'HTTP/1.1 404',
    'HTTP/1.1 200',
  ]);
});

test('a taken port is told in a sentence', async () => {
  const { port } = new URL(server.url);
  await expect(listen(api.app, { host: '127.0.0.1', port: Number(port) })).rejects.toThrow(
    `port ${port} is taken: set PORT to another`,
  );
});
