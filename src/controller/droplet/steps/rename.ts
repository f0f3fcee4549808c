import { CloudError } from '../../../cloud/cloud.ts';
import { cloudNameOf } from '../../../resources/droplet.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

const PENDING_EVENT_MS = 3_000;

/** Gives a claimed droplet the name of its instance in the cloud. Asked for again until a sweep shows the name. */
export async function rename(context: StepContext<'Droplet', DropletFacts>): Promise<StepResult> {
  const { object, deps, signal } = context;
  const id = object.status?.id;
  if (id === undefined) return undefined;
  const { action } = object.status ?? {};
  await context.save({
    action: { type: 'rename', requestedAt: new Date(deps.clock.now()).toISOString() },
  });
  try {
    await deps.cloud.rename(id, cloudNameOf(object), signal);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === 'try-again') {
      // Another action runs; nothing was done.
      await context.save({ action });
      return { lookAgain: PENDING_EVENT_MS };
    }
    if (error.kind !== 'refused') throw error;
    await context.event('Warning', 'RenameRefused', error.message);
    return undefined;
  }
  await context.event('Normal', 'Renamed', `Droplet ${id} gets the name ${cloudNameOf(object)}`);
  return undefined;
}
