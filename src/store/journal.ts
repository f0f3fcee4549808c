import type { Kind } from '../resources/kinds.ts';

export interface ObjectRef {
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string;
}

/** Something that happened to an object. Repeats of the same type, reason and message raise `count` instead of adding one. */
export interface ObjectEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase and stable. */
  readonly reason: string;
  /** A sentence for people, without secrets. */
  readonly message: string;
  readonly count: number;
  /** RFC 3339. */
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

/** What happened (events) and what the bootstrap printed (log). Bounded: 100 events per object kept 7 days, 1 MiB of log per run. */
export interface Journal {
  /** Records an event. Losing one is no fault of the work: never throws for an unavailable Redis. */
  event(
    about: ObjectRef,
    type: ObjectEvent['type'],
    reason: string,
    message: string,
  ): Promise<void>;
  /** Oldest first. */
  events(kind: Kind, name: string): Promise<readonly ObjectEvent[]>;

  /**
   * Adds what a bootstrap run printed. `offset` is the byte offset in the run's log at which `text` begins: what is already
   * kept is not kept twice, so a follower may begin again anywhere.
   */
  appendLog(name: string, run: string, offset: number, text: string): Promise<void>;
  /** How many bytes of the run's log have been followed; 0 for an unknown run. */
  logOffset(name: string, run: string): Promise<number>;
  /** The newest run's log, or undefined when there was none. */
  readLog(name: string): Promise<{ readonly run: string; readonly text: string } | undefined>;
  /** Forgets the log of an object that no longer exists. Its events expire by themselves. */
  forgetLog(name: string): Promise<void>;
}
