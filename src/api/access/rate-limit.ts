interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each key: `perSecond` on the average, twice as many at once. One process's memory. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes one. Answers in how many ms there is one, 0 when it was taken. `now` in ms since the epoch. */
  take(name: string, now: number): number {
    const most = 2 * this.#perSecond;
    const bucket = this.#buckets.get(name) ?? { tokens: most, at: now };
    const elapsedMs = Math.max(0, now - bucket.at);
    const tokens = Math.min(most, bucket.tokens + (elapsedMs * this.#perSecond) / 1000);
    const isThere = tokens >= 1;
    this.#buckets.set(name, { tokens: isThere ? tokens - 1 : tokens, at: now });
    return isThere ? 0 : Math.ceil(((1 - tokens) * 1000) / this.#perSecond);
  }
}
