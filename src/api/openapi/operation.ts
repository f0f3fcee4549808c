import type { Context, Handler } from 'hono';
import type { z } from 'zod';
import type { WithCaller } from '../access/authenticate.ts';
import { readBody, readParams, readQuery } from '../rest/input.ts';

/** What an answer may hold, by content type. */
export interface Content {
  /** Absent: not JSON; a text, a picture, a stream. */
  readonly schema?: z.ZodType | undefined;
  readonly example?: unknown;
}

export interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, Content>>;
}

/** A body that its handler reads itself. */
interface RawBody {
  readonly description: string;
  readonly content: Readonly<Record<string, Content>>;
}

type Parameters = z.ZodObject | undefined;
type Body = z.ZodType | undefined;

/**
 * One call of the REST facade: what checks its input and what describes it. Texts are Spanish, as all of the facade.
 * Answers 401, 403, 429, 500 and 503 are everyone's, and 400 theirs who take input; only the others are named.
 */
export interface Operation<P extends Parameters, Q extends Parameters, B extends Body> {
  /** For generated clients: unique, in camel case. */
  readonly id: string;
  readonly tag: 'Instancias' | 'Droplets' | 'Manifiestos' | 'Webhooks' | 'Flota' | 'Salud';
  readonly summary: string;
  readonly description?: string | undefined;
  readonly params?: P;
  /** Strict: a misspelt parameter must not pass for a default. Absent: a query is not looked at. */
  readonly query?: Q;
  /** Sent as application/json. */
  readonly body?: B;
  readonly bodyExample?: unknown;
  readonly rawBody?: RawBody | undefined;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Refusals in the usual envelope, by status. */
  readonly refusals?: Readonly<Record<number, string>> | undefined;
  /** Of the calls that only look, those that need the role admin. */
  readonly isForAdmins?: boolean | undefined;
  /** Needs no key. */
  readonly isOpen?: boolean | undefined;
}

export type AnyOperation = Operation<Parameters, Parameters, Body>;

type Checked<S> = S extends z.ZodType ? z.infer<S> : undefined;

export interface Input<P, Q, B> {
  readonly params: Checked<P>;
  readonly query: Checked<Q>;
  readonly body: Checked<B>;
}

const DESCRIBES = Symbol('describes');

/** A handler that is called with what its operation has checked, and bears its description. Throws ApiError 400, 413 or 415 for what does not fit. */
export function operation<
  P extends Parameters = undefined,
  Q extends Parameters = undefined,
  B extends Body = undefined,
>(
  described: Operation<P, Q, B>,
  handle: (c: Context<WithCaller>, input: Input<P, Q, B>) => Response | Promise<Response>,
): Handler {
  const { params, query, body } = described;
  const handler = async (c: Context<WithCaller>): Promise<Response> => {
    const input = {
      params: params && readParams(c, params),
      query: query && readQuery(c, query),
      body: body && (await readBody(c, body)),
    };
    return handle(c, input as Input<P, Q, B>);
  };
  return Object.assign(handler, { [DESCRIBES]: described });
}

/** The description that a handler bears, if it bears one. */
export const operationOf = (handler: unknown): AnyOperation | undefined =>
  (handler as { readonly [DESCRIBES]?: AnyOperation })[DESCRIBES];
