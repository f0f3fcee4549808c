import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua script that lies beside this file. Sent as a digest; as text only to a Redis that does not know it (yet, or after a restart). */
export class Script {
  readonly #text: string;
  readonly #digest: string;

  constructor(file: string) {
    this.#text = readFileSync(new URL(file, import.meta.url), 'utf8');
    this.#digest = createHash('sha1').update(this.#text).digest('hex');
  }

  async run(
    redis: Redis,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}
