import type { BotReport } from '../../../bot/bot.ts';
import type { BootstrapStatus, BotStatus, RepairStatus } from '../../../resources/instance.ts';
import type { StepResult } from '../../reconciler.ts';
import { NOTE_EVERY_MS, nextLookAt } from '../look-times.ts';
import { sessionDue } from '../plan-bot.ts';
import { botAddress, type InstanceContext, machineOf, timeOf } from './context.ts';

const BETWEEN_LOOKS_MS = 200;
/** How long one step looks at a starting bot before the plan is made anew. */
const PATIENCE_MS = 10_000;
/** Well for so long: the next sickness is a new one, and climbs the ladder from its foot. */
const CURED_AFTER_MS = 600_000;

/** Looks at a bot that was just started until it answers. */
export async function awaitBot(context: InstanceContext): Promise<StepResult> {
  const { clock, bot } = context.deps;
  const waiting = AbortSignal.any([context.signal, context.changed]);
  const until = clock.now() + PATIENCE_MS;
  let report: BotReport | undefined;
  while (!waiting.aborted && clock.now() < until) {
    report = await bot.check(botAddress(context), context.signal);
    if (report.healthy) break;
    await clock.sleep(BETWEEN_LOOKS_MS, waiting);
  }
  if (!report) return undefined;
  const now = timeOf(context);
  const old = context.object.status?.bot;
  if (!report.healthy) {
    await context.save({ bot: { failures: 0, ...old, lastCheckedAt: now, problem: report.why } });
    return undefined;
  }
  context.learn({ bot: well(old, report.session, now) });
  await context.event('Normal', 'BotHealthy', 'The bot answers');
  return undefined;
}

/** One look at a running bot, and when to look again. */
export async function checkBot(context: InstanceContext): Promise<StepResult> {
  const { object, deps } = context;
  const { health } = machineOf(context).class;
  const report = await deps.bot.check(botAddress(context), context.signal);
  if (context.signal.aborted) return undefined;
  const old = object.status?.bot;
  const now = timeOf(context);
  const lookAgain = health.intervalSeconds * 1000;
  // Whether its machine still runs decides what is to be done: not to be left to the next sweep.
  if (!report.healthy) await deps.sweeper.recent(context.signal);
  if (!report.healthy && deps.outage()) {
    // We may be the ones who can't see: its failures are counted anew from here.
    await context.save({ bot: { ...old, failures: 0, lastCheckedAt: now, problem: report.why } });
    return { lookAgain };
  }
  if (!report.healthy) {
    const failures = (old?.failures ?? 0) + 1;
    await context.save({ bot: { ...old, failures, lastCheckedAt: now, problem: report.why } });
    await context.event('Warning', 'BotUnhealthy', report.why);
    return failures >= health.failureThreshold ? undefined : { lookAgain };
  }
  const repairs = cured(object.status?.repairs, deps.clock.now());
  const bootstrap = provenUpdate(object.status?.bootstrap, deps.clock.now());
  const isNews =
    old?.failures !== 0 ||
    old.session !== report.session ||
    repairs !== object.status?.repairs ||
    bootstrap !== object.status?.bootstrap;
  const next = nextLookAt(object.metadata.uid, health.intervalSeconds, deps.clock.now());
  const saveDue = sessionDue(object.status, context.facts, machineOf(context).class);
  // Noted in any case then: as long as this look seems to be due still, it comes before everything else.
  const isForMore = isNews || saveDue <= deps.clock.now();
  const notedAt = Date.parse(old?.lastHealthyAt ?? '');
  if (isForMore || !(deps.clock.now() - notedAt < NOTE_EVERY_MS)) {
    await context.save({ bot: well(old, report.session, now), repairs, bootstrap });
  }
  return isForMore ? undefined : { lookAgain: Math.min(next, saveDue) - deps.clock.now() };
}

const well = (old: BotStatus | undefined, session: string | undefined, now: string): BotStatus => ({
  ...old,
  failures: 0,
  problem: undefined,
  session,
  lastCheckedAt: now,
  lastHealthyAt: now,
});

/** What comes after so long is no fault of the update's, and stops no rollout any more. */
function provenUpdate(run: BootstrapStatus | undefined, now: number): BootstrapStatus | undefined {
  const isProven = run?.updates && now - Date.parse(run.finishedAt ?? '') > CURED_AFTER_MS;
  return isProven ? { ...run, updates: undefined } : run;
}

/** What was spent on a sickness is forgotten once the bot has been well for long. */
function cured(repairs: RepairStatus | undefined, now: number): RepairStatus | undefined {
  return repairs?.at && now - Date.parse(repairs.at) > CURED_AFTER_MS ? undefined : repairs;
}
