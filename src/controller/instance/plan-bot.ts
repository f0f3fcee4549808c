import { LINKED } from '../../bot/bot.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Plan } from '../reconciler.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { repair } from './ladder.ts';
import { nextLookAt } from './look-times.ts';
import { at, seconds } from './times.ts';

/** Prepared: wait for the bot, then look at it now and then, and climb the ladder when it is sick. */
export function planBot(
  { metadata, spec, status }: Instance,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> {
  const bot = status?.bot;
  const isOutdated = status?.bootstrap?.revision !== facts.revision;
  const why = isOutdated
    ? `The bot answers, and waits for its turn to be re-initialised: see InstanceClass "${spec.className}"`
    : 'The bot answers';
  if (isRestartAsked({ spec, status })) {
    return { do: 'restart-service', why: 'A restart was asked for' };
  }
  const startedAt = botStartedAt(status);
  const hasStarted = at(bot?.lastHealthyAt) >= startedAt;
  const lastLook = at(bot?.lastCheckedAt);

  if (!hasStarted) {
    if (now - startedAt < seconds(klass.health.startupSeconds)) {
      return { do: 'await-bot', why: 'Waiting for the bot to answer' };
    }
    return repair(
      { status, facts, klass, now },
      `The bot did not answer within ${klass.health.startupSeconds} s of its start`,
    );
  }
  const { intervalSeconds } = klass.health;
  const next = bot?.failures
    ? lastLook + seconds(intervalSeconds)
    : nextLookAt(metadata.uid, intervalSeconds, lastLook);
  const due = Math.max(next, facts.firstLookAt);
  if ((bot?.failures ?? 0) >= klass.health.failureThreshold) {
    return repair(
      { status, facts, klass, now },
      `The bot failed ${bot?.failures} looks in a row: ${bot?.problem}`,
    );
  }
  if (now >= due) return { do: 'check-bot', why };
  const saveDue = sessionDue(status, facts, klass);
  if (now >= saveDue) return { do: 'save-session', why };
  return {
    settled: 'BotHealthy',
    why,
    lookAgain: Math.min(due, saveDue) - now,
  };
}

/** When to look at the bot's session again, in ms since the epoch; only one that is linked is worth keeping. Pure. */
export function sessionDue(
  status: InstanceStatus | undefined,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
): number {
  if (!klass.session || status?.bot?.session !== LINKED) return Number.POSITIVE_INFINITY;
  const next = at(status.session?.lookedAt) + seconds(klass.session.intervalSeconds);
  return Math.max(next, facts.firstLookAt);
}

/**
 * A restart is asked for that was neither carried out nor overtaken by a later start of the bot. As with `kubectl rollout
 * restart`, the time only tells one request from another: a future one is carried out at once, and each once.
 */
export const isRestartAsked = ({ spec, status }: Pick<Instance, 'spec' | 'status'>): boolean =>
  at(spec.restartedAt) !== at(status?.bot?.restartedAt) &&
  at(spec.restartedAt) > botStartedAt(status);

/** When the bot was last started, as far as is known: ms since the epoch. */
function botStartedAt(status: InstanceStatus | undefined): number {
  return Math.max(at(status?.bootstrap?.finishedAt), at(status?.bot?.startedAt));
}

/** It answered since it was last started, and has not failed too often since. */
export const isBotHealthy = (status: InstanceStatus | undefined, threshold: number): boolean =>
  at(status?.bot?.lastHealthyAt) >= botStartedAt(status) &&
  (status?.bot?.failures ?? 0) < threshold;
