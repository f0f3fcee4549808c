import type { StepResult } from '../../reconciler.ts';
import { isBotHealthy, isRestartAsked } from '../plan-bot.ts';
import { type InstanceContext, timeOf } from './context.ts';

/** Notes since when the instance is left alone. What runs on its droplet goes on. */
export async function pause(context: InstanceContext): Promise<StepResult> {
  await context.save({ pausedAt: timeOf(context) });
  await context.event('Normal', 'Paused', 'Nothing is done until spec.paused is false');
  return undefined;
}

/** Takes the instance up where it was left. No deadline ran meanwhile, and nobody looked at the bot. */
export async function resume(context: InstanceContext): Promise<StepResult> {
  const { object, facts } = context;
  const now = timeOf(context);
  const bot = object.status?.bot;
  const threshold = facts.class?.health.failureThreshold ?? 1;
  // A start counts as a restart that was asked for: this is none.
  const isWaitedFor = !isBotHealthy(object.status, threshold) && !isRestartAsked(object);
  await context.save({
    pausedAt: undefined,
    phaseStartedAt: now,
    bot: isWaitedFor ? { ...bot, failures: 0, startedAt: now } : bot && { ...bot, failures: 0 },
  });
  await context.event('Normal', 'Resumed', 'The instance is no longer paused');
  return undefined;
}
