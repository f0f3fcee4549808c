/** What is remembered of an instance, to tell what a change of it means. */
export interface SeenInstance {
  readonly uid: string;
  readonly phase: string;
  /** As last known; null: the bot has never told. */
  readonly isLinked: boolean | null;
  /** Of its last change that meant something. */
  readonly revision: string;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** JSON, without secrets. */
  readonly body: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly attempts: number;
  /** Not to be tried again before; ms since the epoch. */
  readonly notBefore: number;
}

/** What changes of one instance mean: what to remember of it (undefined: it is gone) and whom to tell. */
export interface Transition {
  readonly name: string;
  readonly seen: SeenInstance | undefined;
  readonly deliveries: readonly {
    readonly key: DeliveryKey;
    readonly delivery: Delivery;
    /** Where to, as it is shown. */
    readonly origin: string;
  }[];
}

/** "<endpoint's id>/<instance's name>": deliveries of one key go out one after the other. */
export type DeliveryKey = string;

/** One try, or what came of a delivery without one, for people. */
export interface DeliveryRecord {
  readonly id: string;
  readonly type: string;
  readonly instance: string;
  /** Without path and query, which may be private. */
  readonly url: string;
  readonly result: 'delivered' | 'retrying' | 'given-up' | 'dropped';
  readonly status: number | null;
  readonly problem: string | null;
  readonly attempt: number;
  /** RFC 3339. */
  readonly at: string;
}

/**
 * How far the changes of the store were turned into webhooks, and what waits to be sent. Survives every process: nothing is
 * lost while all are down. Every method throws StoreError `unavailable`.
 */
export interface Webhooks {
  /** Undefined: webhooks were never on. The cursor is the revision up to which changes have been looked at. */
  state(): Promise<
    { readonly cursor: string; readonly seen: ReadonlyMap<string, SeenInstance> } | undefined
  >;
  /** Takes these for known, without telling anybody. */
  begin(cursor: string, seen: ReadonlyMap<string, SeenInstance>): Promise<void>;
  /**
   * Remembers, and queues the deliveries, all at once. Where more than 200 wait for a key, the oldest are dropped, and noted as
   * tries are; answers those keys, once for each delivery. Undefined: another process has done it already, or the cursor is not
   * at `since`, where one is given.
   */
  record(
    revision: string,
    transitions: readonly Transition[],
    since?: string,
  ): Promise<readonly DeliveryKey[] | undefined>;
  /** Keys for which something waits. */
  waiting(): Promise<readonly DeliveryKey[]>;
  /** What is next for a key. */
  next(key: DeliveryKey): Promise<Delivery | undefined>;
  /** Puts the next one off, as it is now, and notes the try. */
  postpone(key: DeliveryKey, delivery: Delivery, record: DeliveryRecord): Promise<void>;
  /** Takes it out, delivered or given up, and notes the try. */
  settle(key: DeliveryKey, id: string, record: DeliveryRecord): Promise<void>;
  /** The last tries, and what was dropped, newest first; 200 are kept. */
  records(): Promise<readonly DeliveryRecord[]>;
}
