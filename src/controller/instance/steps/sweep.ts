import type { StepResult } from '../../reconciler.ts';
import type { InstanceContext } from './context.ts';

/** Lists the account, shared with all who ask meanwhile, to know of any droplet that serves the number already. */
export async function sweep({ object, deps, signal }: InstanceContext): Promise<StepResult> {
  const since = Date.parse(object.status?.phaseStartedAt ?? '') || deps.clock.now();
  await deps.sweeper.since(since, signal);
  return undefined;
}
