import { ShellError } from '../../../ssh/shell.ts';
import type { StepResult } from '../../reconciler.ts';
import { type DropletContext, memberOf } from './member.ts';

const CHECK_TIMEOUT_MS = 10_000;

/** Looks whether a waiting droplet still lets us in, and keeps a session open for whoever claims it. */
export async function checkMember(context: DropletContext): Promise<StepResult> {
  const { deps, signal } = context;
  const { target, preparation } = memberOf(context);
  const now = new Date(deps.clock.now()).toISOString();
  let problem: string | undefined;
  try {
    const session = await deps.shell.open(target, signal);
    await session.exec('true', { timeoutMs: CHECK_TIMEOUT_MS, signal });
  } catch (error) {
    if (!(error instanceof ShellError) || signal.aborted) throw error;
    problem = error.message;
    if (error.kind === 'authentication' || error.kind === 'host-key') {
      // It would not be another time: its password is an old one, or it is another machine.
      await context.save({ failure: { reason: 'SSHRefused', message: problem, at: now } });
      return undefined;
    }
  }
  // We may be the ones who can't see.
  const isCounted = problem !== undefined && !deps.outage();
  await context.save({
    preparation: {
      ...preparation,
      lastCheckedAt: now,
      failures: isCounted ? preparation.failures + 1 : 0,
      sshProblem: problem,
    },
  });
  return undefined;
}
