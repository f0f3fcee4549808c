import { isKind } from '../../../resources/kinds.ts';
import { controllerOwner } from '../../../resources/meta.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import { isAbandoned } from '../observe.ts';
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
  const owner = controllerOwner(object.metadata);
  const ownerNow = owner && isKind(owner.kind) && (await deps.store.get(owner.kind, owner.name));
  // What was seen first may have been older than the record.
  if (!isAbandoned(object, ownerNow || undefined)) return undefined;
  await deps.store.delete('Droplet', name, { uid });
  return { lookAgain: 1 };
}
