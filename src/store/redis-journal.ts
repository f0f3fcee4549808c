import type { Redis } from 'ioredis';
import { type Clock, rfc3339 } from '../clock.ts';
import type { Kind } from '../resources/kinds.ts';
import { ChangeFeed } from './change-feed.ts';
import type {
  EventListOptions,
  EventPage,
  Journal,
  LogPiece,
  ObjectEvent,
  ObjectRef,
  RecordedEvent,
} from './journal.ts';
import {
  EVENT_AGE_MS,
  KEPT_EVENT_CHANGES,
  KEPT_EVENTS,
  KEPT_LOG_BYTES,
  keptText,
  LOG_AGE_MS,
  logPiece,
  MAX_MESSAGE_CHARS,
  REMEMBERED_RUNS,
  wholeCharacters,
} from './journal-limits.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered, type RedisLog } from './redis.ts';
import { RedisTimelines } from './redis-timelines.ts';
import { Script } from './script.ts';
import type { Journey, Timeline, TimelineNote } from './timeline.ts';

/** Objects whose events are read by one command. */
const EVENT_BATCH = 100;

export interface RedisJournalDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  /** Hears of events that could not be kept. */
  readonly log?: RedisLog | undefined;
}

export class RedisJournal implements Journal {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #clock: Clock;
  readonly #log: RedisLog | undefined;
  readonly #eventScript = new Script('./record-event.lua');
  readonly #logScript = new Script('./append-log.lua');
  readonly #forgetScript = new Script('./forget-events.lua');
  readonly #feed: ChangeFeed<RecordedEvent>;
  readonly #readScript = new Script('./read-log.lua');
  readonly #timelines: RedisTimelines;

  constructor(deps: RedisJournalDeps) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#timelines = new RedisTimelines(deps);
    this.#feed = new ChangeFeed({
      redis: deps.redis,
      stream: this.#keys.eventChanges,
      revision: this.#keys.eventRevision,
      parse: (field) =>
        recorded(
          { kind: field('kind') as Kind, name: field('name') },
          JSON.parse(field('event')) as StoredEvent,
        ),
      clock: deps.clock,
    });
  }

  async event(
    about: ObjectRef,
    type: ObjectEvent['type'],
    reason: string,
    message: string,
  ): Promise<void> {
    const now = this.#clock.now();
    try {
      await this.#eventScript.run(
        this.#redis,
        [
          this.#keys.events(about.kind, about.name),
          this.#keys.eventRevision,
          this.#keys.eventChanges,
          this.#keys.eventIndex,
        ],
        [
          type,
          reason,
          wholeCharacters(message, MAX_MESSAGE_CHARS),
          about.uid,
          rfc3339(now),
          rfc3339(now - EVENT_AGE_MS),
          KEPT_EVENTS,
          EVENT_AGE_MS,
          about.kind,
          about.name,
          KEPT_EVENT_CHANGES,
        ],
      );
    } catch (err) {
      this.#log?.warn({ err, kind: about.kind, name: about.name, reason }, 'event was not kept');
    }
  }

  async events(kind: Kind, name: string): Promise<readonly ObjectEvent[]> {
    const text = await answered(`read the events of ${kind} ${name}`, () =>
      this.#redis.get(this.#keys.events(kind, name)),
    );
    if (text === null) return [];
    const oldest = rfc3339(this.#clock.now() - EVENT_AGE_MS);
    return (JSON.parse(text) as (ObjectEvent & { readonly uid: string })[])
      .filter((event) => event.lastTimestamp >= oldest)
      .map(({ type, reason, message, count, firstTimestamp, lastTimestamp }) => ({
        type,
        reason,
        message,
        count,
        firstTimestamp,
        lastTimestamp,
      }));
  }

  async listEvents({ limit, from, about: only }: EventListOptions): Promise<EventPage> {
    // Before the events: what comes meanwhile is listed, and told again to who watches from here.
    const resourceVersion =
      (await answered('read the events', () => this.#redis.get(this.#keys.eventRevision))) ?? '0';
    if (only) {
      const kept = await this.#eventsOf([only]);
      return { events: kept.flat().map((event) => recorded(only, event)), resourceVersion };
    }
    const events: RecordedEvent[] = [];
    let after = from && memberOf(from);
    let start = after === undefined ? '-' : `[${after}`;
    while (true) {
      const objects = await this.#eventsFrom(start);
      for (const { about, kept } of objects) {
        const skipped = after === memberOf(about) ? (from?.listed ?? 0) : 0;
        after = undefined;
        for (const [index, event] of kept.entries()) {
          if (index < skipped) continue;
          if (limit > 0 && events.length === limit) {
            return { events, resourceVersion, next: { ...about, listed: index } };
          }
          events.push(recorded(about, event));
        }
      }
      const last = objects.at(-1);
      if (last === undefined) return { events, resourceVersion };
      start = `(${memberOf(last.about)}`;
    }
  }

  watchEvents(resourceVersion: string, signal: AbortSignal): AsyncIterable<RecordedEvent> {
    return this.#feed.watch(resourceVersion, signal);
  }

  /** Ends the connection of its own, once every watch has been aborted. */
  close(): void {
    this.#feed.close();
  }

  /** The events of the next objects of the index, those of each by the time at which they happened first. */
  async #eventsFrom(
    start: string,
  ): Promise<readonly { readonly about: About; readonly kept: readonly StoredEvent[] }[]> {
    return answered('read the events', async () => {
      const index = this.#keys.eventIndex;
      const members = await this.#redis.zrange(index, start, '+', 'BYLEX', 'LIMIT', 0, EVENT_BATCH);
      const abouts = members.map(aboutOf);
      const kept = await this.#eventsOf(abouts);
      for (const [place, { kind, name }] of abouts.entries()) {
        if (kept[place]?.length) continue;
        const keys = [this.#keys.events(kind, name), index];
        await this.#forgetScript.run(this.#redis, keys, [members[place] ?? '']);
      }
      return abouts.map((about, place) => ({ about, kept: kept[place] ?? [] }));
    });
  }

  /** The events of each of some objects, by the time at which they happened first. */
  async #eventsOf(abouts: readonly About[]): Promise<readonly (readonly StoredEvent[])[]> {
    if (abouts.length === 0) return [];
    const keys = abouts.map(({ kind, name }) => this.#keys.events(kind, name));
    const texts = await answered('read the events', () => this.#redis.mget(...keys));
    const oldest = rfc3339(this.#clock.now() - EVENT_AGE_MS);
    return texts.map((text) =>
      (JSON.parse(text ?? '[]') as StoredEvent[])
        .filter((event) => event.lastTimestamp >= oldest)
        .sort(byFirst),
    );
  }

  note(name: string, uid: string, note: TimelineNote): Promise<void> {
    return this.#timelines.note(name, uid, note);
  }

  timeline(name: string): Promise<Timeline | undefined> {
    return this.#timelines.timeline(name);
  }

  journeys(): Promise<readonly Journey[]> {
    return this.#timelines.journeys();
  }

  async appendLog(name: string, run: string, offset: number, text: string): Promise<void> {
    await answered(`keep the log of ${name}`, () =>
      this.#logScript.run(
        this.#redis,
        [this.#keys.log(name), this.#keys.logText(name)],
        [run, offset, text, KEPT_LOG_BYTES, LOG_AGE_MS, REMEMBERED_RUNS],
      ),
    );
  }

  async logOffset(name: string, run: string): Promise<number> {
    const [newest, offset] = await answered(`read the log of ${name}`, () =>
      this.#redis.hmget(this.#keys.log(name), 'run', 'offset'),
    );
    return newest === run ? Number(offset ?? 0) : 0;
  }

  async readLogFrom(name: string, offset: number): Promise<LogPiece | undefined> {
    const answer = await answered(`read the log of ${name}`, () =>
      this.#readScript.run(
        this.#redis,
        [this.#keys.log(name), this.#keys.logText(name)],
        [offset, KEPT_LOG_BYTES],
      ),
    );
    if (answer === null) return undefined;
    const [run, from, text] = answer as [string, string, string];
    return logPiece(run, offset, Number(from), text);
  }

  async readLog(
    name: string,
  ): Promise<{ readonly run: string; readonly text: string } | undefined> {
    return answered(`read the log of ${name}`, async () => {
      // One moment: a new run may begin between two reads.
      const replies = await this.#redis
        .multi()
        .hget(this.#keys.log(name), 'run')
        .getBuffer(this.#keys.logText(name))
        .exec();
      const [run, bytes] = (replies ?? []).map(([error, reply]) => {
        if (error) throw error;
        return reply;
      });
      if (typeof run !== 'string') return undefined;
      return { run, text: keptText(bytes instanceof Buffer ? bytes : Buffer.alloc(0)) };
    });
  }
}

type About = Pick<ObjectRef, 'kind' | 'name'>;
type StoredEvent = ObjectEvent & { readonly uid: string; readonly revision?: string };

const memberOf = ({ kind, name }: About): string => `${name}\0${kind}`;

function aboutOf(member: string): About {
  const [name = '', kind = ''] = member.split('\0');
  return { kind: kind as Kind, name };
}

function recorded(
  { kind, name }: About,
  { uid, revision = '0', type, reason, message, count, firstTimestamp, lastTimestamp }: StoredEvent,
): RecordedEvent {
  return {
    about: { kind, name, uid },
    resourceVersion: revision,
    type,
    reason,
    message,
    count,
    firstTimestamp,
    lastTimestamp,
  };
}

/** Two that happened in the same second stay in the order of their texts, whatever is repeated meanwhile. */
function byFirst(a: StoredEvent, b: StoredEvent): number {
  const [first, second] = [a, b].map(
    ({ firstTimestamp, uid, type, reason, message }) =>
      `${firstTimestamp} ${uid} ${type} ${reason} ${message}`,
  ) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}
