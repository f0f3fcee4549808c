import type { Clock } from '../clock.ts';

/** What looked sick while we were blind may just have been out of our sight: for so long after, nothing is held against it. */
const AFTERMATH_MS = 60_000;

/** Remembers when Redis or the cloud API was last away from this process. */
export class Outages {
  readonly #clock: Clock;
  #last: { readonly what: string; readonly at: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `what` was away just now: "Redis" or "DigitalOcean's API". */
  note(what: string): void {
    this.#last = { what, at: this.#clock.now() };
  }

  /** A sentence while an outage is too recent to judge others by. */
  recent(): string | undefined {
    if (!this.#last || this.#clock.now() - this.#last.at > AFTERMATH_MS) return undefined;
    const until = new Date(this.#last.at + AFTERMATH_MS).toISOString();
    return `${this.#last.what} was away just now; what looks sick is looked at anew until ${until}`;
  }
}
