import { SERVICE_NAME } from '../../../resources/instance-class.ts';
import { machineWords } from '../../../resources/machine-words.ts';
import { ShellError } from '../../../ssh/shell.ts';
import type { StepResult } from '../../reconciler.ts';
import { isRestartAsked } from '../plan-bot.ts';
import { botOf, type InstanceContext, sessionWithPinned, timeOf } from './context.ts';

/** Restarts the bot's service: asked for by spec.restartedAt, or the first rung of a repair. */
export async function restartService(context: InstanceContext): Promise<StepResult> {
  const { object, signal } = context;
  const { service } = botOf(context);
  // That of the bot which runs is read from its status.
  if (!SERVICE_NAME.test(service)) throw new Error(`"${service}" can't be the name of a service`);
  const asked = object.spec.restartedAt;
  const isAsked = isRestartAsked(object);
  let problem: string | undefined;
  try {
    const session = await sessionWithPinned(context);
    if (!session) return undefined;
    const result = await session.exec(`systemctl restart ${service}`, { signal });
    if (result.exitCode !== 0) {
      problem = `systemctl restart ${service} ended with exit code ${result.exitCode}: ${machineWords(result.stderr, 300)}`;
    }
  } catch (error) {
    // A machine that can't be reached is for the next rung.
    if (isAsked || !(error instanceof ShellError) || signal.aborted) throw error;
    problem = error.message;
  }
  const now = timeOf(context);
  const { bot, repairs, restarts = 0 } = object.status ?? {};
  await context.save({
    restarts: restarts + 1,
    sshProblem: problem,
    bot: {
      failures: 0,
      ...bot,
      ...(problem === undefined ? { startedAt: now, failures: 0 } : {}),
      ...(isAsked && asked !== null ? { restartedAt: asked } : {}),
    },
    repairs: isAsked ? repairs : { replacements: 0, ...repairs, rung: 'restart-service', at: now },
  });
  if (problem) await context.event('Warning', 'RestartFailed', problem);
  else
    await context.event('Normal', 'Restarted', `Restarted ${service}${isAsked ? ' as asked' : ''}`);
  return undefined;
}
