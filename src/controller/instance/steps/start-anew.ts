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
  const run = object.status?.bootstrap;
  await context.save({
    failure: undefined,
    // What comes now takes nothing away from anybody: the bot is down.
    bootstrap: run?.exitCode === 0 ? { ...run, updates: undefined } : undefined,
    hostKeyMismatch: undefined,
    sshProblem: undefined,
    repairs: undefined,
    bot: undefined,
    phaseStartedAt: timeOf(context),
  });
  await context.event('Normal', 'StartingAnew', object.status?.message ?? 'It had failed');
  return undefined;
}
