/** One pass over one key. Answers in how many ms to look again; 0: only when triggered. Throwing means: again, with backoff. `signal` aborts when the pass must end: its key was given to another, or the process stops. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<number>;

/**
 * Who works on what, with the rules of a Kubernetes work queue, over all processes: at most one pass per key at a time; a trigger
 * during a pass causes exactly one more pass after it; waiting triggers collapse; a trigger overtakes a pending "look again";
 * a failing key backs off on its own, from 1 s to 5 min; a dead process's keys are taken over.
 */
export interface WorkQueue {
  /** Asks for a pass over the key, as soon as can be. */
  trigger(key: string): Promise<void>;
  /** Begins to take keys. `resync` names all keys there are; it is asked at start and each `resyncMs`, once in the whole system. */
  start(reconcile: Reconcile, resync: () => Promise<readonly string[]>): Promise<void>;
  /** Takes no more keys, aborts the passes that run after `graceMs`, and waits for their end. */
  close(graceMs?: number): Promise<void>;
}
