/** An answer other than success. `message` is a Spanish sentence for the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 503 | 504;
  readonly headers: Readonly<Record<string, string>>;
  /** More fields of the answer, beside `success` and `error`. */
  readonly extra: Readonly<Record<string, unknown>>;
  constructor(
    status: ApiError['status'],
    message: string,
    more: Partial<Pick<ApiError, 'headers' | 'extra'>> = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.extra = more.extra ?? {};
  }
}
