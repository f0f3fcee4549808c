import { CloudError } from '../../../cloud/cloud.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';
import { provenGoneAt } from '../plan-machine.ts';

const PENDING_EVENT_MS = 3_000;

/** Asks DigitalOcean to destroy the droplet. Its 204 is no proof; that is for confirm-gone. */
export async function requestDelete(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { id, deletion, missingSince } = object.status ?? {};
  if (!object.status || id === undefined) return undefined;
  const now = deps.clock.now();
  const requestedAt = new Date(now).toISOString();
  try {
    const answer = await deps.cloud.deleteDroplet(id, signal);
    const provenAt = provenGoneAt(object.status, now);
    // Nothing was asked of a machine that the answer does not know yet.
    if (answer === 'absent' && !deletion && now < provenAt) {
      await context.save({ missingSince: missingSince ?? requestedAt });
      return { lookAgain: provenAt - now };
    }
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
