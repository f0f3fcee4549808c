import { type Clock, rfc3339 } from '../../src/clock.ts';
import type { Kind } from '../../src/resources/kinds.ts';
import type { Journal, ObjectEvent, ObjectRef } from '../../src/store/journal.ts';
import {
  EVENT_AGE_MS,
  KEPT_EVENTS,
  keptText,
  MAX_MESSAGE_CHARS,
  REMEMBERED_RUNS,
  wholeCharacters,
} from '../../src/store/journal-limits.ts';

interface Log {
  readonly run: string;
  readonly offset: number;
  readonly bytes: Buffer;
  readonly past: readonly string[];
}

/** The journal in memory, with the same bounds. */
export class MemoryJournal implements Journal {
  readonly #clock: Clock;
  readonly #events = new Map<string, readonly (ObjectEvent & { readonly uid: string })[]>();
  readonly #logs = new Map<string, Log>();

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
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
        event.uid === about.uid,
    );
    const event = {
      type,
      reason,
      message,
      count: (same?.count ?? 0) + 1,
      firstTimestamp: same?.firstTimestamp ?? now,
      lastTimestamp: now,
      uid: about.uid,
    };
    const others = past.filter((one) => one !== same);
    this.#events.set(key, [...others, event].slice(-KEPT_EVENTS));
  }

  async events(kind: Kind, name: string): Promise<readonly ObjectEvent[]> {
    return this.#kept(`${kind}/${name}`).map(({ uid: _, ...event }) => event);
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

  async readLog(
    name: string,
  ): Promise<{ readonly run: string; readonly text: string } | undefined> {
    const log = this.#logs.get(name);
    return log === undefined ? undefined : { run: log.run, text: keptText(log.bytes) };
  }

  async forgetLog(name: string): Promise<void> {
    this.#logs.delete(name);
  }

  #kept(key: string): readonly (ObjectEvent & { readonly uid: string })[] {
    const oldest = rfc3339(this.#clock.now() - EVENT_AGE_MS);
    return (this.#events.get(key) ?? []).filter((event) => event.lastTimestamp >= oldest);
  }
}
