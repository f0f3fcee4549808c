import type { Kind } from '../resources/kinds.ts';
import type { Journey, Timeline, TimelineNote } from './timeline.ts';

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

/** An event with what it is about, as lists and watches tell it. */
export interface RecordedEvent extends ObjectEvent {
  readonly about: ObjectRef;
  /** Rises with every event and repetition. Of a counter of its own: not to be compared with versions of objects. */
  readonly resourceVersion: string;
}

/** Where the next page of events begins. */
export interface EventPlace {
  /** What the last event of the page before was about. */
  readonly kind: Kind;
  readonly name: string;
  /** How many events of that object have been listed, by the time at which they happened first. */
  readonly listed: number;
}

export interface EventListOptions {
  readonly limit: number;
  readonly from?: EventPlace | undefined;
  readonly about?: Pick<ObjectRef, 'kind' | 'name'> | undefined;
}

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Watch from here to miss nothing. */
  readonly resourceVersion: string;
  readonly next?: EventPlace | undefined;
}

/** A part of a run's log. Offsets in bytes from the beginning of the log. */
export interface LogPiece {
  readonly run: string;
  readonly from: number;
  readonly text: string;
  readonly to: number;
}

/**
 * What happened (events), what an instance did and waited for (timeline), and what its bootstrap printed (log). Bounded: 100
 * events per object kept 7 days, 100 entries of a timeline, 500 journeys of the fleet, 1 MiB of log per run. Log and timeline of an instance go with its record: the store takes them away. Its events
 * expire by themselves.
 */
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

  /** Events of one object, or of all by the names of these; `limit` at most, 0 for all. Those of one object in the order in which they happened first. */
  listEvents(options: EventListOptions): Promise<EventPage>;
  /** Every event and repetition after `resourceVersion`, once; ends when `signal` aborts. Throws StoreError `gone` when that is older than the kept history. */
  watchEvents(resourceVersion: string, signal: AbortSignal): AsyncIterable<RecordedEvent>;

  /** Notes what an instance is about; the same again adds nothing. Losing a note is no fault of the work: never throws for an unavailable Redis. */
  note(name: string, uid: string, note: TimelineNote): Promise<void>;
  timeline(name: string): Promise<Timeline | undefined>;
  /** The ways that instances of this fleet went to their end, newest first. */
  journeys(): Promise<readonly Journey[]>;

  /**
   * Adds what a bootstrap run printed. `offset` is the byte offset in the run's log at which `text` begins: what is already
   * kept is not kept twice, so a follower may begin again anywhere.
   */
  appendLog(name: string, run: string, offset: number, text: string): Promise<void>;
  /** How many bytes of the run's log have been followed; 0 for an unknown run. */
  logOffset(name: string, run: string): Promise<number>;
  /**
   * What was added to the newest run's log since a byte offset: the offset at which `text` begins (later than asked for when what
   * lay between is not kept any more), and the one at which it ends. Undefined when there is no log.
   */
  readLogFrom(name: string, offset: number): Promise<LogPiece | undefined>;
  /** The newest run's log, or undefined when there was none. */
  readLog(name: string): Promise<{ readonly run: string; readonly text: string } | undefined>;
}
