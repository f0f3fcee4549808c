/** What is known of a request that got no answer. */
export interface Failure {
  /** False only when it is certain that DigitalOcean never saw the request. */
  readonly wasSent: boolean;
  /** A clause, like "the connection broke". */
  readonly why: string;
  /** The error below, without the request that the HTTP client hangs on it: that holds the token and user_data. */
  readonly cause: Error;
}

/** A server that cannot prove who it is was not DigitalOcean. Other errors of TLS may come after the request left. */
const CERTIFICATE_FAILURE =
  /^(CERT_|UNABLE_TO_|ERR_TLS_CERT_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$)/;
const CONNECT_FAILURE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/;

/** Reads an error of the HTTP client. */
export function failureOf(error: unknown, secrets: readonly string[]): Failure {
  const { code, message } = below(error);
  const wasSent = !neverConnected(error) && !CERTIFICATE_FAILURE.test(code);
  const safe = secrets.some((secret) => message.includes(secret)) ? '' : message.slice(0, 300);
  const cause = Object.assign(new Error(safe || code || 'unknown error'), code ? { code } : {});
  return { wasSent, why: whyOf(code, safe), cause };
}

function whyOf(code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name could not be resolved';
    case 'ECONNRESET':
      return 'the connection broke';
    case 'ERR_BAD_RESPONSE':
      return 'its answer was cut off or too long';
    default:
      return `the request failed (${code || message || 'unknown error'})`;
  }
}

interface Below {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

const fields = (error: unknown): Below =>
  typeof error === 'object' && error !== null ? (error as Below) : {};

function below(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = fields(error);
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

/** Node names the system call that failed; with several addresses there is one error for each. */
function neverConnected(error: unknown): boolean {
  const { code, syscall, cause, errors } = fields(error);
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverConnected);
  if (cause !== undefined && cause !== error) return neverConnected(cause);
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  return typeof code === 'string' && CONNECT_FAILURE.test(code);
}
