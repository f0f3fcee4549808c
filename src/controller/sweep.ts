import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { getCondition } from '../resources/condition.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { CloudView, Sweep } from '../store/cloud-view.ts';
import { bootsOf, freshForMs, pagesOf, sweepIntervalMs, togetherWith } from './sweep-interval.ts';

const SWEEP_LIMIT_MS = 120_000;
const RETRY_MS = 5_000;
/** A busy queue is late by some tenths of a second: at rest the pass begins so much early, and waits for the very moment. */
const EARLY_MS = 500;

export interface SweeperDeps {
  readonly cloud: Cloud;
  readonly cloudView: CloudView;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every droplet that a sweep saw change, appear or vanish. */
  readonly onSeen: (droplets: readonly CloudDroplet[]) => Promise<void>;
  /** Told of everything that a sweep saw, once it is recorded. */
  readonly onSwept: (sweep: Sweep, droplets: readonly CloudDroplet[]) => Promise<void>;
  /** Told when the account could not be listed … */
  readonly onAway: () => void;
  /** … and when it can be again. */
  readonly onBack: () => void;
}

/** Lists the whole account, for all objects at once: ⌈N/200⌉ requests, whatever the number of instances. */
export class Sweeper {
  readonly #deps: SweeperDeps;
  #running: { readonly startedAt: number; readonly done: Promise<Sweep> } | undefined;
  #next: Promise<Sweep> | undefined;
  /** Droplets that this process last saw. */
  #listed = 0;
  #isAway = false;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  /** Requests that a sweep takes, as this process last saw it; 0 before its first. */
  get pages(): number {
    return pagesOf(this.#listed);
  }

  /**
   * A sweep that began at `time` (ms since the epoch) or later: the last one if it will do, else one that is shared by
   * all who ask meanwhile. Throws CloudError; rejects with the signal's reason when `signal` aborts.
   */
  async since(time: number, signal: AbortSignal): Promise<Sweep> {
    const last = await this.#deps.cloudView.lastSweep();
    // One of the future tells by another clock when it began.
    if (last && last.startedAt >= time && last.startedAt <= this.#deps.clock.now()) return last;
    return Promise.race([this.#sharedSince(time), aborted(signal)]);
  }

  /** As `since`, for whoever can do with a sweep that is a little older: the more pages the account has, the more. */
  recent(signal: AbortSignal): Promise<Sweep> {
    return this.since(this.#deps.clock.now() - freshForMs(this.#listed), signal);
  }

  #sharedSince(time: number): Promise<Sweep> {
    if (!this.#running) return this.#start();
    if (this.#running.startedAt >= time) return this.#running.done;
    this.#next ??= this.#running.done
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<Sweep> {
    const startedAt = this.#deps.clock.now();
    const done = this.#sweep(startedAt).finally(() => {
      if (this.#running?.done === done) this.#running = undefined;
    });
    this.#running = { startedAt, done };
    return done;
  }

  async #sweep(startedAt: number): Promise<Sweep> {
    const { cloud, cloudView, clock, log, onSeen, onSwept, onBack } = this.#deps;
    const droplets = await cloud.listDroplets(AbortSignal.timeout(SWEEP_LIMIT_MS));
    this.#listed = droplets.length;
    const sweep = { startedAt, finishedAt: clock.now() };
    const { changed, missing } = await cloudView.record(sweep, droplets);
    log.debug(
      { droplets: droplets.length, changed: changed.length, missing: missing.length },
      'Swept the account',
    );
    if (this.#isAway) onBack();
    this.#isAway = false;
    await onSeen([...changed, ...missing]);
    await onSwept(sweep, droplets);
    return sweep;
  }

  /** The periodic duty: sweeps when it is time, and answers in how many ms to look again. `changing`: what sweeps are waited for now, of all `droplets`. */
  async reconcile(
    droplets: () => readonly Droplet[],
    isChanging: (droplet: Droplet) => boolean,
    signal: AbortSignal,
  ): Promise<number> {
    const { cloudView, clock, log } = this.#deps;
    const intervalNow = () => {
      const all = droplets();
      const changing = all.filter(isChanging);
      const isQuiet = changing.length === 0;
      const interval = sweepIntervalMs(changing, this.#listed, clock.now(), {
        boots: isQuiet ? undefined : bootsOf(all),
        together: togetherWith(changing, all),
        isHeld: all.some(isHeldByBudget),
      });
      return { interval, isQuiet };
    };
    const { interval, isQuiet } = intervalNow();
    const last = await cloudView.lastSweep();
    // At rest from one beginning to the next, for what happens during a listing is noticed by the one after it. While something is changing they are kept apart, however long each takes.
    const due = last ? (isQuiet ? last.startedAt : last.finishedAt) + interval : 0;
    // A sweep of the future comes from a machine whose clock was ahead: not a reason to stop looking.
    const now = clock.now();
    if (due > now && due - now <= interval) {
      if (!isQuiet) return due - now;
      if (due - now > EARLY_MS || signal.aborted) return Math.max(due - now - EARLY_MS, 1);
      await clock.sleep(due - now, signal);
      return this.reconcile(droplets, isChanging, signal);
    }
    let sweep: Sweep;
    try {
      sweep = await this.since(now, signal);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      log.warn({ reason: error.message }, 'The account could not be listed');
      if (error.kind !== 'rate-limited' && error.kind !== 'unauthorized') {
        this.#isAway = true;
        this.#deps.onAway();
      }
      return error.retryAt ? Math.max(error.retryAt - clock.now(), 1) : RETRY_MS;
    }
    const next = intervalNow();
    return next.isQuiet
      ? Math.max(sweep.startedAt + next.interval - EARLY_MS - clock.now(), 1)
      : next.interval;
  }
}

const isHeldByBudget = ({ status }: Droplet): boolean =>
  status?.id === undefined && getCondition(status?.conditions, 'Ready')?.reason === 'RateLimited';

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
