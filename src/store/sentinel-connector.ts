import { createConnection, Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AbstractConnector, Redis } from 'ioredis';
import { describePlace, type HostPort, type SentinelGroup } from './redis-url.ts';

/** So long may the Sentinels take to say where the master is; all are asked at once. */
export const SENTINEL_TIMEOUT_MS = 1_000;
/** So long may a broken connection take to say goodbye. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/**
 * Leads an ioredis connection to the group's master, asking the Sentinels anew at every try. ioredis has a connector of its own,
 * which asks on for ever inside one try: what waits for that connection then times out for its caller, and yet is sent later.
 * Here a try ends within a known time, and an end by `disconnect` while Sentinels are asked leaves nothing stuck.
 */
export const sentinelConnector = (group: SentinelGroup) =>
  class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    /** A server that was master when the Sentinels were asked may be none any more. `info` is its INFO. */
    override check(info: { readonly role?: string }): boolean {
      return info.role === undefined || info.role === 'master';
    }

    override async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true;
      try {
        const master = await masterOf(group);
        if (!this.connecting) return closed();
        this.stream = group.tls ? connectTls(master) : createConnection(master);
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

interface Answer {
  readonly master: HostPort;
  /** Counts the failovers that this Sentinel has heard of. */
  readonly epoch: number;
}

/** Where the master is, by the Sentinel that has heard most: one that was cut off may name the former. Rejects when none names any. */
async function masterOf(group: SentinelGroup): Promise<HostPort> {
  const asked = await Promise.allSettled(group.sentinels.map((one) => ask(group, one)));
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [newest] = answers.sort((a, b) => b.epoch - a.epoch);
  if (newest !== undefined) return newest.master;
  const reasons = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  // Their words alone: ioredis puts the command into its error, and with a login the password.
  throw new Error(
    `no Sentinel says where ${describePlace(group)} is: ${reasons.map(String).join('; ')}`,
  );
}

async function ask(group: SentinelGroup, { host, port }: HostPort): Promise<Answer> {
  const sentinel = new Redis({
    host,
    port,
    ...(group.tls ? { tls: {} } : {}),
    ...(group.sentinelUsername === undefined ? {} : { username: group.sentinelUsername }),
    ...(group.sentinelPassword === undefined ? {} : { password: group.sentinelPassword }),
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    connectTimeout: SENTINEL_TIMEOUT_MS,
    commandTimeout: SENTINEL_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The command below fails of the same; an error without a listener would be printed.
  let trouble: Error | undefined;
  sentinel.on('error', (error: Error) => {
    trouble ??= error;
  });
  try {
    const reply = (await sentinel.call('SENTINEL', 'MASTER', group.name)) as string[];
    const field = (name: string) => reply[reply.indexOf(name) + 1] ?? '';
    return {
      master: { host: field('ip'), port: Number(field('port')) },
      epoch: Number(field('config-epoch')),
    };
  } catch (error) {
    throw trouble ?? error;
  } finally {
    sentinel.disconnect();
  }
}
