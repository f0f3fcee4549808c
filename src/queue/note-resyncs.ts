import { decorated } from '../decorate.ts';
import type { WorkQueue } from './queue.ts';

/** A queue that tells whenever all keys were named: when it falls silent for minutes, nobody takes work any more. */
export function noteResyncs(queue: WorkQueue, note: () => Promise<void>): WorkQueue {
  return decorated(queue, {
    start: (reconcile, resync) =>
      queue.start(reconcile, async () => {
        const keys = await resync();
        await note();
        return keys;
      }),
  });
}
