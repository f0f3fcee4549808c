import { createConnection, Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AbstractConnector, Redis } from 'ioredis';
import type { HostPort } from './redis-url.ts';

/** So long may others take to say where the master is; all are asked at once. */
export const LOOK_TIMEOUT_MS = 1_000;
/** So long may a broken connection take to say goodbye. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/**
 * Leads an ioredis connection to a master that others tell of, asking anew at every try. ioredis has connectors of its own,
 * which ask on for ever inside one try: what waits for that connection then times out for its caller, and yet is sent later.
 * Here a try ends within a known time, and an end by `disconnect` while others are asked leaves nothing stuck.
 */
export const masterConnector = (tls: boolean, masterOf: () => Promise<HostPort>) =>
  class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    /** A server that was master when others were asked may be none any more. `info` is its INFO. */
    override check(info: { readonly role?: string }): boolean {
      return info.role === undefined || info.role === 'master';
    }

    override async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true;
      try {
        const master = await masterOf();
        if (!this.connecting) return closed();
        this.stream = tls ? connectTls(master) : createConnection(master);
        this.stream.once('error', (error) => {
          this.firstError = error;
        });
        return this.stream;
      } catch (error) {
        this.firstError = error as Error;
        return closed();
      }
    }
  };

/** For ioredis a failed try: it goes on as its retryStrategy says. A rejection would end the connection for good. */
const closed = (): Socket => new Socket().destroy();

export interface Informed {
  readonly master: HostPort;
  /** Counts the failovers that the one who was asked has heard of. */
  readonly epoch: number;
}

/** Where the master is, by whoever has heard most: one that was cut off may name the former. Rejects when none names any. */
export async function newestOf(
  asked: readonly Promise<Informed>[],
  what: string,
): Promise<HostPort> {
  const outcomes = await Promise.allSettled(asked);
  const answers = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [newest] = answers.sort((a, b) => b.epoch - a.epoch);
  if (newest !== undefined) return newest.master;
  const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  // Their words alone: ioredis puts the command into its error, and with a login the password.
  throw new Error(`${what}: ${reasons.map(String).join('; ')}`);
}

/** Asks one server, by a connection that lives for it alone. */
export async function askOnce<T>(
  place: HostPort,
  access: {
    readonly tls: boolean;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  },
  ask: (server: Redis) => Promise<T>,
): Promise<T> {
  const server = new Redis({
    ...place,
    ...(access.tls ? { tls: {} } : {}),
    ...(access.username === undefined ? {} : { username: access.username }),
    ...(access.password === undefined ? {} : { password: access.password }),
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    connectTimeout: LOOK_TIMEOUT_MS,
    commandTimeout: LOOK_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The question fails of the same; an error without a listener would be printed.
  let trouble: Error | undefined;
  server.on('error', (error: Error) => {
    trouble ??= error;
  });
  try {
    return await ask(server);
  } catch (error) {
    throw trouble ?? error;
  } finally {
    server.disconnect();
  }
}
