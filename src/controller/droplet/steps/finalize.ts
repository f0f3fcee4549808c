import { othersFinalizers } from '../../finalizers.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

/** Lets the record go: nothing of it is left in the cloud. */
export async function finalize(context: StepContext<'Droplet', DropletFacts>): Promise<StepResult> {
  const { object, deps } = context;
  await context.event('Normal', 'Deleted', object.status?.message ?? 'The droplet is gone');
  const finalizers = othersFinalizers(object.metadata.finalizers);
  await deps.store.update('Droplet', { ...object, metadata: { ...object.metadata, finalizers } });
  return 'gone';
}
