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
  /** What is refused, when not ok: every call, or creates alone, which only a create can find out about. */
  readonly refused?: 'all' | 'creates' | undefined;
  /** ms since the epoch: when one call may find out whether the token is taken again. Until then none is sent. */
  readonly lookAt?: number | undefined;
}

/** The account takes no more droplets. */
export interface AccountFull {
  /** A sentence. */
  readonly message: string;
  /** ms since the epoch: when one create may find out whether there is room. Until then none is sent. */
  readonly lookAt: number;
}

/** Droplets that looked like orphans to the sweep before: no one process sees all sweeps. */
export interface OrphanSuspects {
  /** When that sweep ended; ms since the epoch. */
  readonly seenAt: number;
  readonly ids: readonly number[];
}

export interface SweepDiff {
  /** New, or with another name, state, address or tags than the sweep before saw. */
  readonly changed: readonly CloudDroplet[];
  /** Seen by the sweep before and not by this one. */
  readonly missing: readonly CloudDroplet[];
}

/** What a look-up tells, all of one moment. */
export interface Found {
  /** The sweep that saw the droplets. */
  readonly sweep: Sweep | undefined;
  readonly droplets: readonly CloudDroplet[];
  readonly access: CloudAccess | undefined;
  readonly full: AccountFull | undefined;
}

/** What is known of the cloud, for all processes: the snapshot of the last sweep. Absence from it proves nothing (lists lag); throws StoreError `unavailable` as the store does. */
export interface CloudView {
  /** Replaces the snapshot, atomically. A sweep that began before the recorded one is dropped and changes nothing, unless the recorded one lies in its future, as one by a fast clock does. */
  record(sweep: Sweep, droplets: readonly CloudDroplet[]): Promise<SweepDiff>;
  lastSweep(): Promise<Sweep | undefined>;
  /** Droplets of the snapshot with this id, this exact name in any case, or this uid tag; and how the account stands. */
  find(what: {
    readonly id?: number | undefined;
    readonly name?: string | undefined;
    readonly uid?: string | undefined;
    readonly tag?: string | undefined;
  }): Promise<Found>;
  all(): Promise<readonly CloudDroplet[]>;
  /** The droplet is proven gone: it leaves the snapshot, and no late listing brings it back within the hour. `now` in ms since the epoch. */
  forget(id: number, now: number): Promise<void>;

  access(): Promise<CloudAccess | undefined>;
  /** Records it if `known` is still what is recorded. False: somebody else was first, and it is as they say. */
  setAccess(access: CloudAccess, known: CloudAccess | undefined): Promise<boolean>;

  full(): Promise<AccountFull | undefined>;
  /** The same; `full` undefined: there is room. */
  setFull(full: AccountFull | undefined, known: AccountFull | undefined): Promise<boolean>;

  suspects(): Promise<OrphanSuspects | undefined>;
  setSuspects(suspects: OrphanSuspects): Promise<void>;

  /** What sizes cost, and when that was last asked (ms since the epoch); undefined before it was. */
  prices(): Promise<{ readonly prices: Prices; readonly askedAt: number } | undefined>;
  /** Sizes that are no longer offered keep the price that they had. */
  setPrices(prices: Prices, askedAt: number): Promise<void>;

  /** This Orquesta's id on the account, made at the first call and the same for ever after. */
  clusterId(): Promise<string>;
}
