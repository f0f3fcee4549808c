import { describe, expect, it } from 'vitest';
import { rateLimitNews } from './rate-limit.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');

describe('rateLimitNews', () => {
  it.each([
    [
      'an ordinary answer tells what is left',
      200,
      { 'ratelimit-remaining': '4711' },
      { remaining: 4711 },
    ],
    [
      'and of how many, and when the first of them comes back',
      200,
      {
        'ratelimit-limit': '5000',
        'ratelimit-remaining': '4711',
        'ratelimit-reset': String(NOW / 1000 + 400),
        date: 'Mon, 23 Nov 2026 10:05:00 GMT',
      },
      { remaining: 4711, limit: 5000, resetInMs: 100_000 },
    ],
    [
      'a reset in the past is now',
      200,
      { 'ratelimit-remaining': '1', 'ratelimit-reset': String(NOW / 1000 - 1) },
      { remaining: 1, resetInMs: 0 },
    ],
    ['an answer without headers tells nothing', 502, {}, {}],
    ['rubbish in a header is not believed', 200, { 'ratelimit-remaining': '-3' }, {}],
    [
      'a 429 of the minute waits for retry-after and does not empty the hour',
      429,
      { 'retry-after': '17', 'ratelimit-remaining': '0' },
      { blockedForMs: 17_000 },
    ],
    [
      'a 429 of the hour waits for the reset',
      429,
      { 'ratelimit-reset': String(NOW / 1000 + 90) },
      { blockedForMs: 90_000 },
    ],
    [
      'a 429 that leaves requests in the hour is not of the hour',
      429,
      { 'ratelimit-reset': String(NOW / 1000 + 3_000), 'ratelimit-remaining': '4900' },
      { blockedForMs: 60_000 },
    ],
    [
      "the reset is compared with the answer's own clock",
      429,
      { 'ratelimit-reset': String(NOW / 1000 + 400), date: 'Mon, 23 Nov 2026 10:05:00 GMT' },
      { blockedForMs: 100_000 },
    ],
    [
      'a reset in the past still waits a second',
      429,
      { 'ratelimit-reset': String(NOW / 1000 - 5) },
      { blockedForMs: 1000 },
    ],
    [
      'no wait is longer than an hour',
      429,
      { 'retry-after': '999999' },
      { blockedForMs: 3_600_000 },
    ],
    ['a 429 that says nothing waits a minute', 429, {}, { blockedForMs: 60_000 }],
  ])('%s', (_name, status, headers, news) => {
    expect(rateLimitNews(status, headers, NOW)).toEqual(news);
  });
});
