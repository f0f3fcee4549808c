import type { Clock } from '../../src/clock.ts';
import type { Budget, BudgetState, Grant, Priority } from '../../src/cloud/budget.ts';
import type { RateLimitNews } from '../../src/cloud/rate-limit.ts';
import { type LedgerWindow, RequestLedger } from './request-ledger.ts';

interface Window extends LedgerWindow {
  readonly capacity: number;
  readonly refill: number;
}

interface Bucket extends Window {
  readonly name: 'minute' | 'hour';
  tokens: number;
}

const LONGEST_LINE_MS = 60_000;
const RESERVED = { delete: 0, read: 0.1, create: 0.12 };

/** The shared budget in memory, on any clock, with the rules of budget.lua. */
export class MemoryBudget implements Budget {
  readonly #clock: Clock;
  readonly #buckets: readonly [minute: Bucket, hour: Bucket];
  readonly #ledger: RequestLedger;
  #at: number;
  #blockedUntil = 0;
  /** When the last in line was told to come again. */
  readonly #lines = new Map<Priority, number>();

  constructor(deps: {
    readonly clock: Clock;
    readonly minute?: Window | undefined;
    readonly hour?: Window | undefined;
  }) {
    const {
      minute = { capacity: 165, refill: 80, windowMs: 60_000, limit: 250 },
      hour = { capacity: 500, refill: 4_500, windowMs: 3_600_000, limit: 5_000 },
    } = deps;
    this.#clock = deps.clock;
    this.#at = deps.clock.now();
    this.#buckets = [
      { ...minute, name: 'minute', tokens: minute.capacity },
      { ...hour, name: 'hour', tokens: hour.capacity },
    ];
    this.#ledger = new RequestLedger(minute, hour, this.#at);
  }

  async take(priority: Priority): Promise<Grant> {
    const reserve = RESERVED[priority];
    const now = this.#refill();
    const left = this.#ledger.left();
    const waits = this.#buckets.map(({ name, capacity, refill, windowMs, tokens }) => {
      const needed = 1 + capacity * reserve;
      const refilled = Math.ceil((Math.max(0, needed - tokens) * windowMs) / refill);
      const missing = needed - left[name];
      return missing > 0 ? Math.max(refilled, this.#ledger.untilLeft(name, missing)) : refilled;
    });
    const wait = Math.max(0, this.#blockedUntil - now, ...waits);
    if (wait > 0) return { granted: false, retryAt: this.#lineUp(priority, now, wait, waits) };
    for (const bucket of this.#buckets) bucket.tokens -= 1;
    this.#ledger.take();
    return { granted: true };
  }

  async observe(news: RateLimitNews): Promise<void> {
    const now = this.#refill();
    this.#ledger.hear(news);
    this.#cutHour();
    const { blockedForMs = 0 } = news;
    if (blockedForMs > 0) this.#blockedUntil = Math.max(this.#blockedUntil, now + blockedForMs);
  }

  async state(): Promise<BudgetState> {
    const now = this.#refill();
    const known = this.#ledger.left();
    const [minute, hour] = this.#buckets.map(({ name, capacity, tokens }) => ({
      limit: capacity,
      left: Math.floor(Math.max(0, Math.min(tokens, known[name]))),
    })) as [BudgetState['minute'], BudgetState['hour']];
    const blockedUntil = this.#blockedUntil > now ? this.#blockedUntil : undefined;
    return { minute, hour, blockedUntil };
  }

  #lineUp(priority: Priority, now: number, wait: number, waits: readonly number[]): number {
    const pace = Math.max(
      ...this.#buckets.map(({ windowMs, refill }, index) => (waits[index] ? windowMs / refill : 0)),
    );
    if (pace === 0) return now + wait;
    const last = this.#lines.get(priority) ?? 0;
    const at = Math.ceil(Math.min(Math.max(now + wait, last + pace), now + wait + LONGEST_LINE_MS));
    this.#lines.set(priority, at);
    return at;
  }

  #refill(): number {
    const now = this.#clock.now();
    const past = Math.max(0, now - this.#at);
    this.#at = now;
    for (const bucket of this.#buckets) {
      const { capacity, refill, windowMs, tokens } = bucket;
      bucket.tokens = Math.min(capacity, tokens + (past * refill) / windowMs);
    }
    this.#ledger.advance(now);
    this.#cutHour();
    return now;
  }

  #cutHour(): void {
    const [, hour] = this.#buckets;
    hour.tokens = Math.max(0, Math.min(hour.tokens, this.#ledger.left().hour));
  }
}
