import type { Clock } from '../clock.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

export interface LimitOptions {
  readonly perMinute: number;
  readonly perHour: number;
  /** Do refused requests use up budget as well? DigitalOcean doesn't say. */
  readonly countRefused: boolean;
}

export const DIGITALOCEAN_LIMITS: LimitOptions = {
  perMinute: 250,
  perHour: 5_000,
  countRefused: false,
};

/** What every answer carries; `reset` in Unix seconds. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
}

export type LimitVerdict =
  | ({ readonly allowed: true } & LimitState)
  /** `retryAfter` in seconds: only past the minute's limit, never past the hour's. */
  | ({ readonly allowed: false; readonly retryAfter: number | undefined } & LimitState);

/** Two rolling windows in which each request has its own timer, as DigitalOcean describes its budget per token. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #options: LimitOptions;
  /** Times of the counted requests of the last hour, oldest first. */
  #times: number[] = [];

  constructor(clock: Clock, options: LimitOptions = DIGITALOCEAN_LIMITS) {
    this.#clock = clock;
    this.#options = options;
  }

  take(): LimitVerdict {
    const now = this.#clock.now();
    const { perHour, perMinute, countRefused } = this.#options;
    const gone = this.#times.findIndex((time) => time > now - HOUR);
    this.#times = gone === -1 ? [] : this.#times.slice(gone);
    const firstOfMinute = this.#times.findIndex((time) => time > now - MINUTE);
    const inMinute = firstOfMinute === -1 ? 0 : this.#times.length - firstOfMinute;
    const overHour = this.#times.length >= perHour;
    const overMinute = inMinute >= perMinute;
    const allowed = !overHour && !overMinute;
    if (allowed || countRefused) this.#times.push(now);
    const oldest = this.#times[0] ?? now;
    const state: LimitState = {
      limit: perHour,
      remaining: allowed ? perHour - this.#times.length : 0,
      reset: Math.ceil((oldest + HOUR) / 1000),
    };
    if (allowed) return { allowed: true, ...state };
    const free = (this.#times[firstOfMinute] ?? now) + MINUTE;
    const retryAfter = overHour ? undefined : Math.max(1, Math.ceil((free - now) / 1000));
    return { allowed: false, retryAfter, ...state };
  }
}
