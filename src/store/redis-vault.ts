import type { Redis } from 'ioredis';
import { storeKeys } from './keys.ts';
import { answered } from './redis.ts';
import type { Seal } from './seal.ts';

/** Small private things that all processes share, in Redis and sealed. */
export class RedisVault {
  readonly #redis: Redis;
  readonly #seal: Seal;
  readonly #key: string;

  constructor(deps: { readonly redis: Redis; readonly prefix: string; readonly seal: Seal }) {
    this.#redis = deps.redis;
    this.#seal = deps.seal;
    this.#key = storeKeys(deps.prefix).vault;
  }

  /**
   * What is kept under a name; where nothing is, what `make` gives is kept, of many callers' the first. Something sealed with an
   * older key is sealed anew. Throws SealError, and StoreError `unavailable`.
   */
  async keep(name: string, make: () => string): Promise<string> {
    const kept = await this.find(name);
    if (kept !== undefined) return kept;
    const sealed = this.#seal.seal(name, Buffer.from(make()));
    await answered(`keep ${name}`, () => this.#redis.hsetnx(this.#key, name, sealed));
    return this.keep(name, make);
  }

  /** As `keep`, where nothing is to be made: undefined then. */
  async find(name: string): Promise<string | undefined> {
    const present = await answered(`open ${name}`, () => this.#redis.hget(this.#key, name));
    if (present === null) return undefined;
    const text = this.#seal.open(name, present).toString();
    if (this.#seal.isOutdated(present)) {
      const sealed = this.#seal.seal(name, Buffer.from(text));
      await answered(`keep ${name}`, () => this.#redis.hset(this.#key, name, sealed));
    }
    return text;
  }
}
