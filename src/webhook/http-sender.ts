import { createHash, createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Endpoint, Message, Outcome, WebhookSender } from './sender.ts';

const TIMEOUT_MS = 10_000;

/** Endpoints as the setting lists them, separated by commas. Throws TypeError for what is no URL. */
export function endpointsOf(setting: string): readonly Endpoint[] {
  const urls = setting.split(',').map((one) => one.trim());
  return [...new Set(urls)]
    .filter((one) => one !== '')
    .map((url) => ({
      id: createHash('sha256').update(url).digest('hex').slice(0, 12),
      origin: new URL(url).origin,
      url,
    }));
}

/** "t=<seconds>,v1=<hex>": HMAC-SHA256 over "<seconds>.<body>", so that neither can be changed nor an old call sent again. */
function signature(secret: string, seconds: number, body: string): string {
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}

/** Webhooks over HTTP. Follows no redirect: a receiver could lead us to where it can't reach itself. */
export class HttpWebhookSender implements WebhookSender {
  readonly #secret: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(deps: {
    readonly secret: string;
    readonly clock: Clock;
    readonly timeoutMs?: number | undefined;
  }) {
    this.#secret = deps.secret;
    this.#clock = deps.clock;
    this.#timeoutMs = deps.timeoutMs ?? TIMEOUT_MS;
  }

  async send(endpoint: Endpoint, message: Message, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    const url = new URL(endpoint.url);
    const login = `${plain(url.username)}:${plain(url.password)}`;
    url.username = '';
    url.password = '';
    const seconds = Math.floor(this.#clock.now() / 1000);
    const late = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([signal, late]),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Orquesta-Webhook/1',
          'x-orquesta-delivery': message.id,
          'x-orquesta-event': message.type,
          'x-orquesta-attempt': String(message.attempt),
          'x-orquesta-signature': signature(this.#secret, seconds, message.body),
          ...(login === ':'
            ? {}
            : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
        },
        body: message.body,
      });
      // What it says is not looked at, however long it may be.
      await response.body?.cancel();
      const { status } = response;
      if (response.ok) return { isTaken: true, status, problem: null };
      const isRedirect = status >= 300 && status < 400;
      const problem = `It answered HTTP ${status}${isRedirect ? ': redirects are not followed' : ''}.`;
      return { isTaken: false, status, problem };
    } catch (error) {
      signal.throwIfAborted();
      const seconds = this.#timeoutMs / 1000;
      const problem = late.aborted
        ? `It did not answer within ${seconds} s.`
        : `It cannot be reached (${codeOf(error)}).`;
      return { isTaken: false, status: null, problem };
    }
  }
}

function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code ?? 'unknown error';
}

/** A "%" that escapes nothing stands for itself. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
