import type { Clock } from '../clock.ts';
import type { Account } from './account.ts';
import {
  type BirthFault,
  type CallFault,
  type Fault,
  type Faults,
  isBirthFault,
} from './faults.ts';
import { type OperationName, operations } from './operations.ts';
import {
  DIGITALOCEAN_LIMITS,
  type LimitOptions,
  type LimitState,
  RateLimit,
} from './rate-limit.ts';
import { overQuota, pendingEvent, Refusal } from './refusal.ts';

export interface ApiCall {
  readonly operation: OperationName;
  /** What came after "Bearer ". */
  readonly token: string | undefined;
  /** The whole URL asked for: links in the answer are made from it. */
  readonly url: string;
  /** From the path: droplet, action, tag, image. */
  readonly id?: string | undefined;
  readonly subId?: string | undefined;
  /** The parsed JSON body. */
  readonly body?: unknown;
}

export type ApiReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** JSON; a string is a page of HTML; undefined: no body. */
      readonly body: unknown;
    }
  /** The connection breaks without an answer. */
  | { readonly kind: 'lost' };

export interface ApiOptions {
  /** Absent: any token is taken. */
  readonly token?: string | undefined;
  /** false: no limits. */
  readonly limits?: LimitOptions | false | undefined;
}

/** What the operations and the faults of one call tell each other. */
export interface CallContext {
  readonly account: Account;
  readonly call: ApiCall;
  readonly query: URLSearchParams;
  readonly births: readonly BirthFault[];
  readonly has: (kind: CallFault['kind']) => boolean;
  readonly deleteSlowMs: number | undefined;
  readonly now: number;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const ERROR_IDS: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  422: 'unprocessable_entity',
  429: 'too_many_requests',
  500: 'server_error',
  503: 'service_unavailable',
};

/** The gate before the account: token, limits and faults, then the operation itself. */
export class Api {
  readonly #account: Account;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #options: ApiOptions;
  readonly #windows = new Map<string, RateLimit>();
  #requests = 0;

  constructor(given: {
    readonly account: Account;
    readonly faults: Faults;
    readonly clock: Clock;
    readonly options?: ApiOptions | undefined;
  }) {
    this.#account = given.account;
    this.#faults = given.faults;
    this.#clock = given.clock;
    this.#options = given.options ?? {};
  }

  /** Never throws. Takes as long as the faults that strike say; nothing ends it earlier, as in a far service. */
  async perform(call: ApiCall): Promise<ApiReply> {
    this.#account.settle();
    this.#account.ledger.arrived(this.#clock.now());
    const struck = this.#strike(call);
    const reply = await this.#answer(call, struck);
    const late = struck.filter((fault) => fault.kind === 'delay' && fault.when === 'after');
    for (const fault of late) if (fault.kind === 'delay') await this.#clock.sleep(fault.ms);
    const status = reply.kind === 'lost' ? 'lost' : reply.status;
    this.#account.ledger.answered(call.operation, status);
    return reply;
  }

  async #answer(call: ApiCall, struck: readonly Fault[]): Promise<ApiReply> {
    const fault = <K extends Fault['kind']>(kind: K) =>
      struck.find((each): each is Extract<Fault, { kind: K }> => each.kind === kind);
    if (fault('reset') !== undefined) return { kind: 'lost' };
    const wanted = this.#options.token;
    const isKnown = call.token !== undefined && (wanted === undefined || call.token === wanted);
    if (!isKnown || fault('unauthorized') !== undefined) {
      return this.#error(new Refusal(401, 'Unable to authenticate you'), undefined);
    }
    const limit = this.#limit(call, fault('rate-limited'));
    if (limit !== undefined && !limit.allowed) {
      const reply = this.#error(new Refusal(429, 'API Rate limit exceeded.'), limit);
      if (limit.retryAfter === undefined || reply.kind === 'lost') return reply;
      return { ...reply, headers: { ...reply.headers, 'retry-after': String(limit.retryAfter) } };
    }
    for (const each of struck) {
      if (each.kind === 'delay' && each.when === 'before') await this.#clock.sleep(each.ms);
    }
    const error = fault('error');
    if (error !== undefined && !error.committed) return this.#failure(error, limit);
    try {
      if (fault('quota') !== undefined) throw overQuota();
      if (fault('unavailable') !== undefined) {
        throw new Refusal(422, 'Size is not available in this region.');
      }
      if (fault('try-again') !== undefined) {
        throw new Refusal(422, 'Something went wrong, please try again.');
      }
      if (fault('pending-event') !== undefined) throw pendingEvent();
      const { status, body } = operations[call.operation].run({
        account: this.#account,
        call,
        query: new URL(call.url).searchParams,
        births: struck.filter(isBirthFault),
        has: (kind) => fault(kind) !== undefined,
        deleteSlowMs: fault('delete-slow')?.ms,
        now: this.#clock.now(),
      });
      if (fault('lose-response') !== undefined) return { kind: 'lost' };
      if (error !== undefined) return this.#failure(error, limit);
      return { kind: 'answer', status, headers: this.#headers(limit), body };
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return this.#error(refusal, limit);
    }
  }

  #strike(call: ApiCall): readonly Fault[] {
    const { creates = false, onDroplet = false } = operations[call.operation];
    const id = onDroplet && call.id !== undefined ? Number(call.id) : undefined;
    const body = (call.body ?? {}) as { name?: unknown; names?: unknown };
    const asked = creates ? [body.name, ...(Array.isArray(body.names) ? body.names : [])] : [];
    const known = this.#account.living().find((droplet) => droplet.id === id)?.name;
    return this.#faults.strike({
      operation: call.operation,
      creates,
      names: [...asked, known].filter((name) => typeof name === 'string'),
      dropletId: id,
    });
  }

  #limit(
    call: ApiCall,
    forced: Extract<Fault, { kind: 'rate-limited' }> | undefined,
  ): ReturnType<RateLimit['take']> | undefined {
    const limits = this.#options.limits ?? DIGITALOCEAN_LIMITS;
    if (forced !== undefined) {
      return {
        allowed: false,
        retryAfter: forced.retryAfterSeconds,
        limit: DIGITALOCEAN_LIMITS.perHour,
        remaining: 0,
        reset: Math.ceil(this.#clock.now() / 1000) + forced.resetSeconds,
      };
    }
    if (limits === false) return undefined;
    const general = this.#window(`all ${call.token}`, limits).take();
    if (!general.allowed || call.operation !== 'listKeys') return general;
    // Listing keys has a budget of its own beside the general one: 10 in 60 s.
    const keys = this.#window(`keys ${call.token}`, { ...limits, perMinute: 10 }).take();
    return keys.allowed ? general : keys;
  }

  #window(key: string, limits: LimitOptions): RateLimit {
    const known = this.#windows.get(key) ?? new RateLimit(this.#clock, limits);
    this.#windows.set(key, known);
    return known;
  }

  #headers(limit: LimitState | undefined): Record<string, string> {
    this.#requests += 1;
    const always = {
      // Of the same clock as the reset: whoever reads both compares them.
      date: new Date(this.#clock.now()).toUTCString(),
      'x-request-id': `00000000-0000-4000-8000-${String(this.#requests).padStart(12, '0')}`,
    };
    if (limit === undefined) return always;
    return {
      ...always,
      'ratelimit-limit': String(limit.limit),
      'ratelimit-remaining': String(limit.remaining),
      'ratelimit-reset': String(limit.reset),
    };
  }

  #error(refusal: Refusal, limit: LimitState | undefined): ApiReply {
    const headers = this.#headers(limit);
    const id = ERROR_IDS[refusal.status] ?? 'server_error';
    const body = { id, message: refusal.message, request_id: headers['x-request-id'] };
    return { kind: 'answer', status: refusal.status, headers, body };
  }

  #failure(fault: Extract<Fault, { kind: 'error' }>, limit: LimitState | undefined): ApiReply {
    if (!fault.html) return this.#error(new Refusal(fault.status, 'Server Error'), limit);
    const body = `<!DOCTYPE html><html><body><h1>Error ${fault.status}</h1></body></html>`;
    return { kind: 'answer', status: fault.status, headers: {}, body };
  }
}
