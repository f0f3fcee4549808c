import { poolOf } from '../../../resources/droplet.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';
import { provenGoneAt } from '../plan-machine.ts';

const LISTED_SOON_MS = 5_000;

/** Missing from a list proves nothing; 404 by id does, once the machine has been seen or is no newborn; of a young one, twice. */
export async function checkGone(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { object, deps, signal } = context;
  const id = object.status?.id;
  if (!object.status || id === undefined) return undefined;
  const found = await deps.cloud.getDroplet(id, signal);
  if (found) {
    await context.save({
      state: found.state,
      ip: found.ip ?? object.status.ip,
      seen: true,
      missingSince: undefined,
    });
    return { lookAgain: LISTED_SOON_MS };
  }
  const now = deps.clock.now();
  const provenAt = provenGoneAt(object.status, now);
  if (now < provenAt) {
    await context.save({ missingSince: object.status.missingSince ?? new Date(now).toISOString() });
    return { lookAgain: provenAt - now };
  }
  await deps.cloudView.forget(id, now);
  const message = `Droplet ${id} no longer exists in DigitalOcean`;
  await context.save({
    // A pool makes another one, and does not wait for this.
    failure: poolOf(object)
      ? { reason: 'DropletGone', message, at: new Date(now).toISOString() }
      : undefined,
    preparation: undefined,
    id: undefined,
    ip: undefined,
    state: undefined,
    seen: undefined,
    missingSince: undefined,
    acceptedAt: undefined,
    hostKey: undefined,
    adopted: undefined,
    action: undefined,
  });
  await context.event('Warning', 'DropletGone', message);
  return undefined;
}
