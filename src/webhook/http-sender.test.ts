import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { endpointsOf, HttpWebhookSender } from './http-sender.ts';

// What a receiver can do to whoever calls it.

const live = () => new AbortController().signal;
const message = { id: '1', type: 'webhook.test', attempt: 1, body: '{}' };
let server: Server;
let seen: (string | undefined)[];
let answer: (write: (text: string) => boolean, end: () => void) => void;
beforeEach(async () => {
  seen = [];
  answer = (_, end) => end();
  server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200);
    answer(
      (text) => response.write(text),
      () => response.end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const send = (login = '') => {
  const { port } = server.address() as AddressInfo;
  const [endpoint] = endpointsOf(`http://${login}127.0.0.1:${port}/`);
  if (!endpoint) throw new Error('no endpoint');
  const sender = new HttpWebhookSender({ secret: 's', clock: systemClock, timeoutMs: 5_000 });
  return sender.send(endpoint, message, live());
};

test('an answer without end is not read', async () => {
  let sent = 0;
  answer = (write) => {
    const more = () => {
      while (sent < 64 * 1024 * 1024) {
        sent += 65_536;
        if (!write('x'.repeat(65_536))) return void setTimeout(more, 1);
      }
    };
    more();
  };
  expect(await send()).toEqual({ isTaken: true, status: 200, problem: null });
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});

test('an answer that never ends is not waited for', async () => {
  answer = (write) => void write('x');
  expect(await send()).toMatchObject({ isTaken: true });
});

test('a login is sent as it was meant, a stray "%" in it too', async () => {
  expect(await send('me:a%2Fb@')).toMatchObject({ isTaken: true });
  expect(await send('me:100%@')).toMatchObject({ isTaken: true });
  const plain = seen.map((header) => Buffer.from(header?.slice(6) ?? '', 'base64').toString());
  expect(plain).toEqual(['me:a/b', 'me:100%']);
});
