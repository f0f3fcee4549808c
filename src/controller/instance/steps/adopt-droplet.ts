import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';

/** Becomes the owner of a single droplet that stands where the instance's own would: one that an earlier instance left, as a rule. */
export async function adoptDroplet(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { droplet } = facts;
  if (!droplet) return undefined;
  const { metadata } = droplet;
  await deps.store.update('Droplet', {
    ...droplet,
    metadata: {
      ...metadata,
      ownerReferences: [...(metadata.ownerReferences ?? []), ownerReferenceTo(object)],
    },
  });
  await context.event('Normal', 'Adopted', `Droplet ${metadata.name} is taken over`);
  return undefined;
}
