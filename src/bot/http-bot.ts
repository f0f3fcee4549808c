import { Agent, type IncomingMessage, request } from 'node:http';
import { z } from 'zod';
import type { Dial } from '../dial.ts';
import { machineWords } from '../resources/machine-words.ts';
import type { Bot, BotAddress, BotReport } from './bot.ts';

const TIMEOUT_MS = 5_000;
const MAX_STATUS_BYTES = 64 * 1024;
const MAX_QR_BYTES = 1024 * 1024;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface HttpBotDeps {
  readonly dial: Dial;
  /** For a whole answer, 5 s unless told. */
  readonly timeoutMs?: number | undefined;
}

/** What an answer came to. `body` is undefined when it is longer than its cap. */
type Outcome =
  | { readonly status: number; readonly body: Buffer | undefined }
  | { readonly why: string };

/** The bot over HTTP. Follows no redirect and keeps no connection: the next machine at this address may be another one. */
export class HttpBot implements Bot {
  readonly #dial: Dial;
  readonly #timeoutMs: number;

  constructor(deps: HttpBotDeps) {
    this.#dial = deps.dial;
    this.#timeoutMs = deps.timeoutMs ?? TIMEOUT_MS;
  }

  /** Throws the reason of `signal` when that aborts: the bot is not to blame then. */
  async check(address: BotAddress, signal: AbortSignal): Promise<BotReport> {
    const { host, panelPort, statusPath } = address;
    const outcome = await this.#get(host, panelPort, statusPath, MAX_STATUS_BYTES, signal);
    if ('why' in outcome) return { healthy: false, why: outcome.why };
    if (outcome.status < 200 || outcome.status > 299) {
      return {
        healthy: false,
        why: `The bot answered HTTP ${outcome.status} at ${statusPath}.`,
      };
    }
    return { healthy: true, ...statusOf(outcome.body) };
  }

  /** Throws the reason of `signal` when that aborts. */
  async qrPng(address: BotAddress, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const outcome = await this.#get(address.host, address.qrPort, '/', MAX_QR_BYTES, signal);
    if ('why' in outcome || outcome.status !== 200) return undefined;
    const isPng = outcome.body?.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE);
    return isPng ? outcome.body : undefined;
  }

  async #get(
    host: string,
    port: number,
    path: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    // A connection of its own for each look: a kept one could lead to a machine that is gone.
    const agent = new Agent({ keepAlive: false });
    let hasConnected = false;
    try {
      return await new Promise<Outcome>((resolve, reject) => {
        const asked = request({
          ...this.#dial(host, port),
          path,
          agent,
          headers: { host: `${host}:${port}`, accept: '*/*' },
          signal: AbortSignal.any([signal, deadline]),
        });
        asked.on('socket', (socket) => {
          socket.once('connect', () => {
            hasConnected = true;
          });
        });
        asked.on('error', reject);
        // Unheard, it would be neither an answer nor an error, and nobody would ever be told of either.
        asked.on('upgrade', (response, socket) => {
          socket.destroy();
          resolve({ status: response.statusCode ?? 0, body: undefined });
        });
        asked.on('response', (response) => {
          readUpTo(maxBytes, response).then(
            (body) => resolve({ status: response.statusCode ?? 0, body }),
            reject,
          );
        });
        asked.end();
      });
    } catch (error) {
      signal.throwIfAborted();
      return { why: whyNot(error, deadline.aborted, hasConnected, this.#timeoutMs) };
    } finally {
      agent.destroy();
    }
  }
}

/** undefined as soon as there is more. */
async function readUpTo(maxBytes: number, response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const statusBody = z.object({
  status: z
    .string()
    .max(64)
    .transform((word) => machineWords(word, 64))
    .optional()
    .catch(undefined),
  qr: z.string().min(1).optional().catch(undefined),
});

/** What the bot says of its session; a bot that says nothing is healthy all the same. */
function statusOf(body: Buffer | undefined): {
  readonly session: string | undefined;
  readonly qr: string | undefined;
} {
  try {
    const { status, qr } = statusBody.parse(JSON.parse(String(body)));
    return { session: status, qr };
  } catch {
    return { session: undefined, qr: undefined };
  }
}

function whyNot(error: unknown, isLate: boolean, hasConnected: boolean, timeoutMs: number): string {
  const seconds = timeoutMs / 1000;
  if (isLate && hasConnected) return `The bot answers TCP, but no HTTP within ${seconds} s.`;
  if (isLate) return `The bot's machine does not answer TCP within ${seconds} s.`;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED')
    return 'The connection to the bot was refused: nothing listens there.';
  if (code?.startsWith('HPE_')) return 'The bot answers TCP, but not in HTTP.';
  if (hasConnected) return 'The bot closed the connection before it had answered.';
  return `The bot's machine cannot be reached (${code ?? 'unknown error'}).`;
}
