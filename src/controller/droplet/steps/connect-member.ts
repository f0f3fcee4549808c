import { knockAndLogIn } from '../../knock.ts';
import type { StepResult } from '../../reconciler.ts';
import { type DropletContext, memberOf, openMember } from './member.ts';

const MISMATCH_LOOK_MS = 3_000;

/** Knocks until sshd answers, logs in, and pins the host key. Ends early when the wish or the machine changes. */
export async function connectMember(context: DropletContext): Promise<StepResult> {
  const { target, preparation } = memberOf(context);
  if (!context.object.status?.preparation) await context.save({ preparation });
  const waiting = AbortSignal.any([context.signal, context.changed]);
  const open = (signal: AbortSignal) => openMember(context, signal);
  const knocked = await knockAndLogIn(target, open, context.deps, waiting);
  if ('session' in knocked) {
    const { hostKey } = knocked.session;
    context.learn({ preparation: { ...preparation, hostKey, sshProblem: undefined } });
    return undefined;
  }
  // First contact may meet an sshd that cloud-init has not given its host key yet: the deadline decides.
  const problem = 'mismatch' in knocked ? knocked.mismatch : knocked.problem;
  if (problem && problem !== preparation.sshProblem) {
    await context.save({ preparation: { ...preparation, sshProblem: problem } });
  }
  return 'mismatch' in knocked ? { lookAgain: MISMATCH_LOOK_MS } : undefined;
}
