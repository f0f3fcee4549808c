import type { Droplet } from '../../../resources/droplet.ts';
import { type Preconditions, StoreError } from '../../../store/store.ts';
import type { StepContext } from '../../reconciler.ts';
import type { PoolFacts } from '../plan.ts';

export type PoolContext = StepContext<'InstancePool', PoolFacts>;

/** What must be true of a member for a write to be made on it: nobody has claimed or changed it meanwhile. */
export const unchanged = ({ metadata }: Droplet): Required<Preconditions> => ({
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});

/** Somebody else was quicker: for the next pass, which sees what they did. */
export const isOvertaken = (error: unknown): boolean =>
  error instanceof StoreError &&
  (error.kind === 'conflict' || error.kind === 'not-found' || error.kind === 'already-exists');
