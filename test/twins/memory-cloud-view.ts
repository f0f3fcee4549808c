import { isDeepStrictEqual } from 'node:util';
import type { CloudDroplet } from '../../src/resources/cloud-droplet.ts';
import type { Prices } from '../../src/resources/price.ts';
import type {
  AccountFull,
  CloudAccess,
  CloudView,
  Found,
  OrphanSuspects,
  Sweep,
  SweepDiff,
} from '../../src/store/cloud-view.ts';
import {
  byId,
  diffOf,
  type FindDroplets,
  searchTerms,
  termsOf,
} from '../../src/store/droplet-terms.ts';

/** The view of the cloud in memory, with the same rules. */
export class MemoryCloudView implements CloudView {
  readonly #newId: () => string;
  #sweep: Sweep | undefined;
  #droplets: ReadonlyMap<number, CloudDroplet> = new Map();
  readonly #gone = new Set<number>();
  #full: AccountFull | undefined;
  #suspects: OrphanSuspects | undefined;
  #access: CloudAccess | undefined;
  #prices: { readonly prices: Prices; readonly askedAt: number } | undefined;
  #clusterId: string | undefined;

  constructor(deps: { readonly newId: () => string }) {
    this.#newId = deps.newId;
  }

  async record(sweep: Sweep, droplets: readonly CloudDroplet[]): Promise<SweepDiff> {
    const began = this.#sweep?.startedAt ?? 0;
    if (began > sweep.startedAt && began <= sweep.finishedAt) return { changed: [], missing: [] };
    const before = this.#droplets;
    this.#sweep = sweep;
    this.#droplets = new Map(
      droplets
        .filter((droplet) => !this.#gone.has(droplet.id))
        .map((droplet) => [droplet.id, JSON.parse(JSON.stringify(droplet)) as CloudDroplet]),
    );
    const missing = [...before.values()].filter((droplet) => !this.#droplets.has(droplet.id));
    return diffOf(before, [...this.#droplets.values()], missing);
  }

  async lastSweep(): Promise<Sweep | undefined> {
    return this.#sweep;
  }

  async find(what: FindDroplets): Promise<Found> {
    const wanted = new Set(searchTerms(what));
    const droplets = (await this.all()).filter(
      (droplet) => droplet.id === what.id || termsOf(droplet).some((term) => wanted.has(term)),
    );
    return { sweep: this.#sweep, droplets, access: this.#access, full: this.#full };
  }

  async all(): Promise<readonly CloudDroplet[]> {
    return structuredClone([...this.#droplets.values()]).sort(byId);
  }

  async forget(id: number): Promise<void> {
    this.#gone.add(id);
    this.#droplets = new Map([...this.#droplets].filter(([one]) => one !== id));
  }

  async access(): Promise<CloudAccess | undefined> {
    return this.#access;
  }

  async setAccess(access: CloudAccess, known: CloudAccess | undefined): Promise<boolean> {
    if (!isDeepStrictEqual(this.#access, known)) return false;
    this.#access = structuredClone(access);
    return true;
  }

  async full(): Promise<AccountFull | undefined> {
    return this.#full;
  }

  async setFull(full: AccountFull | undefined, known: AccountFull | undefined): Promise<boolean> {
    if (!isDeepStrictEqual(this.#full, known)) return false;
    this.#full = full;
    return true;
  }

  async suspects(): Promise<OrphanSuspects | undefined> {
    return this.#suspects;
  }

  async setSuspects(suspects: OrphanSuspects): Promise<void> {
    this.#suspects = structuredClone(suspects);
  }

  async prices(): Promise<{ readonly prices: Prices; readonly askedAt: number } | undefined> {
    return this.#prices;
  }

  async setPrices(prices: Prices, askedAt: number): Promise<void> {
    this.#prices = { prices: { ...this.#prices?.prices, ...prices }, askedAt };
  }

  async clusterId(): Promise<string> {
    this.#clusterId ??= this.#newId();
    return this.#clusterId;
  }
}
