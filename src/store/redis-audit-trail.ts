import type { Redis } from 'ioredis';
import type { AuditEntry, AuditTrail } from './audit-trail.ts';
import { storeKeys } from './keys.ts';
import { answered } from './redis.ts';

const KEPT_ENTRIES = 10_000;

export class RedisAuditTrail implements AuditTrail {
  readonly #redis: Redis;
  readonly #key: string;

  constructor(deps: { readonly redis: Redis; readonly prefix: string }) {
    this.#redis = deps.redis;
    this.#key = storeKeys(deps.prefix).audit;
  }

  async record(entry: AuditEntry): Promise<void> {
    await answered('record who wrote', () =>
      this.#redis.xadd(this.#key, 'MAXLEN', '~', KEPT_ENTRIES, '*', 'entry', JSON.stringify(entry)),
    );
  }

  async list(limit: number): Promise<readonly AuditEntry[]> {
    const entries = await answered('tell who wrote', () =>
      this.#redis.xrevrange(this.#key, '+', '-', 'COUNT', limit),
    );
    return entries.flatMap(([, [, text]]) =>
      text === undefined ? [] : [JSON.parse(text) as AuditEntry],
    );
  }
}
