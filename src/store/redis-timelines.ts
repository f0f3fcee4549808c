import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { LOG_AGE_MS } from './journal-limits.ts';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered, type RedisLog } from './redis.ts';
import { Script } from './script.ts';
import {
  type Journey,
  KEPT_JOURNEYS,
  noted,
  type Timeline,
  type TimelineNote,
} from './timeline.ts';

/** Two processes seldom note one instance at one moment. */
const MAX_TRIES = 3;
/** Instances that are on their way at one time, and a few. */
const REMEMBERED = 500;

/** What instances were about, as the journal keeps it. */
export class RedisTimelines {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #clock: Clock;
  readonly #log: RedisLog | undefined;
  readonly #script = new Script('./replace-timeline.lua');
  /** By name, as this process wrote them last: nobody else notes an instance while its pass is ours, so that most need not be read first. */
  readonly #written = new Map<string, string>();

  constructor(deps: {
    readonly redis: Redis;
    readonly prefix: string;
    readonly clock: Clock;
    /** Hears of notes that could not be kept. */
    readonly log?: RedisLog | undefined;
  }) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Never throws. */
  async note(name: string, uid: string, note: TimelineNote): Promise<void> {
    try {
      for (let tries = 1; tries <= MAX_TRIES; tries++)
        if (await this.#tryNote(name, uid, note)) return;
      this.#log?.warn({ name, reason: note.reason }, 'note was not kept: others wrote meanwhile');
    } catch (err) {
      this.#log?.warn({ err, name, reason: note.reason }, 'note was not kept');
    }
  }

  async timeline(name: string): Promise<Timeline | undefined> {
    const text = await answered(`read the timeline of ${name}`, () =>
      this.#redis.get(this.#keys.timeline(name)),
    );
    return text === null ? undefined : (JSON.parse(text) as Timeline);
  }

  async journeys(): Promise<readonly Journey[]> {
    const texts = await answered('read the journeys', () =>
      this.#redis.lrange(this.#keys.journeys, 0, -1),
    );
    return texts.map((text) => JSON.parse(text) as Journey);
  }

  /** False: it is not as it was thought to be. */
  async #tryNote(name: string, uid: string, note: TimelineNote): Promise<boolean> {
    const key = this.#keys.timeline(name);
    const written = this.#written.get(name);
    this.#written.delete(name);
    const text = written ?? (await this.#redis.get(key));
    const past = text === null ? undefined : (JSON.parse(text) as Timeline);
    const { timeline, journey } = noted(past, uid, note, this.#clock.now());
    if (timeline === past) {
      return (await this.#redis.pexpire(key, LOG_AGE_MS)) === 1;
    }
    const next = JSON.stringify(timeline);
    const answer = await this.#script.run(
      this.#redis,
      [key, this.#keys.journeys],
      [text ?? '', next, LOG_AGE_MS, journey ? JSON.stringify(journey) : '', KEPT_JOURNEYS],
    );
    if (answer === 1) this.#remember(name, next);
    return answer === 1;
  }

  #remember(name: string, text: string): void {
    this.#written.set(name, text);
    const [oldest] = this.#written.keys();
    if (this.#written.size > REMEMBERED && oldest !== undefined) this.#written.delete(oldest);
  }
}
