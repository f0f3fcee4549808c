import type { Redis } from 'ioredis';
import { type Clock, rfc3339 } from '../clock.ts';
import type { Kind } from '../resources/kinds.ts';
import type { Journal, ObjectEvent, ObjectRef } from './journal.ts';
import {
  EVENT_AGE_MS,
  KEPT_EVENTS,
  KEPT_LOG_BYTES,
  keptText,
  MAX_MESSAGE_CHARS,
  REMEMBERED_RUNS,
  wholeCharacters,
} from './journal-limits.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered, type RedisLog } from './redis.ts';
import { Script } from './script.ts';

/** A log whose object was never told to be gone is forgotten so long after its last line. */
const LOG_AGE_MS = 30 * 24 * 60 * 60 * 1000;

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

  constructor(deps: RedisJournalDeps) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#clock = deps.clock;
    this.#log = deps.log;
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
        [this.#keys.events(about.kind, about.name)],
        [
          type,
          reason,
          wholeCharacters(message, MAX_MESSAGE_CHARS),
          about.uid,
          rfc3339(now),
          rfc3339(now - EVENT_AGE_MS),
          KEPT_EVENTS,
          EVENT_AGE_MS,
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

  async forgetLog(name: string): Promise<void> {
    await answered(`forget the log of ${name}`, () =>
      this.#redis.del(this.#keys.log(name), this.#keys.logText(name)),
    );
  }
}
