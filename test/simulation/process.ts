import { Controller, type ControllerOptions } from '../../src/controller/controller.ts';
import { StoreCache } from '../../src/store/cache.ts';
import type { MemoryQueue } from '../twins/memory-queue.ts';
import { type Effect, type Gate, gated, type Ports } from './gate.ts';

/** Lets one use of a port happen, or does something else to it. */
export type Intercept = <T>(effect: Effect, run: () => Promise<T>, process: Process) => Promise<T>;

export interface ProcessDeps {
  readonly name: string;
  readonly ports: Ports & { readonly queue: MemoryQueue };
  readonly rest: Pick<
    ControllerOptions,
    'secrets' | 'sessions' | 'newHostKey' | 'random' | 'log' | 'settings'
  >;
  readonly intercept: Intercept;
  readonly skewMs?: number | undefined;
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** One controller process: the real controller and the real cache over ports that stop with it. */
export class Process implements Gate {
  readonly name: string;
  readonly skewMs: number;
  readonly #deps: ProcessDeps;
  readonly #death = new AbortController();
  #thaw: (() => void) | undefined;
  #frozen: Promise<void> | undefined;
  #controller: Controller | undefined;
  #cache: StoreCache | undefined;

  constructor(deps: ProcessDeps) {
    this.#deps = deps;
    this.name = deps.name;
    this.skewMs = deps.skewMs ?? 0;
  }

  get death(): AbortSignal {
    return this.#death.signal;
  }

  get isDead(): boolean {
    return this.death.aborted;
  }

  async start(): Promise<void> {
    const { ports, rest } = this.#deps;
    const own = gated(ports, this);
    const cache = new StoreCache({ store: own.store, clock: own.clock });
    await cache.start();
    this.#cache = cache;
    const controller = new Controller({ ...own, ...rest, objects: cache });
    this.#controller = controller;
    await controller.start();
  }

  /** As by SIGTERM. */
  async close(): Promise<void> {
    await this.#controller?.close();
    await this.#cache?.close();
  }

  /** As by SIGKILL: whatever it was about to do does not happen, and it hears of nothing any more. */
  crash(): void {
    if (this.isDead) return;
    this.#deps.ports.queue.crash();
    this.#death.abort();
  }

  /** As by SIGSTOP. What is on its way in the world goes on. */
  freeze(): void {
    if (this.#frozen !== undefined || this.isDead) return;
    this.#deps.ports.queue.freeze();
    this.#frozen = new Promise((resolve) => {
      this.#thaw = () => resolve();
    });
  }

  /** As by SIGCONT. */
  resume(): void {
    if (this.#frozen === undefined) return;
    this.#frozen = undefined;
    this.#thaw?.();
    this.#deps.ports.queue.resume();
  }

  async alive(): Promise<void> {
    while (this.#frozen !== undefined) await this.#frozen;
    if (this.isDead) await never();
  }

  async pass<T>(
    port: Effect['port'],
    method: string,
    args: readonly unknown[],
    run: () => Promise<T>,
  ): Promise<T> {
    await this.alive();
    const effect: Effect = { process: this.name, port, method, args };
    try {
      return await this.#deps.intercept(effect, run, this);
    } finally {
      await this.alive();
    }
  }
}
