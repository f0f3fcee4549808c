import type { Logger } from '../log.ts';
import type { WorkQueue } from '../queue/queue.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { getCondition } from '../resources/condition.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import { type Change, StoreError } from '../store/store.ts';
import { noteAccess } from './access.ts';
import { type Brakes, brakesOf } from './brakes.ts';
import type { ControllerDeps } from './deps.ts';
import { dropletReconciler } from './droplet/index.ts';
import { FleetView } from './fleet.ts';
import { instanceReconciler } from './instance/index.ts';
import { instanceClassReconciler } from './instance-class/index.ts';
import { OrphanCollector } from './orphans.ts';
import { Outages } from './outages.ts';
import { poolReconciler } from './pool/index.ts';
import { reconcile } from './reconciler.ts';
import { keysOfResync } from './resync.ts';
import { noteRoom } from './room.ts';
import { Sweeper, type SweeperDeps } from './sweep.ts';
import { TimelineWriter } from './timeline-writer.ts';
import {
  isChanging,
  type Key,
  keyOf,
  keysOfChange,
  keysOfSeen,
  type Objects,
  SWEEP,
} from './triggers.ts';

/** The store's objects in memory, kept up by its change stream. */
export interface ObjectFeed extends Objects {
  /** Whether everything up to this resourceVersion is in; waits for it some seconds. */
  caughtUpTo(resourceVersion: string): Promise<boolean>;
  onChange(listener: (change: Change, previous: ObjectOf[Kind] | undefined) => void): () => void;
}

export interface ControllerOptions
  extends Omit<
    ControllerDeps,
    'sweeper' | 'timeline' | 'brakes' | 'fleet' | 'outage' | 'startedAt' | 'objects'
  > {
  readonly queue: WorkQueue;
  readonly objects: ObjectFeed;
}

/** Why a pass is told to stop waiting. A reason of its own spares an error with its stack for each. */
const NEWS = 'news of the object';

/** The main loop: what changed becomes keys, and each key one pass of its reconciler. */
export class Controller {
  readonly #queue: WorkQueue;
  readonly #objects: ObjectFeed;
  readonly #deps: ControllerDeps;
  readonly #sweeper: Sweeper;
  readonly #log: Logger;
  /** Passes of this process that may be told to stop waiting. */
  readonly #passes = new Map<Key, AbortController>();
  readonly #outages: Outages;
  readonly #stopped = new AbortController();
  #stopListening: () => void = () => {};

  constructor({ queue, objects, ...ports }: ControllerOptions) {
    this.#queue = queue;
    this.#objects = objects;
    this.#log = ports.log;
    const cloud = noteRoom({
      ...ports,
      cloud: noteAccess({ ...ports, onRestored: () => this.#freeWaiting() }),
      onRoom: () => this.#freeWaiting(),
    });
    const orphans = new OrphanCollector({ ...ports, cloud });
    const sweeperDeps: SweeperDeps = {
      cloud,
      cloudView: ports.cloudView,
      clock: ports.clock,
      log: ports.log,
      onSeen: (droplets) => this.#onSeen(droplets),
      onSwept: (sweep, droplets) => orphans.collect(sweep, droplets, this.#stopped.signal),
      onAway: () => this.#outages.note("DigitalOcean's API"),
      onBack: () => this.#freeWaiting(),
    };
    this.#outages = new Outages(ports.clock);
    this.#sweeper = new Sweeper(sweeperDeps);
    const { botRepository } = ports.settings;
    const fleet = new FleetView({ objects, botRepository });
    this.#deps = {
      ...ports,
      cloud,
      objects,
      sweeper: this.#sweeper,
      timeline: new TimelineWriter(ports),
      startedAt: ports.clock.now(),
      fleet: {
        of: (klass) => fleet.of(klass),
        caughtUpTo: (revision) => objects.caughtUpTo(revision),
      },
      outage: () => this.#outages.recent(),
      brakes: () =>
        brakesOf(this.#objects.list('Instance').items, this.#outages.recent(), ports.clock.now()),
    };
  }

  /** Begins to work. `objects` must have caught up with the store. */
  async start(): Promise<void> {
    this.#stopListening = this.#objects.onChange((change, previous) => {
      for (const key of keysOfChange(change, previous, this.#objects)) this.#trigger(key);
    });
    await this.#queue.start(
      (key, signal) => this.#reconcile(key, signal),
      async () => keysOfResync(this.#objects, this.#deps.clock.now()),
    );
  }

  /** What holds repairs now, as this process sees it. */
  brakes(): Brakes {
    return this.#deps.brakes();
  }

  /** Ends or hands over the work in hand, within `graceMs`. */
  async close(graceMs?: number): Promise<void> {
    this.#stopListening();
    this.#stopped.abort();
    // Whoever waits in a pass is woken, so that its key goes back at once.
    for (const pass of this.#passes.values()) pass.abort();
    await this.#queue.close(graceMs);
  }

  /** One pass over one key; answers in how many ms to look again. */
  async #reconcile(key: Key, signal: AbortSignal): Promise<number> {
    if (key === SWEEP) {
      const droplets = () => this.#objects.list('Droplet').items;
      return this.#sweeper.reconcile(droplets, isChanging, signal);
    }
    const [kind, name = ''] = key.split('/');
    const changed = new AbortController();
    this.#passes.set(key, changed);
    try {
      if (kind === 'Instance') {
        return await reconcile(instanceReconciler, name, this.#deps, signal, changed.signal);
      }
      if (kind === 'Droplet') {
        return await reconcile(dropletReconciler, name, this.#deps, signal, changed.signal);
      }
      if (kind === 'InstanceClass') {
        return await reconcile(instanceClassReconciler, name, this.#deps, signal, changed.signal);
      }
      if (kind === 'InstancePool') {
        return await reconcile(poolReconciler, name, this.#deps, signal, changed.signal);
      }
      this.#log.error({ key }, 'A key of an unknown kind was triggered and is dropped');
      return 0;
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'unavailable') this.#outages.note('Redis');
      throw error;
    } finally {
      if (this.#passes.get(key) === changed) this.#passes.delete(key);
    }
  }

  #trigger(key: Key): void {
    this.#passes.get(key)?.abort(NEWS);
    this.#queue.trigger(key).catch((error: unknown) => {
      // The periodic resync finds the work all the same.
      this.#log.warn({ err: error, key }, 'A trigger was lost');
    });
  }

  /** The cloud takes again what it refused: nobody need wait for the next look of its own. Also whose pass is just being refused. */
  #freeWaiting(): void {
    this.#trigger(SWEEP);
    for (const kind of ['Droplet', 'Instance'] as const) {
      for (const { metadata, status } of this.#objects.list(kind).items) {
        if (getCondition(status?.conditions, 'Ready')?.status !== 'True') {
          this.#trigger(keyOf(kind, metadata.name));
        }
      }
    }
  }

  async #onSeen(droplets: readonly CloudDroplet[]): Promise<void> {
    for (const key of keysOfSeen(droplets, this.#objects)) this.#trigger(key);
  }
}
