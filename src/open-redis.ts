import type { Redis } from 'ioredis';
import type { Config } from './config.ts';
import { connect, type RedisLog } from './store/redis.ts';
import { describePlace, parseRedisUrl } from './store/redis-url.ts';

/** The connection that the settings name; it opens at its first command. */
export const openRedis = (config: Config, log?: RedisLog): Redis =>
  connect(
    {
      url: config.REDIS_URL,
      host: config.REDIS_HOST,
      port: config.REDIS_PORT,
      username: config.REDIS_USERNAME,
      password: config.REDIS_PASSWORD,
      db: config.REDIS_DB,
      prefix: config.REDIS_PREFIX,
    },
    'prompt',
    log,
  );

/** For people: hosts and ports alone. */
export const placeOfRedis = (config: Config): string =>
  config.REDIS_URL
    ? describePlace(parseRedisUrl(config.REDIS_URL))
    : `${config.REDIS_HOST}:${config.REDIS_PORT}`;

/** What begins without Redis could do nothing: better say so at once, to whoever starts it. Rejects with a sentence. */
export async function mustAnswer(redis: Redis, config: Config): Promise<void> {
  // Why the connection can't be had is told to listeners; a command fails for want of one.
  let trouble: Error | undefined;
  const note = (error: Error) => {
    trouble ??= error;
  };
  redis.on('error', note);
  try {
    await redis.ping();
  } catch (cause) {
    throw new Error(
      `Redis does not answer at ${placeOfRedis(config)}. Start one with "redis-server redis.conf", or set REDIS_URL`,
      { cause: trouble ?? cause },
    );
  } finally {
    redis.off('error', note);
  }
}
