import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
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

test('says nothing that a terminal would obey', async () => {
  const status = '\u001b]0;owned\u0007\u202eshow\r\nqr\u009b2J';
  const bot = await listening((_, response) => response.end(JSON.stringify({ status })));
  expect(await check(bot)).toMatchObject({ healthy: true, session: ']0;owned show qr 2J' });
});

test('holds nobody by an answer that changes the protocol', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: any\r\n\r\n',
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const report = await check((server.address() as AddressInfo).port);
    expect(report).toMatchObject({ healthy: false, why: expect.stringContaining('HTTP 101') });
  } finally {
    server.close();
  }
}, 10_000);
