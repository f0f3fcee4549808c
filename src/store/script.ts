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

  /**
   * The same, and how many replicas have what it wrote, once `replicas` have or `timeoutMs` are over. Both commands go out
   * together: WAIT on another connection, after a break, would ask another server about other writes.
   */
  async runAndWait(
    redis: Redis,
    keys: readonly string[],
    args: readonly (string | number)[],
    { replicas, timeoutMs }: { readonly replicas: number; readonly timeoutMs: number },
  ): Promise<{ readonly answer: unknown; readonly reached: number }> {
    const rest = [keys.length, ...keys, ...args] as const;
    const send = async (command: 'evalsha' | 'eval', script: string) =>
      (await redis
        .pipeline()
        .call(command, script, ...rest)
        .wait(replicas, timeoutMs)
        .exec()) ?? [];
    let replies = await send('evalsha', this.#digest);
    if (replies[0]?.[0]?.message.startsWith('NOSCRIPT')) replies = await send('eval', this.#text);
    for (const [error] of replies) if (error !== null) throw error;
    return { answer: replies[0]?.[1], reached: Number(replies[1]?.[1]) };
  }
}
