import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

/**
 * Asks for the end of an object that nobody owns any more. A process that was frozen while it declared the droplet may have
 * done so after the instance was gone.
 */
export async function deleteRecord({
  object,
  deps,
}: StepContext<'Droplet', DropletFacts>): Promise<StepResult> {
  const { name, uid } = object.metadata;
  await deps.store.delete('Droplet', name, { uid });
  return { lookAgain: 1 };
}
