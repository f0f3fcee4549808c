import { ShellError } from '../../../ssh/shell.ts';
import { rotate } from '../../host-key/rotate.ts';
import type { StepResult } from '../../reconciler.ts';
import { type DropletContext, memberOf, openMember } from './member.ts';

const AGAIN_MS = 1_000;

/** Up to ten members were given one host key, which every program on them can read: each gets one of its own making. */
export async function rotateMemberKey(context: DropletContext): Promise<StepResult> {
  const { deps, signal } = context;
  const { target, preparation } = memberOf(context);
  try {
    const rotated = await rotate({
      session: await openMember(context, signal),
      nextHostKey: preparation.nextHostKey,
      note: (nextHostKey) => context.save({ preparation: { ...preparation, nextHostKey } }),
      open: (hostKey) => deps.shell.open({ ...target, hostKey }, signal),
      clock: deps.clock,
      signal,
    });
    const { nextHostKey: _, ...rest } = preparation;
    if ('problem' in rotated) {
      context.learn({ preparation: { ...rest, isRotated: false } });
      const why = `The droplet keeps the host key that it was born with: ${rotated.problem}`;
      await context.event('Warning', 'HostKeyNotRotated', why);
    } else {
      const { hostKey } = rotated;
      context.learn({ preparation: { ...rest, hostKey, isRotated: true } });
    }
    return undefined;
  } catch (error) {
    // cloud-init restarts sshd soon after it is up.
    if (!(error instanceof ShellError) || signal.aborted) throw error;
    return { lookAgain: AGAIN_MS };
  }
}
