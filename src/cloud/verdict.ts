import { CloudError, type CloudErrorKind } from './cloud.ts';
import { errorBody } from './wire.ts';

/** An answer of the HTTP server, whole. `body` is the parsed JSON, undefined when it was none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What was asked, for messages. `doing` completes "asked to …", like `create droplet "bot-573332221111"`. */
export interface Asked {
  readonly doing: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
}

/** The last clause of a message: what comes next, or what to do. */
const ADVICE: Readonly<Record<CloudErrorKind, string>> = {
  refused: 'Repeating it does not help; change what it objects to.',
  'try-again': 'Nothing was done; it is tried again.',
  quota: "Delete droplets or have the account's droplet limit raised; it is tried again slowly.",
  'unavailable-here': 'Choose another size or region, or wait; it is tried again slowly.',
  unauthorized: 'Check that DIGITALOCEAN_TOKEN is valid and has the scopes this needs.',
  'rate-limited': 'It waits until requests are free again.',
  'outcome-unknown': 'It may have been done; that is looked up before anything is repeated.',
};

const adviceFor = (kind: CloudErrorKind, { method }: Asked): string =>
  kind === 'outcome-unknown' && method === 'GET'
    ? 'So nothing new is known; it is asked again.'
    : ADVICE[kind];

/**
 * What a refusal means, or undefined when the request succeeded. Judged by status; only a 422 has stories that no status
 * tells apart. `secrets` never get into the text.
 */
export function verdict(
  answer: Answer,
  asked: Asked,
  secrets: readonly string[],
  retryAt: number | undefined,
): CloudError | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const said = errorBody.safeParse(answer.body).data;
  const kind = kindOf(status, said?.message);
  const words = said ? `: ${quote(said.message, secrets)}` : ' without an error body of its API';
  const advice =
    status >= 300 && status < 400
      ? 'Redirects are not followed; check DIGITALOCEAN_API_URL.'
      : adviceFor(kind, asked);
  return new CloudError(
    kind,
    `DigitalOcean was asked to ${asked.doing} and answered HTTP ${status}${words}. ${advice}`,
    { status, retryAt: kind === 'rate-limited' ? retryAt : undefined },
  );
}

function kindOf(status: number, message: string | undefined): CloudErrorKind {
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403) return 'unauthorized';
  // A proxy or a wrong URL answers 404 too, and must not make anyone believe that a droplet is gone.
  if (message === undefined) return 'outcome-unknown';
  // 408: the server stopped waiting, which says nothing about what it did.
  if (status < 400 || status === 408 || status >= 500) return 'outcome-unknown';
  // Somebody else is at it just now: documented for every call, and never final.
  if (status === 409 || status === 423) return 'try-again';
  return status === 422 ? kindOf422(message) : 'refused';
}

/** A full account and a sold-out size may also be worded "please try again later", so they are looked for first. */
function kindOf422(message: string): CloudErrorKind {
  if (/\bdroplet/i.test(message) && /\b(limit|quota)\b/i.test(message)) return 'quota';
  if (/\b(un|(not|no longer) (\w+ )?)available\b|\b(sold out|capacity)\b/i.test(message)) {
    return 'unavailable-here';
  }
  if (/pending event|try again/i.test(message)) return 'try-again';
  return 'refused';
}

const MAX_MESSAGE = 300;

/** What DigitalOcean said, in quotes, on one line, capped; never what must not be told. */
function quote(message: string, secrets: readonly string[]): string {
  const line = message
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  if (secrets.some((secret) => line.includes(secret))) return '(left out: it repeats a secret)';
  return line.length <= MAX_MESSAGE ? `"${line}"` : `"${line.slice(0, MAX_MESSAGE)}…"`;
}

/** Why a request is not sent whose `notAfter` is over. */
export const TOO_LATE = 'it was held up for longer than it may be';

/** A request that got no answer, or none that can be read. `try-again`: nothing was sent. */
export function noAnswer(
  kind: 'try-again' | 'outcome-unknown',
  asked: Asked,
  why: string,
  cause?: unknown,
): CloudError {
  const what =
    kind === 'try-again'
      ? `DigitalOcean was not asked to ${asked.doing}: ${why}.`
      : `DigitalOcean was asked to ${asked.doing}, but ${why}.`;
  return new CloudError(kind, `${what} ${adviceFor(kind, asked)}`, { cause });
}

/** What of a request must never be read in an error: the token, and every line of user_data that is long enough to tell something. */
export const secretsOf = (token: string, userData = ''): readonly string[] => [
  ...(token === '' ? [] : [token]),
  ...userData
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 16),
];
