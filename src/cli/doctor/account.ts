import type { Config } from '../../config.ts';

/** What DigitalOcean answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Its clock, ms since the epoch; undefined when it does not tell. */
  readonly date: number | undefined;
}

export type Ask = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<Answer>;

const LIMIT_MS = 15_000;

/** Asks DigitalOcean by itself, outside of the program's budget: it has to be there when Redis is not. Rejects when there is no answer. */
export const asking =
  ({ DIGITALOCEAN_API_URL: url, DIGITALOCEAN_TOKEN: token = '' }: Config): Ask =>
  async (method, path, body) => {
    const response = await fetch(new URL(`/v2/${path}`, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the token to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      status: response.status,
      body: await response.json().catch(() => undefined),
      date: Number.isNaN(date) ? undefined : date,
    };
  };
