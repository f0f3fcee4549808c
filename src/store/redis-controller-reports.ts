import type { Redis } from 'ioredis';
import type { ControllerReport, ControllerReports } from './controller-reports.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered } from './redis.ts';

/** Redis' own clock ends a report, so that those of the processes do not matter. */
const KEPT_MS = 20_000;

export class RedisControllerReports implements ControllerReports {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #keptMs: number;

  constructor(deps: {
    readonly redis: Redis;
    readonly prefix: string;
    readonly keptMs?: number | undefined;
  }) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#keptMs = deps.keptMs ?? KEPT_MS;
  }

  async report(report: ControllerReport): Promise<void> {
    const { id } = report;
    await answered('report on a controller', async () => {
      const text = JSON.stringify(report);
      // Known first: a report that nobody can find would be none.
      await this.#redis.sadd(this.#keys.controllers, id);
      await this.#redis.set(this.#keys.controller(id), text, 'PX', this.#keptMs);
    });
  }

  async alive(): Promise<readonly ControllerReport[]> {
    return answered('tell which controllers are at work', async () => {
      const ids = (await this.#redis.smembers(this.#keys.controllers)).sort();
      if (ids.length === 0) return [];
      const texts = await this.#redis.mget(ids.map((id) => this.#keys.controller(id)));
      const gone = ids.filter((_, index) => texts[index] === null);
      // One that only paused makes itself known again with its next report.
      if (gone.length > 0) await this.#redis.srem(this.#keys.controllers, ...gone);
      return texts.filter((text) => text !== null).map((text) => JSON.parse(text));
    });
  }

  async withdraw(id: string): Promise<void> {
    await answered('take a controller off the list', async () => {
      await this.#redis.del(this.#keys.controller(id));
      await this.#redis.srem(this.#keys.controllers, id);
    });
  }

  async noteResync(at: number): Promise<void> {
    await answered('note a resync', () => this.#redis.set(this.#keys.resync, String(at)));
  }

  async lastResync(): Promise<number | undefined> {
    const text = await answered('tell of the last resync', () =>
      this.#redis.get(this.#keys.resync),
    );
    return text === null ? undefined : Number(text);
  }
}
