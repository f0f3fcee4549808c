import { Redis, type RedisOptions } from 'ioredis';
import { clusterConnector } from './cluster-connector.ts';
import { LOOK_TIMEOUT_MS } from './master-connector.ts';
import { parseRedisUrl, type RedisPlace } from './redis-url.ts';
import { sentinelConnector } from './sentinel-connector.ts';
import { StoreError } from './store.ts';

export interface RedisAddress {
  /** As `parseRedisUrl` reads it; wins over the rest. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  /** Of all keys; in a Redis Cluster its hash tag says which node is theirs. */
  readonly prefix?: string | undefined;
}

/** What connections tell of; pino's Logger is one. */
export interface RedisLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * - `prompt`: for whoever must have an answer. While Redis is away, commands fail within about 3 s (4 s with Sentinels), and what failed
 *   before it was sent is never sent later. What was under way when the connection broke fails too: its outcome is unknown.
 * - `patient`: for queues and watches. Commands wait for Redis for as long as it takes.
 */
export type Patience = 'prompt' | 'patient';

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RETRY_MS = 1_000;
/** Longer than the longest wait for a connection: a command that timed out unsent would otherwise be sent later. */
const COMMAND_TIMEOUT_MS = LOOK_TIMEOUT_MS + CONNECT_TIMEOUT_MS + MAX_RETRY_MS + 1_000;
/** Longer than the longest blocking read (BullMQ's takes up to 10 s). A connection that owes an answer for so long leads to a dead machine. */
const PATIENT_SOCKET_TIMEOUT_MS = 15_000;

/**
 * A connection that opens at its first command, comes back by itself within a second of Redis, and never crashes the process.
 * With Sentinels it follows the master. Throws RedisUrlError.
 */
export function connect(address: RedisAddress, patience: Patience, log?: RedisLog): Redis {
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (times: number) => Math.min(100 * times, MAX_RETRY_MS),
    ...(patience === 'patient'
      ? {
          maxRetriesPerRequest: null,
          socketTimeout: PATIENT_SOCKET_TIMEOUT_MS,
          // It wrote nothing: to be sent again, to the new master.
          reconnectOnError: (error: Error) => (isElsewhere(error) ? 2 : false),
        }
      : {
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          commandTimeout: COMMAND_TIMEOUT_MS,
          socketTimeout: COMMAND_TIMEOUT_MS,
          reconnectOnError: isElsewhere,
        }),
  } satisfies RedisOptions;
  return tellingOnce(new Redis({ ...options, ...target(address) }), log);
}

/** What a server answers that was the master, or held our slot, when this connection was made. */
const isElsewhere = (error: Error): boolean =>
  /^(READONLY|UNBLOCKED|MOVED|ASK|CLUSTERDOWN)\b/.test(error.message);

function target(address: RedisAddress) {
  const place =
    address.url === undefined
      ? {
          kind: 'server' as const,
          host: address.host ?? 'localhost',
          port: address.port ?? 6379,
          tls: false,
          username: address.username,
          password: address.password,
          db: address.db ?? 0,
        }
      : parseRedisUrl(address.url);
  return {
    ...wayTo(place, address.prefix),
    ...(place.tls ? { tls: {} } : {}),
    ...(place.username === undefined ? {} : { username: place.username }),
    ...(place.password === undefined ? {} : { password: place.password }),
    db: place.db,
  } satisfies RedisOptions;
}

function wayTo(
  place: RedisPlace,
  prefix = '',
): Pick<RedisOptions, 'host' | 'Connector'> & { port?: number } {
  switch (place.kind) {
    case 'server':
      return { host: place.host, port: place.port };
    case 'sentinel':
      return { Connector: sentinelConnector(place) };
    case 'cluster':
      return { Connector: clusterConnector(place, prefix) };
  }
}

/** Says once when the connection breaks and once when it is back, instead of at every try. Without a listener ioredis prints them. */
export function tellingOnce(redis: Redis, log: RedisLog | undefined): Redis {
  let isDown = false;
  redis.on('error', (err: Error) => {
    if (!isDown) log?.warn({ err }, 'Redis is away; trying again until it answers');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) log?.info({}, 'Redis answers again');
    isDown = false;
  });
  return redis;
}

/** Asks Redis; whatever keeps it from answering becomes StoreError `unavailable`. `what` completes "Redis could not …". */
export async function answered<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('unavailable', `Redis could not ${what}; try again when it is up.`, {
      cause,
    });
  }
}

const DURABLE = [
  ['appendonly', 'yes', 'it keeps no append-only file, so a crash loses writes it has confirmed'],
  [
    'appendfsync',
    'always',
    'it writes to disk later than it confirms, so a power cut loses the last writes it has confirmed',
  ],
  [
    'maxmemory-policy',
    'noeviction',
    'it throws records out when memory is short, so droplets could be forgotten while they cost money',
  ],
] as const;

/** Sentences about what this Redis server would lose, and when; none when it is safe. Throws StoreError `unavailable`. */
export async function durabilityWarnings(redis: Redis): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const [setting, wanted, loss] of DURABLE) {
    const found = await settingOf(redis, setting);
    if (found === undefined) {
      warnings.push(
        `Redis may not be asked for its setting "${setting}"; make sure that it is "${wanted}".`,
      );
    } else if (found !== wanted) {
      warnings.push(`Redis has ${setting} "${found}": ${loss}. Set it to "${wanted}".`);
    }
  }
  return warnings;
}

/** undefined: the server does not tell, as hosted ones do. */
async function settingOf(redis: Redis, name: string): Promise<string | undefined> {
  return answered('tell its settings', async () => {
    try {
      const [, value] = (await redis.config('GET', name)) as string[];
      return value;
    } catch (error) {
      const refused = error instanceof Error && error.name === 'ReplyError';
      if (refused) return undefined;
      throw error;
    }
  });
}
