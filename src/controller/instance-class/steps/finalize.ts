import { othersFinalizers } from '../../finalizers.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { InstanceClassFacts } from '../plan.ts';

/** Lets the record go. Instances that name the class say so, and their bots run on. */
export async function finalize({
  object,
  deps,
}: StepContext<'InstanceClass', InstanceClassFacts>): Promise<StepResult> {
  const finalizers = othersFinalizers(object.metadata.finalizers);
  await deps.store.update('InstanceClass', {
    ...object,
    metadata: { ...object.metadata, finalizers },
  });
  return 'gone';
}
