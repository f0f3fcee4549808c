import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { CloudError } from './cloud.ts';
import type { RateLimitNews } from './rate-limit.ts';

/**
 * Who asks: the last tenth of every window is kept for deletes, so that a spent budget never leaves paid machines behind, and
 * some requests before it for all but creates, so that many who wait to be created do not keep those who boot from being seen.
 */
export type Priority = 'read' | 'create' | 'delete';

/** `retryAt`: ms since the epoch, about when this one's request can be granted: those who wait stand in line, one line a priority. */
export type Grant =
  | { readonly granted: true }
  | { readonly granted: false; readonly retryAt: number };

/** `limit`: requests that may be sent at once when the window is full. */
interface BudgetWindow {
  readonly limit: number;
  readonly left: number;
}

/** What is left, in requests. `blockedUntil` (ms since the epoch) while DigitalOcean has told us to wait. */
export interface BudgetState {
  readonly minute: BudgetWindow;
  readonly hour: BudgetWindow;
  readonly blockedUntil: number | undefined;
}

/** The request budget of one DigitalOcean token, shared by all that use it. */
export interface Budget {
  /** Takes one request out of every window, or none. Throws CloudError `try-again` when the budget cannot be asked: then nothing may be sent. */
  take(priority: Priority, signal?: AbortSignal | undefined): Promise<Grant>;
  /** Corrects the windows by what an answer told. Never throws: the answer itself matters more. */
  observe(news: RateLimitNews): Promise<void>;
  /** For metrics and readiness. Throws CloudError `try-again` as `take` does. */
  state(): Promise<BudgetState>;
}

interface Window {
  /** Requests that may be sent at once. */
  readonly capacity: number;
  /** Requests that come back over each window. */
  readonly refill: number;
  readonly windowMs: number;
  /** Requests that DigitalOcean answers in any window, those of other programs included. */
  readonly limit: number;
}

/**
 * DigitalOcean: 250 requests a minute and 5,000 an hour per token, each on a timer of its own. capacity + refill is the most
 * of ours that any window can see, so it must not be above that; a little below, since requests that were spread when they
 * left may arrive closer together. A minute's refill above the hour's (75 a minute) would be of no use: what is left of it
 * makes room for 100 creates at once, with the listings that follow them.
 */
const LIMITS = {
  minute: { capacity: 165, refill: 80, windowMs: 60_000, limit: 250 },
  hour: { capacity: 500, refill: 4_500, windowMs: 3_600_000, limit: 5_000 },
};

/** The share of each window that each must leave to the others. */
const RESERVED: Readonly<Record<Priority, number>> = { delete: 0, read: 0.1, create: 0.12 };
/** However many wait, each looks again within about so long: others may have given up. */
const LONGEST_LINE_MS = 60_000;
/** Longer than any healthy Redis takes; a create that waits here is a create that is not sent. */
const REDIS_TIMEOUT_MS = 2_000;

const SCRIPT = readFileSync(new URL('./budget.lua', import.meta.url), 'utf8');

export interface RedisBudgetDeps {
  readonly redis: Redis;
  readonly clock: Clock;
  /** Put before the key's name. */
  readonly prefix: string;
  /** Only its hash goes to Redis. */
  readonly token: string;
  /** Other limits than DigitalOcean's, for a simulated account or a test. */
  readonly limits?: { readonly minute: Window; readonly hour: Window } | undefined;
  readonly redisTimeoutMs?: number | undefined;
}

/** One budget for all processes that share a Redis and a token. */
export class RedisBudget implements Budget {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #windows: readonly [minute: Window, hour: Window];
  readonly #timeoutMs: number;

  constructor(deps: RedisBudgetDeps) {
    this.#redis = deps.redis;
    this.#clock = deps.clock;
    const tokenHash = createHash('sha256').update(`orquesta budget\0${deps.token}`).digest('hex');
    this.#key = `${deps.prefix}:budget:${tokenHash.slice(0, 32)}`;
    const { minute, hour } = deps.limits ?? LIMITS;
    this.#windows = [minute, hour];
    this.#timeoutMs = deps.redisTimeoutMs ?? REDIS_TIMEOUT_MS;
  }

  async take(priority: Priority, signal?: AbortSignal): Promise<Grant> {
    const { granted, waitMs } = await this.#settle({
      want: 1,
      reserve: RESERVED[priority],
      line: priority,
      news: {},
      signal,
    });
    return granted ? { granted } : { granted, retryAt: this.#clock.now() + waitMs };
  }

  async observe(news: RateLimitNews): Promise<void> {
    if (news.remaining === undefined && !news.blockedForMs) return;
    // Unheard news costs at worst one more 429; the next answer brings them again.
    await this.#settle({ want: 0, reserve: 0, news }).catch(() => {});
  }

  async state(): Promise<BudgetState> {
    const { left, blockedMs } = await this.#settle({ want: 0, reserve: 0, news: {} });
    return {
      minute: { limit: this.#windows[0].capacity, left: left[0] ?? 0 },
      hour: { limit: this.#windows[1].capacity, left: left[1] ?? 0 },
      blockedUntil: blockedMs > 0 ? this.#clock.now() + blockedMs : undefined,
    };
  }

  async #settle(what: {
    readonly want: 0 | 1;
    readonly reserve: number;
    readonly line?: Priority;
    readonly news: RateLimitNews;
    readonly signal?: AbortSignal | undefined;
  }) {
    const [, hour] = this.#windows;
    const answer = await this.#bounded(
      this.#redis.eval(
        SCRIPT,
        1,
        this.#key,
        what.want,
        what.reserve,
        what.news.remaining ?? -1,
        what.news.limit ?? hour.limit,
        what.news.resetInMs ?? 0,
        what.news.blockedForMs ?? 0,
        what.line ?? '',
        LONGEST_LINE_MS,
        ...this.#windows.flatMap((window) => [
          window.capacity,
          window.refill,
          window.windowMs,
          window.limit,
        ]),
      ),
      what.signal,
    );
    const [granted, waitMs = 0, blockedMs = 0, ...left] = answer as number[];
    return { granted: granted === 1, waitMs, blockedMs, left };
  }

  /** The client may queue commands for as long as Redis is away: a caller must not wait with them. */
  async #bounded<T>(asked: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    let giveUp: (why: Error) => void = () => {};
    const limit = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const timer = setTimeout(
      () => giveUp(new Error(`Redis did not answer within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
    const onAbort = () => giveUp(new Error('the caller gave up'));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      return await Promise.race([asked, limit]);
    } catch (cause) {
      throw new CloudError(
        'try-again',
        'Nothing was sent to DigitalOcean: its request budget is kept in Redis, and Redis could not be asked. It is tried again; check that Redis is up.',
        { cause },
      );
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
