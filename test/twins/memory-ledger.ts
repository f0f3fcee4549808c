import type { Clock } from '../../src/clock.ts';
import { type LedgerEntry, mergedEntry, outlives } from '../../src/resources/ledger.ts';
import {
  byRequest,
  ENDED_KEPT_MS,
  type Ledger,
  ledgerKey,
  requestKey,
} from '../../src/store/ledger.ts';

/** The ledger in memory, with the same rules. */
export class MemoryLedger implements Ledger {
  readonly #clock: Clock;
  readonly #entries = new Map<string, LedgerEntry>();

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  async running(): Promise<readonly LedgerEntry[]> {
    return (await this.all()).filter(({ to }) => to === undefined);
  }

  async all(): Promise<readonly LedgerEntry[]> {
    return structuredClone([...this.#entries.values()]).sort(byRequest);
  }

  async write(
    entry: LedgerEntry,
    seen: { readonly isSeen: boolean; readonly sweptAt: number } = { isSeen: false, sweptAt: 0 },
  ): Promise<void> {
    const past = this.#entries.get(ledgerKey(entry));
    const request = this.#entries.get(requestKey(entry.uid ?? ''));
    const isSeen = seen.isSeen && past !== undefined && outlives(past, seen.sweptAt);
    const next = mergedEntry(past, entry, { request, isSeen });
    if (entry.dropletId !== undefined) await this.forgetRequest(entry.uid ?? '');
    this.#entries.set(ledgerKey(entry), JSON.parse(JSON.stringify(next)) as LedgerEntry);
    for (const [key, { to }] of this.#entries) {
      if (to && Date.parse(to) < this.#clock.now() - ENDED_KEPT_MS) this.#entries.delete(key);
    }
  }

  async forgetRequest(uid: string): Promise<void> {
    this.#entries.delete(requestKey(uid));
  }
}
