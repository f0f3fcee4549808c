import type { LedgerEntry } from '../resources/ledger.ts';

/** Every droplet ever requested. Ended ones are kept for 400 days, and no more than the last 100,000 of them. Throws StoreError `unavailable` as the store does. */
export interface Ledger {
  /** Those that have not ended: under way, or there. */
  running(): Promise<readonly LedgerEntry[]>;
  /** All, in the order of their requests. */
  all(): Promise<readonly LedgerEntry[]>;
  /** Adds to what is known of the droplet, by the rules of `mergedEntry`; told twice is told once. `isSeen`: a listing that began at `sweptAt` (ms since the epoch) showed it. */
  write(
    entry: LedgerEntry,
    seen?: { readonly isSeen: boolean; readonly sweptAt: number },
  ): Promise<void>;
  /** The create for the Droplet object of this uid has made no droplet. */
  forgetRequest(uid: string): Promise<void>;
}

/** What an entry is kept under: the droplet's id, or as long as that is unknown, its request. */
export const ledgerKey = ({ dropletId, uid = '' }: LedgerEntry): string =>
  dropletId === undefined ? requestKey(uid) : String(dropletId);
export const requestKey = (uid: string): string => `request:${uid}`;

export const byRequest = (a: LedgerEntry, b: LedgerEntry): number =>
  Date.parse(a.requestedAt) - Date.parse(b.requestedAt) || (a.dropletId ?? 0) - (b.dropletId ?? 0);

export const ENDED_KEPT_MS = 400 * 24 * 3_600_000;
export const ENDED_KEPT = 100_000;
