import type { WorkQueue } from './queue.ts';

/** A queue that tells whenever all keys were named: when it falls silent for minutes, nobody takes work any more. */
export function noteResyncs(queue: WorkQueue, note: () => Promise<void>): WorkQueue {
  return {
    trigger: (key) => queue.trigger(key),
    start: (reconcile, resync) =>
      queue.start(reconcile, async () => {
        const keys = await resync();
        await note();
        return keys;
      }),
    close: (graceMs) => queue.close(graceMs),
  };
}
