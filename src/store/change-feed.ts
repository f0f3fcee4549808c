import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { tellingOnce } from './redis.ts';
import { goneRevision, parseRevision } from './writes.ts';

/** Changes read by one command. */
const BATCH = 500;
/** Changes kept in memory for watches that are a little behind. */
const RECENT = 1_000;
const BLOCK_MS = 5_000;
/** A connection that says nothing for so long, not even "nothing new", is dead. */
const SOCKET_TIMEOUT_MS = 3 * BLOCK_MS;
const RETRY_MS = 200;

interface Entry<T> {
  readonly revision: number;
  readonly value: T;
}

/** What an entry of the stream says, by the names of its fields; `revision` is its place. */
export type ParseEntry<T> = (field: (name: string) => string, revision: string) => T;

/**
 * Feeds all watches of a process from one blocking read of the stream of changes. A watch keeps no queue: it keeps its place, and
 * reads what it has missed from memory or, when it is far behind, from Redis. Every revision has exactly one entry in the stream,
 * so a gap is seen at once, whatever caused it.
 */
export class ChangeFeed<T> {
  readonly #redis: Redis;
  readonly #stream: string;
  readonly #revisionKey: string;
  readonly #parse: ParseEntry<T>;
  readonly #clock: Clock;

  #recent: Entry<T>[] = [];
  /** The last revision known to be committed; undefined until Redis has been asked. */
  #head: number | undefined;
  #watches = 0;
  #tail: { readonly connection: Redis; readonly stop: AbortController } | undefined;
  readonly #wakers = new Set<() => void>();

  constructor(deps: {
    readonly redis: Redis;
    /** Key of the stream: entry IDs "<revision>-0", one for each revision. */
    readonly stream: string;
    /** Key of the last revision that was committed. */
    readonly revision: string;
    readonly parse: ParseEntry<T>;
    readonly clock: Clock;
  }) {
    this.#redis = deps.redis;
    this.#stream = deps.stream;
    this.#revisionKey = deps.revision;
    this.#parse = deps.parse;
    this.#clock = deps.clock;
  }

  async *watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<T> {
    let place = parseRevision(resourceVersion);
    this.#enter();
    try {
      while (!signal.aborted) {
        const entries = await this.#after(place, signal);
        for (const { revision, value } of entries) {
          if (signal.aborted) return;
          if (revision !== place + 1) throw goneRevision(String(place));
          place = revision;
          yield value;
        }
      }
    } finally {
      this.#leave();
    }
  }

  close(): void {
    this.#tail?.stop.abort();
    this.#tail?.connection.disconnect();
    this.#tail = undefined;
    this.#head = undefined;
    this.#recent = [];
  }

  /** What follows, in order; waits for something to follow. Empty once aborted. Throws `gone` for a place ahead of all commits. */
  async #after(place: number, signal: AbortSignal): Promise<readonly Entry<T>[]> {
    while (this.#head === undefined || this.#head === place) {
      await this.#news(signal);
      if (signal.aborted) return [];
    }
    if (place > this.#head) throw goneRevision(String(place));
    const first = this.#recent[0]?.revision;
    if (first !== undefined && first <= place + 1) return this.#recent.slice(place + 1 - first);
    try {
      const [start, count] = [`${place + 1}-0`, BATCH];
      const read = await this.#redis.xrange(this.#stream, start, '+', 'COUNT', count);
      // Committed and yet not there: the stream was lost or cut to nothing.
      if (read.length === 0) throw goneRevision(String(place));
      return read.map((entry) => this.#entry(entry));
    } catch (error) {
      if (error instanceof Error && error.name === 'StoreError') throw error;
      // Redis is away for a moment: the place is kept.
      await this.#clock.sleep(RETRY_MS, signal);
      return [];
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  #enter(): void {
    this.#watches++;
    if (this.#tail !== undefined) return;
    const connection = tellingOnce(
      this.#redis.duplicate({
        lazyConnect: true,
        // A break must end the read at once: before it goes on, the loop asks whether Redis has lost writes.
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        commandTimeout: SOCKET_TIMEOUT_MS,
        socketTimeout: SOCKET_TIMEOUT_MS,
        retryStrategy: (times: number) => Math.min(100 * times, 1_000),
      }),
      undefined,
    );
    this.#tail = { connection, stop: new AbortController() };
    void this.#follow(connection, this.#tail.stop.signal);
  }

  #leave(): void {
    this.#watches--;
    if (this.#watches === 0) this.close();
  }

  async #follow(connection: Redis, stop: AbortSignal): Promise<void> {
    let mustCheck = true;
    while (!stop.aborted) {
      try {
        if (mustCheck || this.#head === undefined) {
          const revision = Number((await connection.get(this.#revisionKey)) ?? '0');
          if (stop.aborted) return;
          // Behind what was seen: Redis has lost writes. Every place beyond it is gone.
          if (this.#head === undefined || revision < this.#head) this.#restartAt(revision);
          mustCheck = false;
        }
        const read = await this.#readNext(connection, this.#head ?? 0);
        if (stop.aborted) return;
        if (read.length === 0) mustCheck = true;
        else this.#take(read);
      } catch {
        // Redis is away, or was: ask where it stands before going on. The connection's own retries set the pace.
        mustCheck = true;
        await this.#clock.sleep(RETRY_MS, stop);
      }
    }
  }

  async #readNext(connection: Redis, after: number): Promise<readonly Entry<T>[]> {
    const place = `${after}-0`;
    const streams = (await connection.xread(
      'COUNT',
      BATCH,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      this.#stream,
      place,
    )) as [string, [string, string[]][]][] | null;
    return (streams?.[0]?.[1] ?? []).map((entry) => this.#entry(entry));
  }

  #take(entries: readonly Entry<T>[]): void {
    const last = this.#recent.at(-1);
    const isContinuous = last === undefined || entries[0]?.revision === last.revision + 1;
    this.#recent = [...(isContinuous ? this.#recent : []), ...entries].slice(-RECENT);
    this.#head = this.#recent.at(-1)?.revision;
    this.#wakeAll();
  }

  #restartAt(revision: number): void {
    this.#head = revision;
    this.#recent = [];
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  #entry([id, fields]: [string, string[]]): Entry<T> {
    const revision = id.slice(0, id.indexOf('-'));
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    return { revision: Number(revision), value: this.#parse(field, revision) };
  }
}
