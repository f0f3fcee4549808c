import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { portMap } from '../dial.ts';
import { HttpBot } from './http-bot.ts';

// What a bot that was taken over can do to whoever looks at it.

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const check = (panelPort: number, statusPath = '/api/status') =>
  new HttpBot({ dial: portMap(undefined) }).check(
    { host: '127.0.0.1', panelPort, qrPort: panelPort, statusPath },
    new AbortController().signal,
  );

test('leads nobody anywhere: neither by a redirect nor by a path that looks like an address', async () => {
  let visits = 0;
  const other = await listening((_, response) => {
    visits += 1;
    response.end('{}');
  });
  const asked: string[] = [];
  const bot = await listening((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end();
  });
  await check(bot);
  await check(bot, `//127.0.0.1:${other}/`);
  await check(bot, `/@127.0.0.1:${other}/`);
  expect(asked).toHaveLength(3);
  expect(visits).toBe(0);
});

test('fills no memory: of an answer without end a little is read', async () => {
  let sent = 0;
  const bot = await listening((_, response) => {
    const more = () => {
      while (sent < 64 * 1024 * 1024 && !response.destroyed) {
        sent += 65_536;
        if (!response.write('x'.repeat(65_536))) return void response.once('drain', more);
      }
    };
    more();
  });
  await check(bot);
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});
