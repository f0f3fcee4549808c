import { clientNetwork } from './client-network.ts';

/** Wrong keys from one address, or one network of IPv6, within the window, from which on it is not listened to. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; the oldest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000;
/** A key that was right from an address not longer ago goes on being heard: who sits behind the same proxy can't lock it out. */
const TRUST_MS = 3_600_000;

interface Record {
  failures: number;
  since: number;
  /** When each key was last right, by the key's name. */
  readonly trusted: Map<string, number>;
}

/** Who guesses keys is soon not answered any more. One process's memory: each counts for itself. Times in ms since the epoch. */
export class Throttle {
  readonly #records = new Map<string, Record>();

  /** ms until the address is listened to again; 0: it is. `name`: of the key that was sent, when it is a right one. */
  waitFor(address: string, name: string | undefined, now: number): number {
    const record = this.#records.get(clientNetwork(address));
    if (!record || record.failures < MAX_FAILURES || now >= record.since + WINDOW_MS) return 0;
    const trustedAt = name === undefined ? undefined : record.trusted.get(name);
    if (trustedAt !== undefined && now - trustedAt < TRUST_MS) return 0;
    return record.since + WINDOW_MS - now;
  }

  note(address: string, name: string | undefined, now: number): void {
    const network = clientNetwork(address);
    const record = this.#records.get(network) ?? { failures: 0, since: now, trusted: new Map() };
    // Set anew, so that the map stays in the order of use.
    this.#records.delete(network);
    this.#records.set(network, record);
    if (name !== undefined) {
      record.trusted.set(name, now);
    } else {
      if (now >= record.since + WINDOW_MS) Object.assign(record, { failures: 0, since: now });
      record.failures++;
    }
    if (this.#records.size > MAX_ADDRESSES) {
      const [oldest] = this.#records.keys();
      if (oldest !== undefined) this.#records.delete(oldest);
    }
  }
}
