import type { StepResult } from '../../reconciler.ts';
import { asSeen, type InstanceContext, timeOf } from './context.ts';

/** Forgets a failure and what was spent on it. A droplet that was refused or never reached goes too; one that worked stays. */
export async function startAnew(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { droplet } = facts;
  const wasReached =
    droplet?.status?.id !== undefined && object.status?.ssh?.dropletId === droplet.status.id;
  if (
    droplet &&
    !wasReached &&
    droplet.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid)
  ) {
    await deps.store.delete('Droplet', droplet.metadata.name, asSeen(droplet.metadata));
  }
  await context.save({
    failure: undefined,
    bootstrap: object.status?.bootstrap?.exitCode === 0 ? object.status.bootstrap : undefined,
    hostKeyMismatch: undefined,
    sshProblem: undefined,
    repairs: undefined,
    bot: undefined,
    phaseStartedAt: timeOf(context),
  });
  await context.event('Normal', 'StartingAnew', 'The instance was changed after it had failed');
  return undefined;
}
