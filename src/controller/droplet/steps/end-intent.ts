import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

/** The create is settled: it made nothing. The next one may be sent. */
export async function endIntent(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  await context.save({ intent: undefined, hasLostCreate: true });
  await context.event('Warning', 'CreateLost', 'A create was lost on its way and made no droplet');
  return undefined;
}
