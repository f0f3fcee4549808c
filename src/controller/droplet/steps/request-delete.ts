import { CloudError } from '../../../cloud/cloud.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

const PENDING_EVENT_MS = 3_000;

/** Asks DigitalOcean to destroy the droplet. Its 204 is no proof; that is for confirm-gone. */
export async function requestDelete(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { id, deletion } = object.status ?? {};
  if (id === undefined) return undefined;
  const requestedAt = new Date(deps.clock.now()).toISOString();
  try {
    await deps.cloud.deleteDroplet(id, signal);
  } catch (error) {
    // A newborn or busy droplet refuses with "pending event"; nothing was done.
    if (error instanceof CloudError && error.kind === 'try-again') {
      return { lookAgain: PENDING_EVENT_MS };
    }
    throw error;
  }
  const requests = (deletion?.requests ?? 0) + 1;
  await context.save({ deletion: { requestedAt, requests } });
  if (requests === 1) await context.event('Normal', 'Deleting', `Droplet ${id} is being deleted`);
  return undefined;
}
