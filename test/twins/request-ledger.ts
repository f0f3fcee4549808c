import type { RateLimitNews } from '../../src/cloud/rate-limit.ts';

export interface LedgerWindow {
  readonly windowMs: number;
  /** Requests that DigitalOcean allows in it, others' included. */
  readonly limit: number;
}

interface Noted {
  ours: number;
  others: number;
}

/** Slots for which a request stays noted longer than an hour, and by which a reset may be told late. */
const LONGER = 2;

/** The ledger of budget.lua: which requests of the last hour DigitalOcean counts, ours and those of other programs. */
export class RequestLedger {
  readonly #minute: LedgerWindow;
  readonly #hour: LedgerWindow;
  readonly #slotMs: number;
  readonly #slots = new Map<number, Noted>();
  #now: number;
  #tail: number;
  #noted = 0;
  #seen = 0;
  #givesBackAt = 0;
  #hourLimit: number;

  constructor(minute: LedgerWindow, hour: LedgerWindow, now: number) {
    this.#minute = minute;
    this.#hour = hour;
    this.#slotMs = minute.windowMs / 30;
    this.#hourLimit = hour.limit;
    this.#now = now;
    this.#tail = this.#slotOf(now);
  }

  /** What left the hour is forgotten. */
  advance(now: number): void {
    this.#now = now;
    if (now < this.#givesBackAt) return;
    const hourSlots = Math.ceil(this.#hour.windowMs / this.#slotMs);
    this.#forget(this.#slot - hourSlots - LONGER - 1, Number.POSITIVE_INFINITY);
  }

  take(): void {
    this.#note('ours', this.#slot, 1);
  }

  /** What DigitalOcean counts and nobody noted, others have sent. */
  hear({ remaining, limit = this.#hour.limit, resetInMs = 0 }: RateLimitNews): void {
    if (remaining === undefined) return;
    const oldestAt = this.#now + resetInMs - this.#hour.windowMs;
    const oldest = Math.min(this.#slot, this.#slotOf(oldestAt) - LONGER);
    const counted = Math.max(0, limit - remaining);
    const others = counted - this.#noted;
    if (others > 0) {
      const since = Math.min(this.#slot, Math.max(oldest, this.#slotOf(this.#seen)));
      const slots = this.#slot - since + 1;
      const upTo = (share: number) => Math.floor((others * share) / slots);
      for (let i = 0; i < slots; i++) this.#note('others', since + i, upTo(i + 1) - upTo(i));
    } else {
      this.#forget(oldest - 1, -others);
      this.#forget(this.#slot, this.#noted - counted - this.#inMinute());
    }
    this.#seen = this.#now;
    this.#givesBackAt = this.#now + resetInMs - LONGER * this.#slotMs;
    this.#hourLimit = limit;
  }

  left(): { readonly minute: number; readonly hour: number } {
    return {
      minute: this.#minute.limit - this.#inMinute(),
      hour: this.#hourLimit - this.#noted,
    };
  }

  /** ms until so many of those in the window have left it. */
  untilLeft(window: 'minute' | 'hour', count: number): number {
    const ms =
      window === 'minute' ? this.#minute.windowMs : this.#hour.windowMs + LONGER * this.#slotMs;
    let [slot, left] = [Math.max(this.#tail, this.#slotOf(this.#now - ms)), 0];
    while (slot < this.#slot && left + this.#notedIn(slot) < count) {
      left += this.#notedIn(slot);
      slot += 1;
    }
    const leavesAt = (slot + 1) * this.#slotMs + ms;
    const at = window === 'hour' ? Math.max(leavesAt, this.#givesBackAt) : leavesAt;
    return Math.ceil(Math.max(at - this.#now, this.#slotMs));
  }

  get #slot(): number {
    return this.#slotOf(this.#now);
  }

  #slotOf(ms: number): number {
    return Math.floor(ms / this.#slotMs);
  }

  #notedIn(slot: number): number {
    const { ours, others } = this.#slots.get(slot) ?? { ours: 0, others: 0 };
    return ours + others;
  }

  #note(whose: keyof Noted, slot: number, requests: number): void {
    if (requests === 0) return;
    const noted = this.#slots.get(slot) ?? { ours: 0, others: 0 };
    noted[whose] += requests;
    this.#slots.set(slot, noted);
    this.#tail = Math.min(this.#tail, slot);
    this.#noted += requests;
  }

  #inMinute(): number {
    const { windowMs } = this.#minute;
    const told = this.#seen > 0 ? Math.max(this.#seen, this.#now - windowMs) : this.#now;
    return this.#sum('ours', this.#now - windowMs) + this.#sum('others', told - windowMs);
  }

  #sum(whose: keyof Noted, since: number): number {
    let sum = 0;
    for (let slot = Math.max(this.#tail, this.#slotOf(since)); slot <= this.#slot; slot++) {
      sum += this.#slots.get(slot)?.[whose] ?? 0;
    }
    return sum;
  }

  #forget(last: number, most: number): void {
    let gone = 0;
    while (this.#tail <= last && gone < most) {
      const noted = this.#slots.get(this.#tail) ?? { ours: 0, others: 0 };
      for (const whose of ['others', 'ours'] as const) {
        const cut = Math.min(noted[whose], most - gone);
        noted[whose] -= cut;
        gone += cut;
      }
      if (this.#notedIn(this.#tail) === 0) this.#slots.delete(this.#tail++);
    }
    this.#noted -= gone;
  }
}
