import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import type { WorkQueue } from '../../src/queue/queue.ts';
import { connect } from '../../src/store/redis.ts';
import { MemoryBroker, MemoryQueue } from '../twins/memory-queue.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';

// One list of rules for BullMQ on real Redis and for the twin. Nothing here waits a while: it waits for a fact, and shows that
// something did not happen by a later thing that did.

interface World {
  /** Time passes only while somebody sleeps, so that "at least" may be read as "exactly". */
  readonly isExact: boolean;
  /** One process's queue; all of one world share the work. */
  queue(settings?: { readonly resyncMs?: number }): WorkQueue;
  now(): number;
  sleep(ms: number): Promise<void>;
  until(holds: () => boolean): Promise<void>;
  end(): Promise<void>;
}

const BACKOFF = { baseMs: 100, maxMs: 400 };
const LIMIT_MS = 30_000;
const HOUR_MS = 3_600_000;

function bullmq(): World {
  const redis = connect({ url: inject('redisUrl') }, 'patient');
  const prefix = `test-${randomUUID()}`;
  const queues: WorkQueue[] = [];
  const log = { debug: () => {}, warn: () => {}, error: () => {} };
  return {
    isExact: false,
    queue: ({ resyncMs = HOUR_MS } = {}) => {
      const queue = new BullmqQueue({
        redis,
        prefix,
        clock: systemClock,
        random: () => 0.5,
        log,
        backoff: BACKOFF,
        resyncMs,
      });
      queues.push(queue);
      return queue;
    },
    now: () => systemClock.now(),
    sleep: (ms) => systemClock.sleep(ms),
    until: async (holds) => {
      const end = systemClock.now() + LIMIT_MS;
      while (!holds()) {
        if (systemClock.now() > end) throw new Error(`it did not happen within ${LIMIT_MS} ms`);
        await systemClock.sleep(5);
      }
    },
    end: async () => {
      await Promise.all(queues.map((queue) => queue.close(0)));
      redis.disconnect();
    },
  };
}

function memory(): World {
  const clock = new VirtualClock();
  let broker: MemoryBroker | undefined;
  return {
    isExact: true,
    queue: ({ resyncMs = HOUR_MS } = {}) => {
      broker ??= new MemoryBroker({ clock, random: () => 0.5, backoff: BACKOFF, resyncMs });
      return new MemoryQueue(broker);
    },
    now: () => clock.now(),
    sleep: (ms) => clock.sleep(ms),
    until: (holds) => clock.until(holds, LIMIT_MS),
    end: async () => {},
  };
}

describe.each(Object.entries({ BullmqQueue: bullmq, MemoryQueue: memory }))('%s', (_, make) => {
  const worlds: World[] = [];
  const releases: (() => void)[] = [];
  const setup = (): World => {
    const world = make();
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const release of releases.splice(0)) release();
    for (const world of worlds.splice(0)) await world.end();
  });

  /** A gate that holds passes until it is opened. */
  function gate(): { readonly passed: Promise<void>; open(): void } {
    let open = () => {};
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    releases.push(open);
    return { passed, open };
  }
  const noKeys = async () => [];
  const count = (runs: readonly string[], key: string) => runs.filter((run) => run === key).length;

  /** Everything that the queue had to do for other keys is done once this one has had its turn. */
  async function sentinel(world: World, queue: WorkQueue, runs: readonly string[]): Promise<void> {
    for (let turn = 1; turn <= 2; turn++) {
      await queue.trigger('sentinel');
      await world.until(() => count(runs, 'sentinel') === turn);
    }
  }

  test('a trigger causes a pass over the key', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    await queue.start(async (key) => {
      runs.push(key);
      return 0;
    }, noKeys);
    await queue.trigger('Instance/bot-573332221111');
    await world.until(() => runs.length === 1);
    expect(runs).toEqual(['Instance/bot-573332221111']);
  });

  test('triggers before the start are not lost, and those of one key collapse', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    for (let i = 0; i < 3; i++) await queue.trigger('a');
    await queue.start(async (key) => {
      runs.push(key);
      return 0;
    }, noKeys);
    await world.until(() => runs.length > 0);
    await sentinel(world, queue, runs);
    expect(count(runs, 'a')).toBe(1);
  });

  test('triggers during a pass cause exactly one more, after it', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    const held = gate();
    let isRunning = false;
    let overlaps = 0;
    await queue.start(async (key) => {
      runs.push(key);
      if (key !== 'a') return 0;
      if (isRunning) overlaps++;
      isRunning = true;
      await held.passed;
      isRunning = false;
      return 0;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => count(runs, 'a') === 1);
    for (let i = 0; i < 3; i++) await queue.trigger('a');
    held.open();
    await world.until(() => count(runs, 'a') === 2);
    await sentinel(world, queue, runs);
    expect(count(runs, 'a')).toBe(2);
    expect(overlaps).toBe(0);
  });

  test('different keys have their passes at the same time', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    const held = gate();
    await queue.start(async (key) => {
      runs.push(key);
      await held.passed;
      return 0;
    }, noKeys);
    for (let i = 0; i < 20; i++) await queue.trigger(`key-${i}`);
    await world.until(() => runs.length === 20);
    expect(new Set(runs).size).toBe(20);
  });

  test('a pass that answers a time is followed by another, not before it', async () => {
    const world = setup();
    const queue = world.queue();
    const times: number[] = [];
    await queue.start(async () => {
      times.push(world.now());
      return times.length === 1 ? 300 : 0;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => times.length === 2);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(300);
  });

  test('a trigger does not wait for a pending "look again"', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    await queue.start(async (key) => {
      runs.push(key);
      return HOUR_MS;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => runs.length === 1);
    await sentinel(world, queue, runs);
    const before = world.now();
    await queue.trigger('a');
    await world.until(() => count(runs, 'a') === 2);
    expect(world.now() - before).toBeLessThan(LIMIT_MS);
  });

  test('a trigger during a pass is not held back by the time which that pass answers', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    const held = gate();
    await queue.start(async (key) => {
      runs.push(key);
      await held.passed;
      return HOUR_MS;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => runs.length === 1);
    await queue.trigger('a');
    held.open();
    await world.until(() => runs.length === 2);
    expect(runs).toEqual(['a', 'a']);
  });

  test('the latest answer counts: a later pass moves the next look', async () => {
    const world = setup();
    const queue = world.queue();
    const times: number[] = [];
    await queue.start(async (key) => {
      if (key === 'a') times.push(world.now());
      return [HOUR_MS, 200, 0][times.length - 1] ?? 0;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => times.length === 1);
    await queue.trigger('a');
    await world.until(() => times.length === 3);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(200);
  });

  test('a failing key comes again with growing delays, and a success ends that', async () => {
    const world = setup();
    const queue = world.queue();
    const times: number[] = [];
    await queue.start(async () => {
      times.push(world.now());
      if (times.length !== 4) throw new Error('not yet');
      return 1;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => times.length === 7);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    // 100, 200, 400 with the middle of the jitter; after the success the count begins anew.
    const wanted = [90, 180, 360, 1, 90, 180];
    if (world.isExact) expect(gaps).toEqual(wanted);
    else
      expect(
        gaps.every((gap, i) => gap >= (wanted[i] ?? 0)),
        String(gaps),
      ).toBe(true);
  });

  test('a failing key does not hold up others, and a trigger overtakes its backoff', async () => {
    const world = setup();
    const queue = world.queue();
    const runs: string[] = [];
    await queue.start(async (key) => {
      runs.push(key);
      if (key === 'bad') throw new Error('always');
      return 0;
    }, noKeys);
    await queue.trigger('bad');
    await queue.trigger('good');
    await world.until(() => count(runs, 'good') === 1 && count(runs, 'bad') >= 1);
    const before = count(runs, 'bad');
    await queue.trigger('bad');
    await world.until(() => count(runs, 'bad') > before);
  });

  test('over two processes a key has one pass at a time, and no trigger is lost', async () => {
    const world = setup();
    const queues = [world.queue(), world.queue()];
    const keys = Array.from({ length: 10 }, (_, i) => `key-${i}`);
    const wanted = new Map(keys.map((key) => [key, 0]));
    const seen = new Map<string, number>();
    const running = new Set<string>();
    let overlaps = 0;
    for (const queue of queues) {
      await queue.start(async (key) => {
        if (running.has(key)) overlaps++;
        running.add(key);
        const value = wanted.get(key) ?? 0;
        await world.sleep(2);
        seen.set(key, value);
        running.delete(key);
        return 0;
      }, noKeys);
    }
    for (let round = 1; round <= 30; round++) {
      await Promise.all(
        keys.map(async (key, i) => {
          wanted.set(key, round);
          await queues[(round + i) % 2]?.trigger(key);
        }),
      );
    }
    await world.until(() => keys.every((key) => seen.get(key) === 30));
    expect(overlaps).toBe(0);
  });

  test('the resync names keys at the start and again after each interval', async () => {
    const world = setup();
    const queue = world.queue({ resyncMs: 300 });
    const runs: string[] = [];
    let resyncs = 0;
    await queue.start(
      async (key) => {
        runs.push(key);
        return 0;
      },
      async () => {
        resyncs++;
        return ['a', 'b'];
      },
    );
    await world.until(() => resyncs >= 3 && count(runs, 'a') >= 3 && count(runs, 'b') >= 3);
  });

  test('a process that starts later asks at once, though the schedule stands', async () => {
    const world = setup();
    let resyncs = 0;
    for (let starts = 1; starts <= 3; starts++) {
      const before = resyncs;
      await world.queue({ resyncMs: HOUR_MS }).start(
        async () => 0,
        async () => {
          resyncs++;
          return [];
        },
      );
      await world.until(() => resyncs > before);
    }
  });

  test('a resync that fails does not end the resyncs', async () => {
    const world = setup();
    const queue = world.queue({ resyncMs: 300 });
    const runs: string[] = [];
    let resyncs = 0;
    await queue.start(
      async (key) => {
        runs.push(key);
        return 0;
      },
      async () => {
        if (++resyncs === 1) throw new Error('the store is away');
        return ['a'];
      },
    );
    await world.until(() => runs.length > 0);
  });

  test('the resync comes once an interval in the whole system, not once a process', async () => {
    const world = setup();
    const resyncMs = 300;
    let resyncs = 0;
    const from = world.now();
    for (let i = 0; i < 3; i++) {
      await world.queue({ resyncMs }).start(
        async () => 0,
        async () => {
          resyncs++;
          return [];
        },
      );
    }
    await world.until(() => resyncs >= 14);
    // At the start each process may ask once more than the schedule.
    const intervals = Math.floor((world.now() - from) / resyncMs);
    expect(resyncs).toBeLessThanOrEqual(intervals + 2 + 3);
  });

  test('close waits for the pass that runs', async () => {
    const world = setup();
    const queue = world.queue();
    const held = gate();
    const runs: string[] = [];
    let wasAborted = false;
    await queue.start(async (key, signal) => {
      runs.push(key);
      await held.passed;
      wasAborted = signal.aborted;
      runs.push('ended');
      return 0;
    }, noKeys);
    await queue.trigger('a');
    await world.until(() => runs.length === 1);
    let isClosed = false;
    const closing = queue.close(LIMIT_MS).then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    expect(isClosed).toBe(false);
    held.open();
    await world.until(() => isClosed);
    await closing;
    expect(runs).toEqual(['a', 'ended']);
    expect(wasAborted).toBe(false);
  });

  test('close aborts the passes that outlast its grace, and another process goes on with them', async () => {
    const world = setup();
    const [first, second] = [world.queue(), world.queue()];
    const runs: string[] = [];
    await first.start(async (_, signal) => {
      runs.push('first');
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      signal.throwIfAborted();
      return 0;
    }, noKeys);
    await first.trigger('a');
    await world.until(() => runs.length === 1);
    let isClosed = false;
    void first.close(50).then(() => {
      isClosed = true;
    });
    await world.until(() => isClosed);
    await second.start(async () => {
      runs.push('second');
      return 0;
    }, noKeys);
    await world.until(() => runs.includes('second'));
    expect(runs).toEqual(['first', 'second']);
  });

  test('after a close no key is taken; the triggers stay for the next process', async () => {
    const world = setup();
    const [first, second] = [world.queue(), world.queue()];
    const runs: string[] = [];
    await first.start(async () => {
      runs.push('first');
      return 0;
    }, noKeys);
    let isClosed = false;
    void first.close().then(() => {
      isClosed = true;
    });
    await world.until(() => isClosed);
    await second.trigger('a');
    await second.start(async () => {
      runs.push('second');
      return 0;
    }, noKeys);
    await world.until(() => runs.length === 1);
    expect(runs).toEqual(['second']);
  });

  test('a queue that was never started closes', async () => {
    const world = setup();
    const queue = world.queue();
    let isClosed = false;
    void queue.close().then(() => {
      isClosed = true;
    });
    await world.until(() => isClosed);
  });
});
