/** An answer other than success. `message` is a Spanish sentence for the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: 400 | 401 | 404 | 405 | 409 | 413 | 415;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: ApiError['status'],
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
