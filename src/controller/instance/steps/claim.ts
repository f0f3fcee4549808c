import { CloudError } from '../../../cloud/cloud.ts';
import { type CloudDroplet, clusterTag } from '../../../resources/cloud-droplet.ts';
import { NUMBER_LABEL } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { isOwnedBy, isUnmade } from '../held-up.ts';
import { isClaimable, isWithin } from '../plan.ts';
import { asSeen, type InstanceContext, ownerReferenceTo } from './context.ts';
import { sweep } from './sweep.ts';

/** That a list lacks a droplet proves nothing within the droplet's first minute, so that a new one is no proof either. */
const FRESH_MS = 60_000;

/** Until a droplet that one look has shown is in the lists, too. */
const LISTED_SOON_MS = 5_000;

/** Writes down which droplet is to be claimed, before it is: whoever comes next goes on with that one. */
export async function claim(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps, signal } = context;
  if (!facts.waiting) return undefined;
  const isNew = facts.droplet === undefined;
  // Of one that is held up, the last look may be of long ago.
  const look = isNew && facts.isSwept ? 'free' : await lookForStranger(context);
  if (look === 'free') await context.save({ dropletName: facts.waiting.metadata.name });
  if (look !== 'taken') return undefined;
  if (!isNew) {
    await deps.sweeper.since(deps.clock.now(), signal);
    return { lookAgain: LISTED_SOON_MS };
  }
  // From here on it claims none, and waits for a listing: or a look that is refused could forget this one.
  await context.save({ dropletName: object.metadata.name });
  return undefined;
}

/**
 * Whether a droplet that is not ours has come to serve the number since the last sweep; of ours the records tell. `swept`:
 * the account was listed, which tells. While the budget of requests is spent, a fresh sweep will do.
 */
async function lookForStranger(context: InstanceContext): Promise<'free' | 'taken' | 'swept'> {
  const { object, facts, deps, signal } = context;
  const { name } = object.metadata;
  try {
    const ours = clusterTag(await deps.cloudView.clusterId());
    const outcome = (found: readonly CloudDroplet[]) =>
      found.every(({ tags }) => tags.includes(ours)) ? 'free' : 'taken';
    // One page costs no more than a look by name, and all who claim meanwhile share it.
    if (deps.sweeper.pages > 1) return outcome(await deps.cloud.findByName(name, signal));
    if (facts.droplet === undefined) {
      await sweep(context);
      return 'swept';
    }
    await deps.sweeper.since(deps.clock.now(), signal);
    const tag = object.spec.numberphone;
    return outcome((await deps.cloudView.find({ name, tag })).droplets);
  } catch (error) {
    const isHeld = error instanceof CloudError && error.kind === 'rate-limited';
    if (isHeld && isWithin(facts.sweptAt, FRESH_MS, deps.clock.now())) return 'free';
    throw error;
  }
}

/** Gives up the droplet that was declared for it and not asked for: who was about to ask for it can't write down any more that it does. */
export async function giveUpDroplet({ facts, deps }: InstanceContext): Promise<StepResult> {
  const { own } = facts;
  if (!own) return undefined;
  try {
    await deps.store.delete('Droplet', own.metadata.name, asSeen(own.metadata));
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'not-found')) throw error;
  }
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

/** The claimed droplet went to another or is no more: the next one, or else a new one. Who has one of its own keeps to that. */
export async function releaseClaim(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { own } = facts;
  const name = object.status?.dropletName;
  const droplet = name === undefined ? undefined : await deps.store.get('Droplet', name);
  // What was seen first may have been older than the claim.
  if (isOwnedBy(object, droplet)) return undefined;
  const isStillWanted = own === undefined || isUnmade(own);
  if (isStillWanted && droplet && isClaimable(droplet, facts.poolRevision)) return undefined;
  await context.save({ dropletName: own?.metadata.name });
  return undefined;
}
