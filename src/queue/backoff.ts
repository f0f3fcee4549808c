import type { Random } from '../clock.ts';

export interface BackoffSettings {
  /** After the first failure. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** A Kubernetes work queue would begin at 5 ms; here each try may cost a request of a small budget. */
export const BACKOFF: BackoffSettings = { baseMs: 1_000, maxMs: 300_000 };

/** Share of the delay that chance may take off, so that keys which failed together do not come back together. */
const JITTER = 0.2;

/** How many ms to wait after the `failures`-th failure in a row (1: the first): doubles each time, up to a limit. */
export function backoffMs(settings: BackoffSettings, failures: number, random: Random): number {
  const ceiling = Math.min(settings.maxMs, settings.baseMs * 2 ** Math.max(0, failures - 1));
  return Math.round(ceiling * (1 - JITTER * random()));
}
