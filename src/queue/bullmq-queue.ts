import { type Job, type JobsOptions, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock, Random } from '../clock.ts';
import { BACKOFF, type BackoffSettings, backoffMs } from './backoff.ts';
import type { Reconcile, WorkQueue } from './queue.ts';

/** What the queue tells of; pino's Logger is one. */
export interface QueueLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface BullmqQueueDeps {
  /** Where Redis is; the queue opens three connections of its own to it. */
  readonly redis: Redis;
  /** Begins every key. In a Redis Cluster it must hold a hash tag. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: QueueLog;
  /** Passes at a time in this process. They mostly wait for others, so this may be large. */
  readonly concurrency?: number | undefined;
  readonly resyncMs?: number | undefined;
  readonly backoff?: BackoffSettings | undefined;
  /** A process that has not said for so long that it lives has lost its keys to the others. */
  readonly lockMs?: number | undefined;
}

interface Target {
  /** Empty for a resync. */
  readonly key: string;
}
type JobName = 'reconcile' | 'wake' | 'resync';
type QueueJob = Job<Target, void, JobName>;

interface Pass {
  readonly key: string;
  readonly abort: AbortController;
  /** Until then the key is ours; ms since the epoch. */
  heldUntil: number;
}

/** Not worth a job that does nothing but trigger. */
const AT_ONCE_MS = 1;
/** Longer than any reconciler means; BullMQ keeps due times in few bits. */
const MAX_WAKE_MS = 24 * 60 * 60 * 1000;
const RESYNC_BATCH = 500;
/** A dead process's keys are taken over within the lock and two rounds of looking for stalled jobs: 14 s at the most. */
const LOCK_MS = 7_000;
/** After an abort: for a pass to end, and for BullMQ to note it. What takes longer is taken over by another process. */
const ABORT_LIMIT_MS = 10_000;
const DISCONNECT_LIMIT_MS = 2_000;
/** BullMQ blocks for 10 s at the most. A connection that owes an answer for longer leads to a machine that is gone without a word. */
const SOCKET_TIMEOUT_MS = 15_000;

/** A job of ours throws only when Redis fails it. Then it must come back: a failed job would drop its key. */
const UNTIL_REDIS_TAKES_IT: JobsOptions = {
  attempts: 1e9,
  backoff: { type: 'fixed', delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: true,
};
/** A resync that fails may be dropped: the next one is never far. */
const RESYNC: JobsOptions = {
  attempts: 5,
  backoff: { type: 'fixed', delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: true,
};

/**
 * The work queue on BullMQ, in two layers, because no single mode of its deduplication has the rules of a work queue: a
 * `reconcile` job is never delayed, so that a trigger never waits behind a delay; every delay is a `wake` job, whose only
 * work is to trigger.
 */
export class BullmqQueue implements WorkQueue {
  readonly #deps: BullmqQueueDeps;
  readonly #lockMs: number;
  readonly #name = 'work';
  readonly #bullPrefix: string;
  readonly #failuresKey: string;
  readonly #redis: Redis;
  readonly #queue: Queue<Target, void, JobName>;
  readonly #passes = new Map<string, Pass>();
  readonly #stop = new AbortController();
  #worker: Worker<Target, void, JobName> | undefined;
  #workerRedis: Redis | undefined;
  #lastTakenAt: number | undefined;
  #closed: Promise<void> | undefined;

  constructor(deps: BullmqQueueDeps) {
    this.#deps = deps;
    this.#lockMs = deps.lockMs ?? LOCK_MS;
    this.#bullPrefix = `${deps.prefix}:queue`;
    this.#failuresKey = `${deps.prefix}:queue:failures`;
    this.#redis = this.#connect();
    this.#queue = new Queue(this.#name, {
      connection: this.#redis,
      prefix: this.#bullPrefix,
      streams: { events: { maxLen: 100 } },
    });
    this.#queue.on('error', this.#note);
  }

  async trigger(key: string): Promise<void> {
    await this.#queue.add('reconcile', { key }, reconcileOptions(key));
  }

  async start(reconcile: Reconcile, resync: () => Promise<readonly string[]>): Promise<void> {
    if (this.#worker !== undefined || this.#closed !== undefined) {
      throw new Error('A work queue is started once and not again after its close.');
    }
    const { concurrency = 500, resyncMs = 60_000 } = this.#deps;
    this.#workerRedis = this.#connect();
    const worker = new Worker<Target, void, JobName>(
      this.#name,
      (job) => this.#process(job, reconcile, resync),
      {
        connection: this.#workerRedis,
        prefix: this.#bullPrefix,
        concurrency,
        lockDuration: this.#lockMs,
        stalledInterval: this.#lockMs / 2,
        // The default of 1 drops a key for good when its process dies for the second time.
        maxStalledCount: 1e9,
        // A dead machine may swallow the mark that wakes the workers; so long it then takes to see the work.
        drainDelay: 1,
      },
    );
    this.#worker = worker;
    worker.on('error', this.#note);
    worker.on('locksRenewed', ({ jobIds }) => this.#keep(jobIds));
    worker.on('lockRenewalFailed', (jobIds) => {
      for (const id of jobIds) this.#giveUp(this.#passes.get(id));
    });
    void this.#giveUpWhatIsNotHeld();

    const data = { key: '' };
    const next = await this.#queue.upsertJobScheduler(
      'resync',
      { every: resyncMs },
      { name: 'resync', data, opts: RESYNC },
    );
    // A new schedule begins at once; one that stands already may be as far off as its interval.
    if ((next?.delay ?? 0) > 0) {
      const deduplication = { id: 'resync-at-start' };
      await this.#queue.add('resync', data, { ...RESYNC, deduplication });
    }
  }

  /** When this process last took work, ms since the epoch; undefined before. A process that takes none for minutes while others do is stuck. */
  lastTakenAt(): number | undefined {
    return this.#lastTakenAt;
  }

  /** How much there is to do, over all processes. Waits for as long as Redis is away. */
  async depth(): Promise<{
    readonly waiting: number;
    readonly active: number;
    readonly delayed: number;
    /** How long the longest waiting key has waited, by the clock of this machine. */
    readonly oldestMs: number;
  }> {
    const [counts, [oldest]] = await Promise.all([
      this.#queue.getJobCounts('wait', 'active', 'delayed'),
      this.#queue.getJobs(['wait'], 0, 0, true),
    ]);
    return {
      waiting: counts['wait'] ?? 0,
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
      oldestMs: oldest ? Math.max(0, this.#deps.clock.now() - oldest.timestamp) : 0,
    };
  }

  close(graceMs = 10_000): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    const closing = this.#worker?.close() ?? Promise.resolve();
    const closed = closing.catch(this.#note);
    await this.#atMost(graceMs, closed, () => this.#passes.size === 0);
    if (this.#passes.size > 0) {
      for (const pass of this.#passes.values()) pass.abort.abort(new Error('the process stops'));
      await this.#atMost(ABORT_LIMIT_MS, closed, () => this.#passes.size === 0);
      for (const { key } of this.#passes.values()) {
        this.#deps.log.error({ key }, 'pass does not end although it was told to; leaving it');
      }
    }
    // The worker may wait for a Redis that is away; nothing is lost by leaving.
    await this.#atMost(DISCONNECT_LIMIT_MS, closed);
    await this.#atMost(DISCONNECT_LIMIT_MS, this.#queue.close().catch(this.#note));
    this.#stop.abort();
    await this.#atMost(0, this.#worker?.disconnect().catch(this.#note) ?? closed);
    this.#workerRedis?.disconnect();
    this.#redis.disconnect();
  }

  async #process(
    job: QueueJob,
    reconcile: Reconcile,
    resync: () => Promise<readonly string[]>,
  ): Promise<void> {
    this.#lastTakenAt = this.#deps.clock.now();
    switch (job.name) {
      case 'reconcile':
        return this.#pass(job, reconcile);
      case 'wake':
        return this.trigger(job.data.key);
      case 'resync':
        return this.#resync(await resync());
    }
  }

  async #pass(job: QueueJob, reconcile: Reconcile): Promise<void> {
    const { key } = job.data;
    const { clock, log } = this.#deps;
    // Taken in the moment of the close: left to another.
    if (this.#closed !== undefined) return this.trigger(key);
    const id = job.id ?? key;
    const pass: Pass = {
      key,
      abort: new AbortController(),
      heldUntil: (job.processedOn ?? clock.now()) + this.#lockMs,
    };
    this.#passes.set(id, pass);
    let lookAgainMs: number | undefined;
    try {
      lookAgainMs = await reconcile(key, pass.abort.signal);
    } catch (err) {
      // Never thrown on: for BullMQ a failed job is over, and its key would be dropped.
      if (!pass.abort.signal.aborted) log.warn({ err, key }, 'pass failed; trying again');
    } finally {
      this.#passes.delete(id);
    }
    if (pass.abort.signal.aborted) {
      // Whoever has the key now looks once more; what this pass wished or counted is not to be trusted.
      await this.trigger(key);
    } else if (lookAgainMs === undefined) {
      await this.#wakeAfter(key, await this.#backoffOf(key));
    } else {
      await this.#redis.hdel(this.#failuresKey, key);
      // An earlier wish to look again stays when there is no new one: at worst one pass too many.
      if (lookAgainMs > AT_ONCE_MS) await this.#wakeAfter(key, lookAgainMs);
      else if (lookAgainMs > 0) await this.trigger(key);
    }
  }

  async #backoffOf(key: string): Promise<number> {
    const failures = await this.#redis.hincrby(this.#failuresKey, key, 1);
    return backoffMs(this.#deps.backoff ?? BACKOFF, failures, this.#deps.random);
  }

  /** Replaces an earlier wish. */
  async #wakeAfter(key: string, delayMs: number): Promise<void> {
    const delay = Math.ceil(Math.min(delayMs, MAX_WAKE_MS));
    const deduplication = { id: `w:${key}`, keepLastIfActive: true, replace: true };
    await this.#queue.add('wake', { key }, { ...UNTIL_REDIS_TAKES_IT, delay, deduplication });
  }

  async #resync(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += RESYNC_BATCH) {
      const batch = keys.slice(at, at + RESYNC_BATCH);
      await this.#queue.addBulk(
        batch.map((key) => ({ name: 'reconcile', data: { key }, opts: reconcileOptions(key) })),
      );
    }
  }

  #keep(jobIds: readonly string[]): void {
    const heldUntil = this.#deps.clock.now() + this.#lockMs;
    for (const id of jobIds) {
      const pass = this.#passes.get(id);
      if (pass !== undefined) pass.heldUntil = heldUntil;
    }
  }

  #giveUp(pass: Pass | undefined): void {
    if (pass === undefined || pass.abort.signal.aborted) return;
    this.#deps.log.warn({ key: pass.key }, 'key was given to another; this pass must end');
    pass.abort.abort(new Error(`the key ${pass.key} was given to another process`));
  }

  /** BullMQ tells of a lost lock only when Redis says so. While Redis cannot be asked, the clock says it: a little early, never late. */
  async #giveUpWhatIsNotHeld(): Promise<void> {
    const everyMs = this.#lockMs / 10;
    while (!this.#stop.signal.aborted) {
      const soon = this.#deps.clock.now() + everyMs;
      for (const pass of this.#passes.values()) if (pass.heldUntil <= soon) this.#giveUp(pass);
      await this.#deps.clock.sleep(everyMs, this.#stop.signal);
    }
  }

  /** Waits for `ended`, or until `isEnough`, no longer than the limit. */
  async #atMost(
    limitMs: number,
    ended: Promise<unknown>,
    isEnough: () => boolean = () => false,
  ): Promise<void> {
    const { clock } = this.#deps;
    const until = clock.now() + limitMs;
    const done = new AbortController();
    void ended.then(() => done.abort('ended'));
    while (!done.signal.aborted && !isEnough() && clock.now() < until) {
      await clock.sleep(Math.min(20, until - clock.now()), done.signal);
    }
  }

  #connect(): Redis {
    const redis = this.#deps.redis.duplicate({
      // BullMQ opens a lazy connection itself, and gives up for good when Redis is not there at that moment.
      lazyConnect: false,
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      autoResendUnfulfilledCommands: true,
      retryStrategy: (times: number) => Math.min(100 * times, 1_000),
      socketTimeout: SOCKET_TIMEOUT_MS,
      // A server that is the master no more, or holds our keys no more, has written nothing: the command is for the new one.
      reconnectOnError: (err: Error) =>
        /^(READONLY|MOVED|ASK|CLUSTERDOWN)\b/.test(err.message) ? 2 : false,
    });
    redis.on('error', this.#note);
    return redis;
  }

  /** Every emitter needs a listener, or its error ends the process. All of these are tried again by themselves. */
  readonly #note = (err: unknown): void => {
    this.#deps.log.debug({ err }, 'the queue had trouble with Redis and goes on');
  };
}

const reconcileOptions = (key: string): JobsOptions => ({
  ...UNTIL_REDIS_TAKES_IT,
  deduplication: { id: `r:${key}`, keepLastIfActive: true },
});
