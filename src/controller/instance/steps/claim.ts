import { NUMBER_LABEL } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { isClaimable } from '../plan.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';

/** Writes down which droplet is to be claimed, before it is: whoever comes next goes on with that one. */
export async function claim(context: InstanceContext): Promise<StepResult> {
  const { waiting } = context.facts;
  if (waiting) await context.save({ dropletName: waiting.metadata.name });
  return undefined;
}

/** The claim itself: one compare-and-set, by which the droplet's owner is no longer its pool but this instance. */
export async function takeDroplet(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { droplet } = facts;
  if (!droplet) return undefined;
  try {
    await deps.store.update('Droplet', {
      ...droplet,
      metadata: {
        ...droplet.metadata,
        labels: { ...droplet.metadata.labels, [NUMBER_LABEL]: object.spec.numberphone },
        ownerReferences: [ownerReferenceTo(object)],
      },
    });
  } catch (error) {
    // Somebody was quicker, or it has changed: it is looked at anew.
    if (error instanceof StoreError && (error.kind === 'conflict' || error.kind === 'not-found')) {
      return undefined;
    }
    throw error;
  }
  const { id } = droplet.status ?? {};
  await context.event('Normal', 'Claimed', `Droplet ${id} (${droplet.metadata.name}) was waiting`);
  return undefined;
}

/** The claimed droplet went to another or is no more: the next one, or else a new one. */
export async function releaseClaim(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const name = object.status?.dropletName;
  const droplet = name === undefined ? undefined : await deps.store.get('Droplet', name);
  // What was seen first may have been older than the claim.
  const isOurs = droplet?.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid);
  if (droplet && (isOurs || isClaimable(droplet, facts.poolRevision))) return undefined;
  await context.save({ dropletName: undefined });
  return undefined;
}
