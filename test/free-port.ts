import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below those that the system gives to outgoing connections, which could take one before its server does; and 10,000 below the end, for the bus of a Redis Cluster. */
const RANGE = { from: 11_000, to: 21_000 };
const MAX_TRIES = 100;

/** A port of loopback that nobody listens at, for a server that is about to be started. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Several, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  for (let tries = 0; held.size < count; tries++) {
    if (tries === MAX_TRIES + count) throw new Error('There are no free ports');
    const port = randomInt(RANGE.from, RANGE.to);
    const server = held.has(port) ? undefined : await listening(port);
    if (server) held.set(port, server);
  }
  await Promise.all([...held.values()].map((one) => new Promise((done) => one.close(done))));
  return [...held.keys()];
}

function listening(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
