import type { StepContext, StepResult } from '../../reconciler.ts';
import type { InstanceClassFacts } from '../plan.ts';

const EVENTS = {
  Updating: ['Normal', 'RolloutProgressing'],
  Stopped: ['Warning', 'RolloutStopped'],
  RolledOut: ['Normal', 'RolledOut'],
} as const;

/** Tells that a rollout began, stopped, went on or ended. The status says so already: that is what keeps it from being told twice. */
export async function announce(
  context: StepContext<'InstanceClass', InstanceClassFacts>,
): Promise<StepResult> {
  const { rollout } = context.facts;
  if (!rollout) return undefined;
  const [type, reason] = EVENTS[rollout.is];
  await context.event(type, reason, rollout.message);
  return undefined;
}
