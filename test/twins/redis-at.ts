import type { Redis } from 'ioredis';
import type { Clock } from '../../src/clock.ts';

const ITS_TIME = "redis.call('TIME')";

/** A Redis whose scripts read their time from this clock: what takes an hour can be seen at once. For scripts over one key. */
export function redisAt(redis: Redis, clock: Clock): Redis {
  const evaluate = (script: string, _keys: number, key: string, ...args: (string | number)[]) => {
    const asked = script.replace(ITS_TIME, '{KEYS[2], KEYS[3]}');
    if (asked === script) throw new Error(`The script does not ask for ${ITS_TIME}`);
    const seconds = Math.floor(clock.now() / 1000);
    const micros = (clock.now() % 1000) * 1000;
    return redis.eval(asked, 3, key, seconds, micros, ...args);
  };
  return { eval: evaluate } as unknown as Redis;
}
