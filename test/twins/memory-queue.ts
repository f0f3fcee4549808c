import type { Clock, Random } from '../../src/clock.ts';
import { BACKOFF, type BackoffSettings, backoffMs } from '../../src/queue/backoff.ts';
import type { Reconcile, WorkQueue } from '../../src/queue/queue.ts';

interface Pass {
  readonly owner: MemoryQueue;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export interface MemoryBrokerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly resyncMs?: number | undefined;
  readonly backoff?: BackoffSettings | undefined;
  /** How long after its crash a process's keys are taken over. */
  readonly takeoverMs?: number | undefined;
}

/** What Redis holds for the real queue: the keys that wait, in order, and who has which. Several queues may share one, as processes do. */
export class MemoryBroker {
  readonly deps: MemoryBrokerDeps;
  readonly #ready = new Set<string>();
  /** Triggered while a pass ran. */
  readonly #again = new Set<string>();
  readonly #running = new Map<string, Pass>();
  readonly #wakes = new Map<string, AbortController>();
  readonly #failures = new Map<string, number>();
  readonly #queues: MemoryQueue[] = [];
  #resyncs: AbortController | undefined;
  #isResyncing = false;
  #turn = 0;

  constructor(deps: MemoryBrokerDeps) {
    this.deps = deps;
  }

  trigger(key: string): void {
    if (this.#running.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#dispatch();
  }

  join(queue: MemoryQueue): void {
    this.#queues.push(queue);
    void this.#resync(queue);
    this.#dispatch();
    if (this.#resyncs === undefined) {
      this.#resyncs = new AbortController();
      void this.#resyncRegularly(this.#resyncs.signal);
    }
  }

  /** Takes no more keys. */
  leave(queue: MemoryQueue): void {
    const at = this.#queues.indexOf(queue);
    if (at >= 0) this.#queues.splice(at, 1);
    if (this.#queues.length > 0) return;
    this.#resyncs?.abort();
    this.#resyncs = undefined;
  }

  passesOf(queue: MemoryQueue): readonly Pass[] {
    return [...this.#running.values()].filter((pass) => pass.owner === queue);
  }

  /** The keys of a process that is dead, or so slow that it seems so, come back after a while. */
  async takeOverFrom(queue: MemoryQueue, stillThere?: AbortSignal): Promise<void> {
    const held = [...this.#running].filter(([, pass]) => pass.owner === queue);
    await this.deps.clock.sleep(this.deps.takeoverMs ?? 15_000, stillThere);
    if (stillThere?.aborted) return;
    for (const [key, pass] of held) {
      if (this.#running.get(key) !== pass) continue;
      this.#running.delete(key);
      this.#again.delete(key);
      this.trigger(key);
    }
  }

  #dispatch(): void {
    for (const key of this.#ready) {
      const queue = this.#queues[this.#turn++ % this.#queues.length];
      if (queue === undefined) return;
      this.#ready.delete(key);
      const abort = new AbortController();
      // A pass begins when the trigger has returned, as it does over a network.
      const ended = Promise.resolve().then(() => this.#pass(queue, key, abort.signal));
      this.#running.set(key, { owner: queue, abort, ended });
    }
  }

  async #pass(queue: MemoryQueue, key: string, signal: AbortSignal): Promise<void> {
    let lookAgainMs: number | undefined;
    try {
      lookAgainMs = await queue.reconcile(key, signal);
    } catch {
      lookAgainMs = undefined;
    }
    // A dead process does not come back from a pass, and one that lost its key has no more say.
    if (queue.isDead || this.#running.get(key)?.abort.signal !== signal) return;
    this.#running.delete(key);
    if (signal.aborted) this.#again.add(key);
    else if (lookAgainMs === undefined) this.#wakeAfter(key, this.#backoffOf(key));
    else {
      this.#failures.delete(key);
      if (lookAgainMs > 0) this.#wakeAfter(key, lookAgainMs);
    }
    if (this.#again.delete(key)) this.trigger(key);
  }

  #backoffOf(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return backoffMs(this.deps.backoff ?? BACKOFF, failures, this.deps.random);
  }

  #wakeAfter(key: string, delayMs: number): void {
    this.#wakes.get(key)?.abort('replaced');
    const replaced = new AbortController();
    this.#wakes.set(key, replaced);
    void this.deps.clock.sleep(delayMs, replaced.signal).then(() => {
      if (replaced.signal.aborted) return;
      this.#wakes.delete(key);
      this.trigger(key);
    });
  }

  async #resyncRegularly(stop: AbortSignal): Promise<void> {
    for (;;) {
      await this.deps.clock.sleep(this.deps.resyncMs ?? 60_000, stop);
      if (stop.aborted) return;
      const queue = this.#queues[this.#turn++ % this.#queues.length];
      if (queue === undefined) return;
      await this.#resync(queue);
    }
  }

  async #resync(queue: MemoryQueue): Promise<void> {
    if (this.#isResyncing) return;
    this.#isResyncing = true;
    try {
      for (const key of await queue.resync()) this.trigger(key);
    } catch {
      // The next one is never far.
    } finally {
      this.#isResyncing = false;
    }
  }
}

/** The work queue in memory, with the same rules: one process's part in a broker, its own or a shared one. */
export class MemoryQueue implements WorkQueue {
  readonly #broker: MemoryBroker;
  readonly #clock: Clock;
  isDead = false;
  #frozen: AbortController | undefined;
  #hasStarted = false;
  reconcile: Reconcile = async () => 0;
  resync: () => Promise<readonly string[]> = async () => [];

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
    this.#clock = broker.deps.clock;
  }

  async trigger(key: string): Promise<void> {
    this.#broker.trigger(key);
  }

  async start(reconcile: Reconcile, resync: () => Promise<readonly string[]>): Promise<void> {
    this.reconcile = reconcile;
    this.resync = resync;
    this.#hasStarted = true;
    if (this.#frozen === undefined && !this.isDead) this.#broker.join(this);
  }

  async close(graceMs = 10_000): Promise<void> {
    this.#broker.leave(this);
    const passes = this.#broker.passesOf(this);
    const ended = Promise.all(passes.map((pass) => pass.ended));
    const done = new AbortController();
    void ended.then(() => done.abort());
    await this.#clock.sleep(graceMs, done.signal);
    for (const pass of passes) pass.abort.abort(new Error('the process stops'));
    await ended;
  }

  /** Stands still, as by SIGSTOP: takes no keys, and after a while those that it has are given to others. */
  freeze(): void {
    if (this.#frozen !== undefined) return;
    this.#frozen = new AbortController();
    this.#broker.leave(this);
    void this.#broker.takeOverFrom(this, this.#frozen.signal);
  }

  /** Goes on, as by SIGCONT. What it was doing goes on too, whoever has the key by now. */
  resume(): void {
    if (this.isDead || this.#frozen === undefined) return;
    this.#frozen.abort();
    this.#frozen = undefined;
    if (this.#hasStarted) this.#broker.join(this);
  }

  /** Dies in the middle of whatever it does, as by SIGKILL: its passes never end, its keys are taken over later. */
  crash(): void {
    this.isDead = true;
    this.#broker.leave(this);
    void this.#broker.takeOverFrom(this);
  }
}
