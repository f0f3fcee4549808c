import type { StepContext, StepResult } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

/** Switches a droplet on that is off. */
export async function powerOn(context: StepContext<'Droplet', DropletFacts>): Promise<StepResult> {
  const { object, deps, signal } = context;
  const id = object.status?.id;
  if (id === undefined) return undefined;
  await context.save({
    action: { type: 'power_on', requestedAt: new Date(deps.clock.now()).toISOString() },
  });
  await deps.cloud.act(id, 'power_on', signal);
  await context.event('Warning', 'PoweredOn', `Droplet ${id} was off and is being powered on`);
  return undefined;
}
