import { type Random, systemClock } from '../../src/clock.ts';
import type { Program } from './processes.ts';
import { takeoverMs } from './takeover.ts';
import type { World } from './world.ts';

/** What was done to the processes, and how they took it. */
export interface Disturbances {
  readonly counts: Map<string, number>;
  /** ms from a kill -9 of a controller until others had all its keys; Infinity: not within a minute. */
  readonly takeoversMs: number[];
  /** ms from SIGTERM to the end of the process. */
  readonly stopsMs: number[];
  /** Processes that were told to stop and did not end with exit code 0. */
  readonly badStops: string[];
}

/** Longest times, in ms. */
export interface MonkeyOptions {
  readonly betweenMs: number;
  readonly frozenMs: number;
  readonly redisDownMs: number;
}

/** Kills, freezes and restarts what a world consists of, at random, until told to stop; then all of it runs. */
export class Monkey {
  readonly done: Disturbances = {
    counts: new Map(),
    takeoversMs: [],
    stopsMs: [],
    badStops: [],
  };
  readonly #world: World;
  readonly #random: Random;
  readonly #options: MonkeyOptions;
  /** What is being disturbed is left alone by other hands. */
  readonly #busy = new Set<unknown>();
  readonly #running = new Set<Promise<void>>();

  constructor(world: World, random: Random, options: MonkeyOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
  }

  async play(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await systemClock.sleep(this.#upTo(2 * this.#options.betweenMs), stop);
      if (!stop.aborted) this.#disturb();
    }
    await Promise.all(this.#running);
    await this.#reviveAll();
  }

  #disturb(): void {
    const { controllers, apis, redis, cloud } = this.#world;
    const controller = this.#any(controllers);
    const api = this.#any(apis).program;
    const { frozenMs, redisDownMs } = this.#options;
    const droplet = this.#any(cloud.account.living());
    const deeds: readonly [share: number, what: string, on: unknown, deed: () => Promise<void>][] =
      [
        [5, 'controllers killed', controller, () => this.#killController(controller)],
        [3, 'controllers frozen', controller, () => this.#freeze(controller, frozenMs)],
        [2, 'controllers restarted', controller, () => this.#restart(controller)],
        [2, 'APIs killed', api, () => this.#killAndStart(api, 1_000)],
        [1, 'APIs frozen', api, () => this.#freeze(api, frozenMs / 4)],
        [3, 'Redis killed', redis, () => this.#killAndStart(redis, redisDownMs)],
        [2, 'Redis frozen', redis, () => this.#freeze(redis, redisDownMs)],
        [1, 'droplets off', droplet, async () => cloud.account.powerLost(droplet?.id ?? 0)],
        [1, 'droplets vanished', droplet, async () => cloud.account.vanish(droplet?.id ?? 0)],
        [2, 'bots killed', droplet, async () => this.#sicken(droplet?.id)],
      ];
    // Each as often as its share says.
    const hat = deeds.flatMap((deed) => Array.from({ length: deed[0] }, () => deed));
    const [, what, on, deed] = this.#any(hat);
    if (on === undefined || this.#busy.has(on)) return;
    this.done.counts.set(what, (this.done.counts.get(what) ?? 0) + 1);
    this.#busy.add(on);
    const running = deed().finally(() => {
      this.#busy.delete(on);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async #killController(program: Program): Promise<void> {
    await program.kill();
    const { eyes, prefix } = this.#world;
    // Redis may be killed meanwhile: then this one can't be measured.
    const measured = takeoverMs(eyes, prefix).catch(() => undefined);
    await systemClock.sleep(this.#upTo(3_000));
    program.start();
    // An outage of Redis is no one's takeover time.
    if (this.#busy.has(this.#world.redis)) return;
    const redisFalls = this.done.counts.get('Redis killed') ?? 0;
    const redisFreezes = this.done.counts.get('Redis frozen') ?? 0;
    const tookMs = await measured;
    const wasQuiet =
      (this.done.counts.get('Redis killed') ?? 0) === redisFalls &&
      (this.done.counts.get('Redis frozen') ?? 0) === redisFreezes;
    if (tookMs !== undefined && wasQuiet) this.done.takeoversMs.push(tookMs);
  }

  async #killAndStart(program: Program, downMs: number): Promise<void> {
    await program.kill();
    await systemClock.sleep(this.#upTo(downMs));
    program.start();
  }

  async #restart(program: Program): Promise<void> {
    // Before it has loaded its code, Node itself answers the signal.
    if (!program.isRunning || !program.hasSaid('Orquesta runs')) return;
    const { code, tookMs } = await program.stop();
    this.done.stopsMs.push(tookMs);
    if (code !== 0)
      this.done.badStops.push(`${program.name} ended with ${code} after ${tookMs} ms`);
    program.start();
  }

  async #freeze(program: Program, forMs: number): Promise<void> {
    program.freeze();
    await systemClock.sleep(this.#upTo(forMs));
    program.thaw();
  }

  #sicken(id: number | undefined): void {
    const sickness = this.#random() < 0.8 ? 'needs-restart' : 'needs-reboot';
    if (id !== undefined) this.#world.cloud.machines?.sicken(id, sickness);
  }

  async #reviveAll(): Promise<void> {
    const { redis, controllers, apis } = this.#world;
    for (const program of [redis, ...controllers, ...apis.map((api) => api.program)]) {
      program.thaw();
      program.start();
    }
  }

  #any<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  #upTo(ms: number): number {
    return Math.round(ms * this.#random());
  }
}

/** What a service manager does: starts what ended by itself again, a second later, until told to stop. */
export async function supervise(world: World, stop: AbortSignal): Promise<void> {
  const deaths = new Map<Program, number>();
  const programs = [world.redis, ...world.controllers, ...world.apis.map((api) => api.program)];
  while (!stop.aborted) {
    await systemClock.sleep(1_000, stop);
    for (const program of programs) {
      if (program.deaths > (deaths.get(program) ?? 0)) program.start();
      deaths.set(program, program.deaths);
    }
  }
}
