import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance } from 'axios';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Budget, Priority } from './budget.ts';
import { CloudError } from './cloud.ts';
import { rateLimitNews } from './rate-limit.ts';
import { failureOf } from './transport.ts';
import { type Answer, type Asked, noAnswer, secretsOf, TOO_LATE, verdict } from './verdict.ts';

const DEADLINE_MS = 30_000;
/** A page of 200 droplets is about half a megabyte. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

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

export interface Request extends Asked {
  /** Below /v2/. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly priority: Priority;
  readonly userData?: string;
  /** Not sent later than this; ms since the epoch. */
  readonly notAfter?: number | undefined;
}

/** The connection to DigitalOcean. Sends each request once, within the budget, and says honestly what is known of it afterwards. */
export class DigitalOceanHttp {
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

  /** Closes idle connections. */
  close(): void {
    this.#kept.httpAgent.destroy();
    this.#kept.httpsAgent.destroy();
  }

  /** One request: budget first, then the wire, then the verdict. Answers only what succeeded; throws CloudError. */
  async ask(request: Request, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) throw noAnswer('try-again', request, 'the caller gave up before');
    const endpoint = endpointOf(request);
    const grant = await this.#budget.take(request.priority, signal).catch((error: unknown) => {
      this.#onRequest({ endpoint, code: 'budget' });
      throw error;
    });
    if (!grant.granted) {
      this.#onRequest({ endpoint, code: 'budget' });
      const text = `DigitalOcean was not asked to ${request.doing}: the token's request budget is spent. It waits until requests are free again.`;
      throw new CloudError('rate-limited', text, { retryAt: grant.retryAt });
    }
    if (signal.aborted) throw noAnswer('try-again', request, 'the caller gave up before');
    // The last moment before it leaves: the process may have been frozen, or Redis slow, since the caller looked at the time.
    if (this.#clock.now() > (request.notAfter ?? Number.POSITIVE_INFINITY)) {
      throw noAnswer('try-again', request, TOO_LATE);
    }
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

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
