import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';
import { NEWBORN_MS } from '../plan-machine.ts';
import { requestDelete } from './request-delete.ts';

const LOOK_AGAIN_MS = 3_000;
/** A 204 may have been without effect (rancher#27010: 10 of 20 lived on). */
const REPEAT_AFTER_MS = 15_000;

/** Looks by id whether a deleted droplet is really gone, and asks again when it lives on. */
export async function confirmGone(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { id, deletion, seen, acceptedAt } = object.status ?? {};
  if (id === undefined || !deletion) return undefined;
  const found = await deps.cloud.getDroplet(id, signal);
  const now = deps.clock.now();
  const isNewborn = !seen && acceptedAt !== undefined && now - Date.parse(acceptedAt) < NEWBORN_MS;
  if (!found && !isNewborn) {
    // Or a listing from before its end, without its late tags, would pass for a stranger's droplet that serves the number.
    await deps.cloudView.forget(id, now);
    await context.save({ deletion: { ...deletion, confirmedAt: new Date(now).toISOString() } });
    return undefined;
  }
  if (now - Date.parse(deletion.requestedAt) >= REPEAT_AFTER_MS) return requestDelete(context);
  return { lookAgain: LOOK_AGAIN_MS };
}
