import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Errand, ErrandAnswer, Errands, RunErrand } from './errands.ts';
import { storeKeys } from './keys.ts';
import { answered, type RedisLog, tellingOnce } from './redis.ts';

/** Errands that wait: with more, the oldest are dropped, and their askers told that nobody answers. */
const MAX_WAITING = 100;
const AT_A_TIME = 4;
const LOOK_MS = 100;
const BLOCK_SECONDS = 5;
/** A connection that is quiet for so long is dead: one that blocks is quiet for its time. */
const SILENCE_MS = 3_000 * BLOCK_SECONDS;
const RETRY_MS = 1_000;
const ANSWER_AGE_MS = 60_000;

interface Waiting {
  readonly id: string;
  readonly errand: Errand;
  /** Nobody waits for the answer any more; ms since the epoch, the asker's clock. */
  readonly until: number;
}

export interface RedisErrandsDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log?: RedisLog | undefined;
}

export class RedisErrands implements Errands {
  readonly #deps: RedisErrandsDeps;
  readonly #waiting: string;
  readonly #answer: (id: string) => string;
  #isAway = false;

  constructor(deps: RedisErrandsDeps) {
    this.#deps = deps;
    const keys = storeKeys(deps.prefix);
    this.#waiting = keys.errands;
    this.#answer = keys.errandAnswer;
  }

  async ask(
    errand: Errand,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<ErrandAnswer | undefined> {
    const { redis, clock, newId } = this.#deps;
    const waiting: Waiting = { id: newId(), errand, until: clock.now() + limitMs };
    await answered('hand on an errand', () =>
      redis
        .multi()
        .lpush(this.#waiting, JSON.stringify(waiting))
        .ltrim(this.#waiting, 0, MAX_WAITING - 1)
        .pexpire(this.#waiting, ANSWER_AGE_MS)
        .exec(),
    );
    while (clock.now() < waiting.until) {
      await clock.sleep(LOOK_MS, signal);
      signal.throwIfAborted();
      const text = await answered('read the answer to an errand', () =>
        redis.get(this.#answer(waiting.id)),
      );
      if (text !== null) return JSON.parse(text) as ErrandAnswer;
    }
    return undefined;
  }

  async serve(run: RunErrand, signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.#serveOne(run, signal)));
  }

  async #serveOne(run: RunErrand, signal: AbortSignal): Promise<void> {
    const { redis, clock, log } = this.#deps;
    // Of its own: it blocks, and all that follows on its connection would wait.
    const own = tellingOnce(
      redis.duplicate({
        lazyConnect: true,
        commandTimeout: SILENCE_MS,
        socketTimeout: SILENCE_MS,
      }),
      undefined,
    );
    signal.addEventListener('abort', () => own.disconnect(), { once: true });
    while (!signal.aborted) {
      try {
        const waiting = await this.#next(own, signal);
        if (!waiting || clock.now() >= waiting.until) continue;
        const answer = await run(waiting.errand, signal);
        await redis.set(this.#answer(waiting.id), JSON.stringify(answer), 'PX', ANSWER_AGE_MS);
      } catch (err) {
        if (signal.aborted) return;
        log?.warn({ err }, 'An errand was not run; who asked for it is told that nobody answers');
      }
    }
    own.disconnect();
  }

  /** Waits some seconds for an errand. Redis being away is told once for all who wait: its other connections tell more. */
  async #next(own: Redis, signal: AbortSignal): Promise<Waiting | undefined> {
    const { clock, log } = this.#deps;
    try {
      const taken = await own.brpop(this.#waiting, BLOCK_SECONDS);
      this.#isAway = false;
      return taken ? (JSON.parse(taken[1]) as Waiting) : undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!this.#isAway) {
        const reason = error instanceof Error ? error.message : String(error);
        log?.warn({ reason }, 'Errands of the API wait until Redis can be asked for them');
      }
      this.#isAway = true;
      await clock.sleep(RETRY_MS, signal);
      return undefined;
    }
  }
}
