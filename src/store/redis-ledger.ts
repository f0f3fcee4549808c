import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { type LedgerEntry, mergedEntry, outlives } from '../resources/ledger.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import {
  byRequest,
  ENDED_KEPT,
  ENDED_KEPT_MS,
  type Ledger,
  ledgerKey,
  requestKey,
} from './ledger.ts';
import { answered } from './redis.ts';

/** The ledger in two hashes: what runs is read at every sweep, what has ended only for people. */
export class RedisLedger implements Ledger {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #clock: Clock;

  constructor(deps: { readonly redis: Redis; readonly prefix: string; readonly clock: Clock }) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#clock = deps.clock;
  }

  async running(): Promise<readonly LedgerEntry[]> {
    const texts = await answered('read the ledger', () => this.#redis.hvals(this.#keys.running));
    return texts.map(parse).sort(byRequest);
  }

  async all(): Promise<readonly LedgerEntry[]> {
    const ended = await answered('read the ledger', () => this.#redis.hvals(this.#keys.ended));
    return [...ended.map(parse), ...(await this.running())].sort(byRequest);
  }

  async write(
    entry: LedgerEntry,
    seen: { readonly isSeen: boolean; readonly sweptAt: number } = { isSeen: false, sweptAt: 0 },
  ): Promise<void> {
    const { running, ended, ends } = this.#keys;
    const key = ledgerKey(entry);
    const request = requestKey(entry.uid ?? '');
    await answered('write into the ledger', async () => {
      const [[here = null, asked = null], gone] = await Promise.all([
        this.#redis.hmget(running, key, request),
        this.#redis.hget(ended, key),
      ]);
      const text = here ?? gone;
      const past = text === null ? undefined : parse(text);
      const next = plain(
        mergedEntry(past, entry, {
          request: asked === null ? undefined : parse(asked),
          isSeen: seen.isSeen && past !== undefined && outlives(past, seen.sweptAt),
        }),
      );
      const isAnswer = entry.dropletId !== undefined && asked !== null;
      if (past && isDeepStrictEqual(past, next) && !isAnswer && (here === null || gone === null)) {
        return;
      }
      // At once: an entry is never in neither, and a reader sees it in one.
      const change = this.#redis.multi();
      if (next.to === undefined) {
        change.hset(running, key, JSON.stringify(next)).hdel(ended, key).zrem(ends, key);
      } else {
        change.hset(ended, key, JSON.stringify(next)).zadd(ends, Date.parse(next.to), key);
        change.hdel(running, key);
      }
      if (isAnswer) change.hdel(running, request);
      for (const [error] of (await change.exec()) ?? []) if (error) throw error;
      if (next.to !== undefined) await this.#prune();
    });
  }

  async forgetRequest(uid: string): Promise<void> {
    await answered('write into the ledger', () =>
      this.#redis.hdel(this.#keys.running, requestKey(uid)),
    );
  }

  async #prune(): Promise<void> {
    const { ended, ends } = this.#keys;
    const [old, tooMany] = await Promise.all([
      this.#redis.zrangebyscore(
        ends,
        '-inf',
        String(this.#clock.now() - ENDED_KEPT_MS),
        'LIMIT',
        0,
        100,
      ),
      this.#redis.zrange(ends, '0', String(-ENDED_KEPT - 1)),
    ]);
    const keys = [...new Set([...old, ...tooMany])];
    if (keys.length > 0) {
      await this.#redis
        .multi()
        .hdel(ended, ...keys)
        .zrem(ends, ...keys)
        .exec();
    }
  }
}

const parse = (text: string): LedgerEntry => JSON.parse(text) as LedgerEntry;
/** As it is read back: what is undefined is not there. */
const plain = (entry: LedgerEntry): LedgerEntry => parse(JSON.stringify(entry));
