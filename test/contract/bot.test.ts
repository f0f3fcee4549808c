import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bot, BotAddress } from '../../src/bot/bot.ts';
import { HttpBot } from '../../src/bot/http-bot.ts';
import { portMap } from '../../src/dial.ts';
import { MemoryBot } from '../twins/memory-bot.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const live = () => new AbortController().signal;
const bot = new HttpBot({ dial: portMap(undefined), timeoutMs: 1000 });
const patient = new HttpBot({ dial: portMap(undefined), timeoutMs: 30_000 });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server | ReturnType<typeof createServer>): Promise<BotAddress> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', panelPort: port, qrPort: port, statusPath: '/api/status' };
}
const serving = (listener: RequestListener) => listen(createHttpServer(listener));
const answering = (status: number, body: string | Buffer, headers = {}) =>
  serving((_request, response) => response.writeHead(status, headers).end(body));

/** The same stories told by each implementation. */
const rigs: readonly {
  readonly name: string;
  readonly start: (state: { linked: boolean } | undefined) => Promise<[Bot, BotAddress]>;
}[] = [
  {
    name: 'HttpBot',
    start: async (state) => {
      if (state === undefined) {
        const address = await answering(200, '');
        await closers.pop()?.();
        return [patient, address];
      }
      const address = await serving((request, response) => {
        if (request.url === '/api/status') {
          response.end(
            JSON.stringify(
              state.linked ? { status: 'connected' } : { status: 'show_qr', qr: '2@abc' },
            ),
          );
        } else if (state.linked) response.writeHead(404).end();
        else response.end(png);
      });
      return [patient, address];
    },
  },
  {
    name: 'MemoryBot',
    start: async (state) => {
      const address = { host: '198.18.0.1', panelPort: 1, qrPort: 2, statusPath: '/' };
      const bots = new Map();
      if (state) {
        const said = state.linked
          ? { session: 'connected', qr: undefined }
          : { session: 'show_qr', qr: '2@abc' };
        bots.set(address.host, {
          report: { healthy: true, ...said },
          qr: state.linked ? undefined : png,
        });
      }
      return [new MemoryBot(bots), address];
    },
  },
];

describe.each(rigs)('Bot: $name', ({ start }) => {
  it('tells of a bot that waits to be linked, and shows its QR', async () => {
    const [bot, address] = await start({ linked: false });
    const report = { healthy: true, session: 'show_qr', qr: '2@abc' };
    expect(await bot.check(address, live())).toEqual(report);
    expect(await bot.qrPng(address, live())).toEqual(png);
  });

  it('tells of a linked bot, which has no QR', async () => {
    const [bot, address] = await start({ linked: true });
    const report = { healthy: true, session: 'connected', qr: undefined };
    expect(await bot.check(address, live())).toEqual(report);
    expect(await bot.qrPng(address, live())).toBeUndefined();
  });

  it('a bot that is not there is sick, not an error', async () => {
    const [bot, address] = await start(undefined);
    expect(await bot.check(address, live())).toEqual({
      healthy: false,
      why: expect.stringMatching(/connection .*was refused/),
    });
    expect(await bot.qrPng(address, live())).toBeUndefined();
  });

  it('does not call a bot sick because its caller gave up', async () => {
    const [bot, address] = await start({ linked: true });
    await expect(bot.check(address, AbortSignal.abort())).rejects.toThrow();
    await expect(bot.qrPng(address, AbortSignal.abort())).rejects.toThrow();
  });
});

describe('HttpBot', () => {
  it.each([
    ['text', 'ok'],
    ['JSON of another kind', '[1]'],
    ['fields of other types', '{"status": 5, "qr": {}}'],
    ['nothing', ''],
    ['more than it reads', `{"status": "connected", "x": "${'x'.repeat(70_000)}"}`],
  ])('a bot that answers 2xx with %s is healthy, of an unknown session', async (_what, body) => {
    const report = { healthy: true, session: undefined, qr: undefined };
    expect(await patient.check(await answering(200, body), live())).toEqual(report);
  });

  it.each([301, 404, 500, 503])('HTTP %i is sick, and says so', async (status) => {
    const address = await answering(status, '{"status":"connected"}', { location: '/elsewhere' });
    expect(await patient.check(address, live())).toEqual({
      healthy: false,
      why: `The bot answered HTTP ${status} at /api/status.`,
    });
  });

  it('a bot that takes the connection and says nothing is told from one that is not there', async () => {
    const address = await listen(createServer(() => {}));
    expect(await bot.check(address, live())).toEqual({
      healthy: false,
      why: 'The bot answers TCP, but no HTTP within 1 s.',
    });
    expect(await bot.qrPng(address, live())).toBeUndefined();
  });

  it('a bot that begins its answer and never ends it is sick', async () => {
    const address = await serving((_request, response) => {
      response.writeHead(200);
      response.write('{"status":');
    });
    expect(await bot.check(address, live())).toMatchObject({ healthy: false });
  });

  it.each([
    ['another language', 'SSH-2.0-OpenSSH_9.2\r\n', 'The bot answers TCP, but not in HTTP.'],
    ['a closed door', '', 'The bot closed the connection before it had answered.'],
  ])('tells of %s', async (_what, greeting, why) => {
    const address = await listen(
      createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(greeting));
      }),
    );
    expect(await patient.check(address, live())).toEqual({ healthy: false, why });
  });

  it('an abort ends a look that hangs', async () => {
    const caller = new AbortController();
    const address = await listen(createServer(() => caller.abort(new Error('enough'))));
    await expect(patient.check(address, caller.signal)).rejects.toThrow('enough');
  });

  it.each([
    ['no content', 204, ''],
    ['what is no PNG', 200, '<html>scan me</html>'],
    ['a PNG of more than 1 MiB', 200, Buffer.concat([png, Buffer.alloc(1024 * 1024)])],
    ['an error', 500, png],
  ])('shows no QR for %s', async (_what, status, body) => {
    expect(await patient.qrPng(await answering(status, body), live())).toBeUndefined();
  });

  it('reaches a bot where the port map says', async () => {
    const address = await answering(200, '{"status":"connected"}');
    const dial = (host: string, port: number) => {
      expect([host, port]).toEqual(['198.18.0.7', 5432]);
      return { host: address.host, port: address.panelPort };
    };
    const mapped = { ...address, host: '198.18.0.7', panelPort: 5432 };
    expect(await new HttpBot({ dial }).check(mapped, live())).toMatchObject({ healthy: true });
  });
});
