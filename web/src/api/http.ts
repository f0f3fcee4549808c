import { apiKey, end } from '../session/session.ts';

/** An answer other than success, or none at all (`status` 0). The message is the server's own sentence where it gave one. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  /** The answer's body as JSON, when it was any. */
  readonly body: unknown;
  constructor(status: number, message: string, body?: unknown) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** True when asking again later may help: nobody answered, or the server was busy or away. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiFailure &&
  (error.status === 0 || error.status === 429 || error.status >= 500);

export interface CallOptions {
  readonly method?: string;
  readonly body?: string;
  readonly type?: string;
  readonly signal?: AbortSignal | undefined;
  /** Another key than the session's: to try one out. */
  readonly key?: string;
}

/** Asks the API with the session's key. Throws ApiFailure; an unknown key ends the session. */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  const { method = 'GET', body, type = 'application/json', signal, key } = options;
  const headers: Record<string, string> = { authorization: `Bearer ${key ?? apiKey.value ?? ''}` };
  if (body !== undefined) headers['content-type'] = type;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(0, error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const failure = await failureOf(response);
  if (failure.status === 401 && key === undefined) end('key-refused');
  throw failure;
}

export async function json<T>(path: string, options?: CallOptions): Promise<T> {
  return (await (await call(path, options)).json()) as T;
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const text = await response.text().catch(() => '');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  // The facade says `error`, the resource API, as Kubernetes does, `message`.
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown };
  const sentence = [error, message].find((one) => typeof one === 'string');
  return new ApiFailure(response.status, String(sentence ?? `HTTP ${response.status}`), body);
}
