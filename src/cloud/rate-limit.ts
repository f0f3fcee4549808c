/** What one answer told about the token's request budget. Empty when it told nothing. */
export interface RateLimitNews {
  /** Requests left in the hour, as DigitalOcean counts them. */
  readonly remaining?: number | undefined;
  /** Requests that it allows in the hour; with `remaining`. */
  readonly limit?: number | undefined;
  /** How long it takes until the oldest request that it counts is counted no more; with `remaining`. */
  readonly resetInMs?: number | undefined;
  /** Only after a 429: how long nothing may be sent. */
  readonly blockedForMs?: number | undefined;
}

type Headers = Readonly<Record<string, unknown>>;

const HOUR_MS = 3_600_000;
const DEFAULT_BLOCK_MS = 60_000;

/**
 * Reads DigitalOcean's rate limit headers. Past the minute's limit a 429 carries `retry-after` (seconds); past the hour's
 * it does not, and `ratelimit-reset` (Unix seconds) is the moment when the oldest counted request expires. That moment is
 * of DigitalOcean's clock, so it is compared with the answer's own `date` where there is one.
 */
export function rateLimitNews(status: number, headers: Headers, now: number): RateLimitNews {
  const remaining = wholeNumber(headers['ratelimit-remaining']);
  const resetInMs = msUntilReset(headers, now);
  if (status !== 429) {
    if (remaining === undefined) return {};
    const limit = wholeNumber(headers['ratelimit-limit']);
    return {
      remaining,
      ...(limit === undefined ? {} : { limit }),
      ...(resetInMs === undefined ? {} : { resetInMs: Math.min(Math.max(resetInMs, 0), HOUR_MS) }),
    };
  }
  const retryAfter = wholeNumber(headers['retry-after']);
  if (retryAfter !== undefined) return { blockedForMs: bounded(retryAfter * 1000) };
  // With requests left in the hour it was not the hour's limit, and its reset may be most of an hour away.
  const isOfTheHour = (remaining ?? 0) === 0;
  if (resetInMs === undefined || !isOfTheHour) return { blockedForMs: DEFAULT_BLOCK_MS };
  return { blockedForMs: bounded(resetInMs) };
}

function msUntilReset(headers: Headers, now: number): number | undefined {
  const reset = wholeNumber(headers['ratelimit-reset']);
  if (reset === undefined) return undefined;
  const date = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : Number.NaN;
  return reset * 1000 - (Number.isNaN(date) ? now : date);
}

/** At least 1 s, so that a reset in the past does not become a busy loop; at most an hour, the longest window there is. */
const bounded = (ms: number): number => Math.min(Math.max(ms, 1000), HOUR_MS);

function wholeNumber(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}
