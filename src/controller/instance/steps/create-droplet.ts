import { ADOPT_ANNOTATION, NUMBER_LABEL } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';

/** Declares the instance's droplet. The name makes it the only one: while an earlier one is not proven gone, the store refuses. */
export async function createDroplet(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  if (!facts.wanted) return undefined;
  const { metadata, spec } = object;
  // From here on it claims another only when this one is given up before: or a frozen process could give it two.
  await context.save({ dropletName: metadata.name });
  try {
    await deps.store.create('Droplet', {
      name: metadata.name,
      labels: { [NUMBER_LABEL]: spec.numberphone },
      annotations: facts.foreign ? { [ADOPT_ANNOTATION]: String(facts.foreign.id) } : undefined,
      ownerReferences: [ownerReferenceTo(object)],
      spec: facts.wanted,
    });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'already-exists')) throw error;
  }
  return undefined;
}
