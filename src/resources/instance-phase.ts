import type { Instance } from './instance.ts';
import type { Phase } from './phase.ts';

/** Where an instance stands, as people are told it: its status, corrected by what was asked for since that was written. */
export interface Standing {
  readonly phase: Phase;
  /** 25, 50, 75 or 100. */
  readonly progress: number;
  /** Why it failed for good; undefined when it has not, or was changed since. */
  readonly failure: string | undefined;
}

/** An instance that was just declared, or changed after it failed, is at the beginning. Pure. */
export function standingOf({ metadata, status }: Pick<Instance, 'metadata' | 'status'>): Standing {
  const isFailed = status?.failure?.generation === metadata.generation;
  const startsAnew = status === undefined || (status.failure !== undefined && !isFailed);
  return {
    phase: metadata.deletionTimestamp ? 'deleting' : startsAnew ? 'creating_droplet' : status.phase,
    progress: startsAnew ? 25 : status.progress,
    failure: isFailed ? status?.failure?.message : undefined,
  };
}
