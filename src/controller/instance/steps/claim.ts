import { CloudError } from '../../../cloud/cloud.ts';
import { clusterTag } from '../../../resources/cloud-droplet.ts';
import { NUMBER_LABEL } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { isClaimable, isWithin } from '../plan.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';
import { sweep } from './sweep.ts';

/** That a list lacks a droplet proves nothing within the droplet's first minute, so that a new one is no proof either. */
const FRESH_MS = 60_000;

/** Writes down which droplet is to be claimed, before it is: whoever comes next goes on with that one. */
export async function claim(context: InstanceContext): Promise<StepResult> {
  const { object, facts } = context;
  if (!facts.waiting) return undefined;
  const look = facts.isSwept ? 'free' : await lookForStranger(context);
  if (look === 'free') await context.save({ dropletName: facts.waiting.metadata.name });
  // From here on it claims none, and waits for a listing: or a look that is refused could forget this one.
  if (look === 'taken') await context.save({ dropletName: object.metadata.name });
  return undefined;
}

/**
 * Whether a droplet that is not ours has come to serve the number since the last sweep; of ours the records tell. `swept`:
 * the account was listed, which tells. While the budget of requests is spent, a fresh sweep will do.
 */
async function lookForStranger(context: InstanceContext): Promise<'free' | 'taken' | 'swept'> {
  const { object, facts, deps, signal } = context;
  try {
    // One page costs no more than a look by name, and all who claim meanwhile share it.
    if (deps.sweeper.pages <= 1) {
      await sweep(context);
      return 'swept';
    }
    const found = await deps.cloud.findByName(object.metadata.name, signal);
    const ours = clusterTag(await deps.cloudView.clusterId());
    return found.every(({ tags }) => tags.includes(ours)) ? 'free' : 'taken';
  } catch (error) {
    const isHeld = error instanceof CloudError && error.kind === 'rate-limited';
    if (isHeld && isWithin(facts.sweptAt, FRESH_MS, deps.clock.now())) return 'free';
    throw error;
  }
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
