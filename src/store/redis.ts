import { Redis, type RedisOptions } from 'ioredis';
import { StoreError } from './store.ts';

export interface RedisAddress {
  /** redis:// or rediss://; wins over the rest. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
}

/** What connections tell of; pino's Logger is one. */
export interface RedisLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * - `prompt`: for whoever must have an answer. While Redis is away, commands fail within about 3 s, and what failed
 *   before it was sent is never sent later. What was under way when the connection broke fails too: its outcome is unknown.
 * - `patient`: for queues and watches. Commands wait for Redis for as long as it takes.
 */
export type Patience = 'prompt' | 'patient';

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RETRY_MS = 1_000;
/** Longer than the longest wait for a connection: a command that timed out unsent would otherwise be sent later. */
const COMMAND_TIMEOUT_MS = CONNECT_TIMEOUT_MS + MAX_RETRY_MS + 1_000;

/** A connection that opens at its first command, comes back by itself within a second of Redis, and never crashes the process. */
export function connect(address: RedisAddress, patience: Patience, log?: RedisLog): Redis {
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (times: number) => Math.min(100 * times, MAX_RETRY_MS),
    ...(patience === 'patient'
      ? { maxRetriesPerRequest: null }
      : {
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          commandTimeout: COMMAND_TIMEOUT_MS,
        }),
  } satisfies RedisOptions;
  const redis =
    address.url === undefined
      ? new Redis({
          ...options,
          host: address.host ?? 'localhost',
          port: address.port ?? 6379,
          db: address.db ?? 0,
          ...(address.username === undefined ? {} : { username: address.username }),
          ...(address.password === undefined ? {} : { password: address.password }),
        })
      : new Redis(address.url, options);
  return tellingOnce(redis, log);
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
