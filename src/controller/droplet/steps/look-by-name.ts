import { cloudNameOf } from '../../../resources/droplet.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import { tellApart } from '../observe.ts';
import { answerTo, type DropletFacts } from '../plan.ts';
import { record } from './adopt.ts';

/** One look for what a lost create may have made. A look that fails throws: it says nothing about what is there. */
export async function lookByName(
  context: StepContext<'Droplet', DropletFacts>,
): Promise<StepResult> {
  const { object, deps, signal } = context;
  const intent = object.status?.intent;
  if (!intent) return undefined;
  const lookedAt = new Date(deps.clock.now()).toISOString();
  const droplets = await deps.cloud.findByName(cloudNameOf(object), signal);
  const { twins, namesakes } = tellApart(object, droplets);
  const found = twins[0] ?? answerTo(object, namesakes, deps.clock.now());
  if (found) {
    await record(context, found, false);
    return undefined;
  }
  const first = intent.absentLooks?.[0];
  await context.save({
    intent: { ...intent, absentLooks: first ? [first, lookedAt] : [lookedAt] },
  });
  return undefined;
}
