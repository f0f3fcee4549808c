import type { Clock, Random } from '../../src/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Sleepers that may wake before the clock says that something runs away. */
const MAX_STEPS = 10_000_000;

/** Time that passes only when told to. Who sleeps wakes at its exact moment, one at a time, and all that follows is done before the next wakes. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** The next to wake last. */
  readonly #sleepers: Sleeper[] = [];
  readonly #random: Random | undefined;

  /** `random` decides who of several that are due in the same millisecond wakes first; without it, who lay down first. */
  constructor(options: { readonly startMs?: number; readonly random?: Random } = {}) {
    this.#now = options.startMs ?? Date.UTC(2026, 0, 1);
    this.#random = options.random;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
    if (Number.isNaN(ms)) throw new RangeError('a sleep must have a length');
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const wake = () => {
        this.#remove(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      // Whole milliseconds, as of every real clock.
      const sleeper = { at: this.#now + Math.ceil(Math.max(0, ms)), order: this.#order++, wake };
      this.#sleepers.splice(this.#placeOf(sleeper), 0, sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    await this.#run(this.#now + ms, () => false);
  }

  /** Lets time pass until the condition holds, from one sleeper to the next. Throws when it still does not after `limitMs`. */
  async until(holds: () => boolean, limitMs: number): Promise<void> {
    const from = this.#now;
    if (!(await this.#run(from + limitMs, holds))) {
      throw new Error(`the condition did not hold within ${limitMs} ms of virtual time`);
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    // All microtasks are done before the event loop comes to this one.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #run(end: number, holds: () => boolean): Promise<boolean> {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      await this.settle();
      if (holds()) return true;
      const next = this.#next();
      if (next === undefined || next.at > end) {
        this.#now = end;
        return false;
      }
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    throw new Error(
      `${MAX_STEPS} sleepers woke and time did not come to an end: something runs away`,
    );
  }

  #next(): Sleeper | undefined {
    const first = this.#sleepers.at(-1);
    if (first === undefined || this.#random === undefined) return first;
    let due = 1;
    while (this.#sleepers.at(-due - 1)?.at === first.at) due++;
    return this.#sleepers.at(-1 - Math.floor(this.#random() * due));
  }

  #remove(sleeper: Sleeper): void {
    const at = this.#placeOf(sleeper);
    if (this.#sleepers[at] === sleeper) this.#sleepers.splice(at, 1);
  }

  /** Where it stands or belongs. */
  #placeOf(sleeper: Sleeper): number {
    let [low, high] = [0, this.#sleepers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sleepers[middle];
      if (other !== undefined && wakesAfter(other, sleeper)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const wakesAfter = (a: Sleeper, b: Sleeper): boolean =>
  a.at > b.at || (a.at === b.at && a.order > b.order);

/** The same numbers for the same seed, evenly spread over [0, 1). */
export function seededRandom(seed: number): Random {
  // A Weyl sequence whose terms are mixed until neighbours have nothing in common.
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
