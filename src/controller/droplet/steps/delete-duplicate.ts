import { CloudError } from '../../../cloud/cloud.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

const LOOK_AGAIN_MS = 5_000;

/** Deletes what a create made beside the recorded droplet. All of them bear this object's own uid. */
export async function deleteDuplicate(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { facts, deps, signal, object } = context;
  for (const twin of facts.twins) {
    try {
      await deps.cloud.deleteDroplet(twin.id, signal);
    } catch (error) {
      if (!(error instanceof CloudError && error.kind === 'try-again')) throw error;
    }
    const kept = object.status?.id;
    const message = `Droplet ${twin.id} was made twice for this object and is deleted; ${kept} is kept`;
    await context.event('Warning', 'DuplicateDeleted', message);
  }
  await deps.sweeper.since(deps.clock.now(), signal);
  return { lookAgain: LOOK_AGAIN_MS };
}
