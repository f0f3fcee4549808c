import { ORPHAN_FINALIZER } from '../../../resources/meta.ts';
import { othersFinalizers } from '../../finalizers.ts';
import type { StepResult } from '../../reconciler.ts';
import type { InstanceContext } from './context.ts';

/** Lets the record go: its droplet is proven gone, or left to live on without it. */
export async function finalize(context: InstanceContext): Promise<StepResult> {
  const { object, deps } = context;
  const isOrphaning = object.metadata.finalizers?.includes(ORPHAN_FINALIZER);
  const what = isOrphaning ? 'The instance is gone' : 'The instance and its droplet are gone';
  await context.event('Normal', 'Deleted', what);
  const finalizers = othersFinalizers(object.metadata.finalizers);
  await deps.store.update('Instance', { ...object, metadata: { ...object.metadata, finalizers } });
  return 'gone';
}
