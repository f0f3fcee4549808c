import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, timeOf } from './context.ts';

/** Lists the account, shared with all who ask meanwhile, to know of any droplet that serves the number already. */
export async function sweep(context: InstanceContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const now = deps.clock.now();
  const since = Date.parse(object.status?.phaseStartedAt ?? '') || now;
  // Written by a machine whose clock is ahead: no sweep of ours would ever be late enough, and each costs requests.
  if (since > now) await context.save({ phaseStartedAt: timeOf(context) });
  await deps.sweeper.since(Math.min(since, now), signal);
  return undefined;
}
