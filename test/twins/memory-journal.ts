import { type Clock, rfc3339 } from '../../src/clock.ts';
import type { Kind } from '../../src/resources/kinds.ts';
import { endedBy } from '../../src/store/belongings.ts';
import type {
  EventListOptions,
  EventPage,
  Journal,
  LogPiece,
  ObjectEvent,
  ObjectRef,
  RecordedEvent,
} from '../../src/store/journal.ts';
import {
  EVENT_AGE_MS,
  KEPT_EVENTS,
  KEPT_LOG_BYTES,
  keptText,
  logPiece,
  MAX_MESSAGE_CHARS,
  REMEMBERED_RUNS,
  wholeCharacters,
} from '../../src/store/journal-limits.ts';
import {
  type Journey,
  KEPT_JOURNEYS,
  noted,
  type Timeline,
  type TimelineNote,
} from '../../src/store/timeline.ts';
import { goneRevision } from '../../src/store/writes.ts';
import type { MemoryStore } from './memory-store.ts';

interface Log {
  readonly run: string;
  readonly offset: number;
  readonly bytes: Buffer;
  readonly past: readonly string[];
}

/** The journal in memory, with the same bounds. */
export class MemoryJournal implements Journal {
  readonly #clock: Clock;
  readonly #events = new Map<string, readonly RecordedEvent[]>();
  readonly #logs = new Map<string, Log>();
  readonly #changes: RecordedEvent[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #timelines = new Map<string, Timeline>();
  #journeys: readonly Journey[] = [];

  /** `store`: where the instances are whose log and timeline are kept. */
  constructor({ clock, store }: { readonly clock: Clock; readonly store: MemoryStore }) {
    this.#clock = clock;
    store.onCommit(({ type, kind, object }) => {
      const ended = endedBy(type, kind, object);
      const { name } = object.metadata;
      if (ended.includes('log')) this.#logs.delete(name);
      if (ended.includes('timeline')) this.#timelines.delete(name);
    });
  }

  async event(
    about: ObjectRef,
    type: ObjectEvent['type'],
    reason: string,
    text: string,
  ): Promise<void> {
    const message = wholeCharacters(text, MAX_MESSAGE_CHARS);
    const now = rfc3339(this.#clock.now());
    const key = `${about.kind}/${about.name}`;
    const past = this.#kept(key);
    const same = past.find(
      (event) =>
        event.type === type &&
        event.reason === reason &&
        event.message === message &&
        event.about.uid === about.uid,
    );
    const event: RecordedEvent = {
      about,
      resourceVersion: String(this.#changes.length + 1),
      type,
      reason,
      message,
      count: (same?.count ?? 0) + 1,
      firstTimestamp: same?.firstTimestamp ?? now,
      lastTimestamp: now,
    };
    const others = past.filter((one) => one !== same);
    this.#events.set(key, [...others, event].slice(-KEPT_EVENTS));
    this.#changes.push(event);
    for (const wake of [...this.#wakers]) wake();
  }

  async events(kind: Kind, name: string): Promise<readonly ObjectEvent[]> {
    return this.#kept(`${kind}/${name}`).map(
      ({ about: _, resourceVersion: __, ...event }) => event,
    );
  }

  async listEvents({ limit, from, about }: EventListOptions): Promise<EventPage> {
    const resourceVersion = String(this.#changes.length);
    if (about) {
      const events = this.#kept(`${about.kind}/${about.name}`).toSorted(byFirst);
      return { events, resourceVersion };
    }
    const events: RecordedEvent[] = [];
    for (const key of [...this.#events.keys()].sort(byNameThenKind)) {
      const kept = this.#kept(key).toSorted(byFirst);
      const [kind = '', name = ''] = key.split('/');
      const isFirst = from?.kind === kind && from.name === name;
      if (from && !isFirst && byNameThenKind(key, `${from.kind}/${from.name}`) < 0) continue;
      for (const [index, event] of kept.entries()) {
        if (isFirst && index < from.listed) continue;
        if (limit > 0 && events.length === limit) {
          return { events, resourceVersion, next: { kind: kind as Kind, name, listed: index } };
        }
        events.push(event);
      }
    }
    return { events, resourceVersion };
  }

  async *watchEvents(resourceVersion: string, signal: AbortSignal): AsyncGenerator<RecordedEvent> {
    let place = Number(resourceVersion);
    while (!signal.aborted) {
      const event = this.#changes[place];
      if (event !== undefined) {
        place++;
        yield event;
        continue;
      }
      if (place > this.#changes.length) throw goneRevision(resourceVersion);
      await new Promise<void>((resolve) => {
        this.#wakers.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async note(name: string, uid: string, note: TimelineNote): Promise<void> {
    const now = this.#clock.now();
    const { timeline, journey } = noted(this.#timelines.get(name), uid, note, now);
    this.#timelines.set(name, timeline);
    if (journey) this.#journeys = [journey, ...this.#journeys].slice(0, KEPT_JOURNEYS);
  }

  async timeline(name: string): Promise<Timeline | undefined> {
    return this.#timelines.get(name);
  }

  async journeys(): Promise<readonly Journey[]> {
    return this.#journeys;
  }

  async appendLog(name: string, run: string, offset: number, text: string): Promise<void> {
    let log = this.#logs.get(name);
    if (log?.past.includes(run)) return;
    if (log?.run !== run) {
      const past = log === undefined ? [] : [...log.past, log.run].slice(-REMEMBERED_RUNS);
      log = { run, offset: 0, bytes: Buffer.alloc(0), past };
    }
    const bytes = Buffer.from(text);
    const added = bytes.subarray(Math.max(0, log.offset - offset));
    this.#logs.set(name, {
      ...log,
      offset: Math.max(log.offset, added.length > 0 ? offset + bytes.length : 0),
      bytes: Buffer.concat([log.bytes, added]),
    });
  }

  async logOffset(name: string, run: string): Promise<number> {
    const log = this.#logs.get(name);
    return log?.run === run ? log.offset : 0;
  }

  async readLogFrom(name: string, offset: number): Promise<LogPiece | undefined> {
    const log = this.#logs.get(name);
    if (log === undefined) return undefined;
    const kept = Math.min(log.bytes.length, KEPT_LOG_BYTES);
    const from = Math.min(Math.max(offset, log.offset - kept), log.offset);
    const text = log.bytes.subarray(log.bytes.length - (log.offset - from)).toString('utf8');
    return logPiece(log.run, offset, from, from === log.offset ? '' : text);
  }

  async readLog(
    name: string,
  ): Promise<{ readonly run: string; readonly text: string } | undefined> {
    const log = this.#logs.get(name);
    return log === undefined ? undefined : { run: log.run, text: keptText(log.bytes) };
  }

  #kept(key: string): readonly RecordedEvent[] {
    const oldest = rfc3339(this.#clock.now() - EVENT_AGE_MS);
    return (this.#events.get(key) ?? []).filter((event) => event.lastTimestamp >= oldest);
  }
}

/** Keys are "<kind>/<name>". */
function byNameThenKind(a: string, b: string): number {
  const [first, second] = [a, b].map((key) => key.split('/').toReversed().join('\0'));
  return (first ?? '') < (second ?? '') ? -1 : first === second ? 0 : 1;
}

function byFirst(a: RecordedEvent, b: RecordedEvent): number {
  const [first = '', second = ''] = [a, b].map(
    ({ firstTimestamp, about, type, reason, message }) =>
      `${firstTimestamp} ${about.uid} ${type} ${reason} ${message}`,
  );
  return first < second ? -1 : first > second ? 1 : 0;
}
