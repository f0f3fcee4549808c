import type { ServerResponse } from 'node:http';

/** Lines that may wait for a slow reader. One that is farther behind is cut off: it comes back and goes on where it was. */
const MAX_WAITING = 20_000;
/** Written at a time, so that a long queue does not become one long text. */
const BATCH = 200;

/** One JSON object a line, written to a client as it can take them. */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #ended = new AbortController();
  #waiting: (() => Uint8Array | string)[] = [];
  #limit = MAX_WAITING;
  #isBlocked = false;

  /** Sends the headers at once: a client waits for them, and a quiet watch has nothing else to send. */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    response.writeHead(200, headers);
    response.flushHeaders();
    response.socket?.setNoDelay(true);
    response.on('drain', () => {
      this.#isBlocked = false;
      this.#write();
    });
    response.on('close', () => this.#ended.abort());
    response.on('error', () => this.#ended.abort());
  }

  /** Aborts when the stream has ended, from whichever side. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** What there is at the beginning, however much. */
  begin(lines: readonly (() => Uint8Array | string)[]): void {
    this.#limit = lines.length + MAX_WAITING;
    this.#waiting = [...lines];
    this.#write();
  }

  /** `line` is made when it can be sent. */
  send(line: () => Uint8Array | string): void {
    if (this.#ended.signal.aborted) return;
    this.#waiting.push(line);
    if (this.#waiting.length > this.#limit) this.#response.destroy();
    else this.#write();
  }

  /** Ends once all lines are out. */
  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#isBlocked = false;
    for (const line of this.#waiting) this.#response.write(line());
    this.#waiting = [];
    this.#response.end();
  }

  #write(): void {
    let sent = 0;
    this.#response.cork();
    while (sent < this.#waiting.length && !this.#isBlocked) {
      for (const line of this.#waiting.slice(sent, sent + BATCH)) {
        this.#isBlocked = !this.#response.write(line()) || this.#isBlocked;
        sent++;
      }
    }
    this.#response.uncork();
    this.#waiting.splice(0, sent);
  }
}
