import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { Prices } from '../resources/price.ts';

/** One complete listing of the account's droplets. Times in ms since the epoch, the sweeping process's clock. */
export interface Sweep {
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Whether DigitalOcean takes our token. */
export interface CloudAccess {
  readonly ok: boolean;
  /** A sentence, when not ok. */
  readonly message: string;
  /** ms since the epoch of the last change of `ok`. */
  readonly since: number;
}

export interface SweepDiff {
  /** New, or with another name, state, address or tags than the sweep before saw. */
  readonly changed: readonly CloudDroplet[];
  /** Seen by the sweep before and not by this one. */
  readonly missing: readonly CloudDroplet[];
}

/** What is known of the cloud, for all processes: the snapshot of the last sweep. Absence from it proves nothing (lists lag); throws StoreError `unavailable` as the store does. */
export interface CloudView {
  /** Replaces the snapshot, atomically. A sweep that began before the recorded one is dropped and changes nothing, unless the recorded one lies in its future, as one by a fast clock does. */
  record(sweep: Sweep, droplets: readonly CloudDroplet[]): Promise<SweepDiff>;
  lastSweep(): Promise<Sweep | undefined>;
  /** Droplets of the snapshot with this id, this exact name in any case, or this uid tag; and the sweep that saw them. All read at one moment. */
  find(what: {
    readonly id?: number | undefined;
    readonly name?: string | undefined;
    readonly uid?: string | undefined;
    readonly tag?: string | undefined;
  }): Promise<{ readonly sweep: Sweep | undefined; readonly droplets: readonly CloudDroplet[] }>;
  all(): Promise<readonly CloudDroplet[]>;

  access(): Promise<CloudAccess | undefined>;
  setAccess(access: CloudAccess): Promise<void>;

  /** What sizes cost, and when that was last asked (ms since the epoch); undefined before it was. */
  prices(): Promise<{ readonly prices: Prices; readonly askedAt: number } | undefined>;
  /** Sizes that are no longer offered keep the price that they had. */
  setPrices(prices: Prices, askedAt: number): Promise<void>;

  /** This Orquesta's id on the account, made at the first call and the same for ever after. */
  clusterId(): Promise<string>;
}
