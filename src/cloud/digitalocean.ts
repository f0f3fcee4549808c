import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance } from 'axios';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { Price, Prices } from '../resources/price.ts';
import type { Budget, Priority } from './budget.ts';
import {
  type Cloud,
  CloudError,
  type CreateDroplet,
  type CreateDroplets,
  type DropletAction,
} from './cloud.ts';
import { rateLimitNews } from './rate-limit.ts';
import { failureOf } from './transport.ts';
import { type Answer, type Asked, noAnswer, secretsOf, verdict } from './verdict.ts';
import {
  accountAnswer,
  actionAnswer,
  createBody,
  dropletAnswer,
  dropletPage,
  dropletsAnswer,
  sizePage,
} from './wire.ts';

const DEADLINE_MS = 30_000;
/** DigitalOcean's largest page. */
const PAGE_SIZE = 200;
/** A page of 200 droplets is about half a megabyte. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const PAGES_AT_ONCE = 4;
const LIST_TRIES = 3;

export interface DigitalOceanDeps {
  /** Like https://api.digitalocean.com, without /v2. */
  readonly url: string;
  readonly token: string;
  readonly budget: Budget;
  readonly clock: Clock;
  /** One line for each request. */
  readonly log?: Pick<Logger, 'debug'> | undefined;
  /** Hears of each request, sent or not. `durationMs` is absent without an answer. */
  readonly onRequest?:
    | ((request: {
        /** Like "GET /v2/droplets/{id}". */
        readonly endpoint: string;
        /** The HTTP status; "none": no answer; "budget": not sent. */
        readonly code: number | 'none' | 'budget';
        readonly durationMs?: number | undefined;
      }) => void)
    | undefined;
  /** For each request, 30 s unless told. */
  readonly deadlineMs?: number | undefined;
}

interface Request extends Asked {
  /** Below /v2/. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly priority: Priority;
  readonly userData?: string;
}

/** DigitalOcean's API v2 (reference: docs.digitalocean.com/reference/api). Sends each request once and says honestly what is known of it afterwards. */
export class DigitalOcean implements Cloud {
  readonly #budget: Budget;
  readonly #clock: Clock;
  readonly #token: string;
  readonly #log: DigitalOceanDeps['log'];
  readonly #onRequest: NonNullable<DigitalOceanDeps['onRequest']>;
  readonly #deadlineMs: number;
  readonly #base: URL;
  readonly #http: AxiosInstance;
  readonly #kept: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };
  readonly #fresh: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };

  constructor(deps: DigitalOceanDeps) {
    this.#budget = deps.budget;
    this.#clock = deps.clock;
    this.#token = deps.token;
    this.#log = deps.log;
    this.#onRequest = deps.onRequest ?? (() => {});
    this.#deadlineMs = deps.deadlineMs ?? DEADLINE_MS;
    this.#base = new URL('v2/', deps.url.endsWith('/') ? deps.url : `${deps.url}/`);
    this.#kept = {
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 32 }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 32 }),
    };
    // A kept connection may be closing on the other side at this moment, and a POST lost that way is a minute of not
    // knowing whether there is a droplet.
    this.#fresh = {
      httpAgent: new HttpAgent({ keepAlive: false }),
      httpsAgent: new HttpsAgent({ keepAlive: false }),
    };
    this.#http = axios.create({
      headers: {
        authorization: `Bearer ${deps.token}`,
        accept: 'application/json',
        'user-agent': 'orquesta',
      },
      // The body is read here: a page of HTML must not pass for an answer, whatever its type says.
      responseType: 'text',
      transformResponse: [(text: unknown) => text],
      validateStatus: () => true,
      // A redirect would carry the token to wherever it points.
      maxRedirects: 0,
      maxContentLength: MAX_ANSWER_BYTES,
      // axios would hand the token to any proxy that the environment names.
      proxy: false,
    });
  }

  async listDroplets(signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    return (await this.#listAll({}, 'list the droplets', signal)).droplets;
  }

  async findByName(name: string, signal: AbortSignal): Promise<readonly CloudDroplet[]> {
    const doing = `look up droplets named ${told(name)}`;
    const { droplets, isSettled } = await this.#listAll({ name }, doing, signal);
    const wanted = name.toLowerCase();
    const found = droplets.filter((droplet) => droplet.name.toLowerCase() === wanted);
    // Fewer than it counts itself: the one that is looked for may be the one that is missing.
    if (found.length === 0 && !isSettled) {
      throw noAnswer('outcome-unknown', { method: 'GET', doing }, 'its list lacks some of them');
    }
    return found;
  }

  async getDroplet(id: number, signal: AbortSignal): Promise<CloudDroplet | undefined> {
    const request: Request = {
      method: 'GET',
      path: `droplets/${id}`,
      priority: 'read',
      doing: `tell of droplet ${id}`,
    };
    const answer = await absentAs404(this.#ask(request, signal));
    return answer && read(answer, dropletAnswer, request).droplet;
  }

  async createDroplet(wanted: CreateDroplet, signal: AbortSignal): Promise<CloudDroplet> {
    const request: Request = {
      method: 'POST',
      path: 'droplets',
      body: createBody(wanted),
      priority: 'create',
      doing: `create droplet ${told(wanted.name)}`,
      userData: wanted.userData,
    };
    return read(await this.#ask(request, signal), dropletAnswer, request).droplet;
  }

  async createDroplets(
    wanted: CreateDroplets,
    signal: AbortSignal,
  ): Promise<readonly CloudDroplet[]> {
    const [first = '', ...others] = wanted.names;
    const request: Request = {
      method: 'POST',
      path: 'droplets',
      body: createBody(wanted),
      priority: 'create',
      doing: `create droplet ${told(first)}${others.length > 0 ? ` and ${others.length} more` : ''}`,
      userData: wanted.userData,
    };
    return read(await this.#ask(request, signal), dropletsAnswer, request).droplets;
  }

  async deleteDroplet(id: number, signal: AbortSignal): Promise<'accepted' | 'absent'> {
    const request: Request = {
      method: 'DELETE',
      path: `droplets/${id}`,
      priority: 'delete',
      doing: `delete droplet ${id}`,
    };
    return (await absentAs404(this.#ask(request, signal))) ? 'accepted' : 'absent';
  }

  async act(id: number, action: DropletAction, signal: AbortSignal): Promise<void> {
    const request: Request = {
      method: 'POST',
      path: `droplets/${id}/actions`,
      body: { type: action },
      priority: 'create',
      doing: `${action} droplet ${id}`,
    };
    read(await this.#ask(request, signal), actionAnswer, request);
  }

  async rename(id: number, name: string, signal: AbortSignal): Promise<void> {
    const request: Request = {
      method: 'POST',
      path: `droplets/${id}/actions`,
      body: { type: 'rename', name },
      priority: 'create',
      doing: `rename droplet ${id} to ${told(name)}`,
    };
    read(await this.#ask(request, signal), actionAnswer, request);
  }

  async sizePrices(signal: AbortSignal): Promise<Prices> {
    const prices = new Map<string, Price>();
    for (let page = 1; ; page++) {
      const request: Request = {
        method: 'GET',
        path: 'sizes',
        query: { page, per_page: PAGE_SIZE },
        priority: 'read',
        doing: 'list the sizes',
      };
      const { sizes, meta } = read(await this.#ask(request, signal), sizePage, request);
      for (const { slug, price_hourly, price_monthly } of sizes) {
        prices.set(slug, { usdPerHour: price_hourly, usdPerMonth: price_monthly });
      }
      if (page * PAGE_SIZE >= meta.total) return Object.fromEntries(prices);
    }
  }

  async dropletLimit(signal: AbortSignal): Promise<number> {
    const request: Request = {
      method: 'GET',
      path: 'account',
      priority: 'read',
      doing: 'tell of the account',
    };
    return read(await this.#ask(request, signal), accountAnswer, request).account.droplet_limit;
  }

  /** Closes idle connections. */
  close(): void {
    this.#kept.httpAgent.destroy();
    this.#kept.httpsAgent.destroy();
  }

  /**
   * Pages are by offset, so droplets that come or go meanwhile shift others between them, and one may be missed: the
   * account is listed again until the count stands still. One that never does, as during a bulk of creates, gives all that
   * was seen in any of the listings; absence from a list proves nothing to those who ask anyway.
   */
  async #listAll(
    query: Request['query'],
    doing: string,
    signal: AbortSignal,
  ): Promise<{ readonly droplets: readonly CloudDroplet[]; readonly isSettled: boolean }> {
    const seen = new Map<number, CloudDroplet>();
    for (let tries = 0; tries < LIST_TRIES; tries++) {
      const { droplets, isSettled } = await this.#listOnce(query, doing, signal);
      for (const droplet of droplets) seen.set(droplet.id, droplet);
      if (isSettled) return { droplets, isSettled };
    }
    return { droplets: [...seen.values()], isSettled: false };
  }

  /** Not settled: the account changed meanwhile. */
  async #listOnce(
    query: Request['query'],
    doing: string,
    signal: AbortSignal,
  ): Promise<{ readonly droplets: readonly CloudDroplet[]; readonly isSettled: boolean }> {
    // When one page fails, the others are of no use.
    const others = new AbortController();
    const both = AbortSignal.any([signal, others.signal]);
    const page = async (number: number) => {
      const request: Request = {
        method: 'GET',
        path: 'droplets',
        query: { ...query, page: number, per_page: PAGE_SIZE },
        priority: 'read',
        doing,
      };
      return read(await this.#ask(request, both), dropletPage, request);
    };
    const first = await page(1);
    const { total } = first.meta;
    const byId = new Map(first.droplets.map((droplet) => [droplet.id, droplet]));
    const pages = Math.ceil(total / PAGE_SIZE);
    let isSettled = true;
    try {
      for (let next = 2; next <= pages; next += PAGES_AT_ONCE) {
        const count = Math.min(PAGES_AT_ONCE, pages - next + 1);
        const some = await Promise.all(Array.from({ length: count }, (_, i) => page(next + i)));
        for (const { meta, droplets } of some) {
          isSettled &&= meta.total === total;
          for (const droplet of droplets) byId.set(droplet.id, droplet);
        }
      }
    } catch (error) {
      others.abort();
      throw error;
    }
    return { droplets: [...byId.values()], isSettled: isSettled && byId.size >= total };
  }

  /** One request: budget first, then the wire, then the verdict. Answers only what succeeded. */
  async #ask(request: Request, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) throw noAnswer('try-again', request, 'the caller gave up before');
    const endpoint = endpointOf(request);
    const grant = await this.#budget.take(request.priority, signal).catch((error: unknown) => {
      this.#onRequest({ endpoint, code: 'budget' });
      throw error;
    });
    if (!grant.granted) {
      this.#onRequest({ endpoint, code: 'budget' });
      const seconds = Math.max(1, Math.ceil((grant.retryAt - this.#clock.now()) / 1000));
      const text = `DigitalOcean was not asked to ${request.doing}: the token's request budget is spent. It goes on in about ${seconds} s.`;
      throw new CloudError('rate-limited', text, { retryAt: grant.retryAt });
    }
    if (signal.aborted) throw noAnswer('try-again', request, 'the caller gave up before');
    const startedAt = this.#clock.now();
    const { answer, headers } = await this.#send(request, signal).catch((error: unknown) => {
      this.#onRequest({ endpoint, code: 'none' });
      throw error;
    });
    const news = rateLimitNews(answer.status, headers, this.#clock.now());
    // Not waited for: a droplet's id must be written down, however slow Redis is at this.
    void this.#budget.observe(news);
    const durationMs = this.#clock.now() - startedAt;
    const { method, path } = request;
    this.#onRequest({ endpoint, code: answer.status, durationMs });
    this.#log?.debug({ method, path, status: answer.status, durationMs }, 'DigitalOcean answered');
    const secrets = secretsOf(this.#token, request.userData);
    const retryAt = this.#clock.now() + (news.blockedForMs ?? 0);
    const error = verdict(answer, request, secrets, retryAt);
    if (error) throw error;
    return answer;
  }

  async #send(request: Request, signal: AbortSignal) {
    const url = new URL(request.path, this.#base);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      url.searchParams.set(key, String(value));
    }
    const deadline = AbortSignal.timeout(this.#deadlineMs);
    try {
      const response = await this.#http.request<string>({
        ...(request.method === 'POST' ? this.#fresh : this.#kept),
        method: request.method,
        url: url.href,
        ...(request.body === undefined
          ? {}
          : {
              data: JSON.stringify(request.body),
              headers: { 'content-type': 'application/json' },
            }),
        signal: AbortSignal.any([signal, deadline]),
      });
      return {
        answer: { status: response.status, body: parsed(response.data) },
        headers: response.headers as Readonly<Record<string, unknown>>,
      };
    } catch (error) {
      const failure = failureOf(error, secretsOf(this.#token, request.userData));
      const why = signal.aborted
        ? 'the caller gave up waiting'
        : deadline.aborted
          ? `there was no whole answer within ${this.#deadlineMs / 1000} s`
          : failure.why;
      const kind = failure.wasSent ? 'outcome-unknown' : 'try-again';
      throw noAnswer(kind, request, why, failure.cause);
    }
  }
}

const endpointOf = ({ method, path }: Request): string =>
  `${method} /v2/${path.replace(/\d+/g, '{id}')}`;

async function absentAs404(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CloudError && error.kind === 'refused' && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

function read<T extends z.ZodType>(answer: Answer, schema: T, asked: Asked): z.output<T> {
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') || 'its body';
  const why = `its answer (HTTP ${answer.status}) is not of the documented shape at ${where}`;
  throw noAnswer('outcome-unknown', asked, why);
}

/** A name in a message: in quotes, and capped, since it may come from a user. */
const told = (name: string): string => JSON.stringify(name.slice(0, 255));

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
