import { CLOUD_FINALIZER } from '../../../resources/meta.ts';
import type { StepResult } from '../../reconciler.ts';
import type { PoolContext } from './context.ts';

/** Lets the record go: nothing waits in it any more. What was claimed from it stays with the instances. */
export async function finalize(context: PoolContext): Promise<StepResult> {
  const { object, deps } = context;
  await context.event('Normal', 'Deleted', 'The pool and all that waited in it are gone');
  const finalizers = object.metadata.finalizers?.filter((name) => name !== CLOUD_FINALIZER);
  await deps.store.update('InstancePool', {
    ...object,
    metadata: { ...object.metadata, finalizers },
  });
  return 'gone';
}
