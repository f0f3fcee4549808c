import { CLOUD_FINALIZER } from '../../../resources/meta.ts';
import type { StepResult } from '../../reconciler.ts';
import type { InstanceContext } from './context.ts';

/** Lets the record go: its droplet is proven gone. */
export async function finalize(context: InstanceContext): Promise<StepResult> {
  const { object, deps } = context;
  await deps.journal.forgetLog(object.metadata.name);
  await context.event('Normal', 'Deleted', 'The instance and its droplet are gone');
  const finalizers = object.metadata.finalizers?.filter((name) => name !== CLOUD_FINALIZER);
  await deps.store.update('Instance', { ...object, metadata: { ...object.metadata, finalizers } });
  return 'gone';
}
