import { ShellError } from '../../../ssh/shell.ts';
import { rotate } from '../../host-key/rotate.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, openSession, sshTarget } from './context.ts';

/**
 * Every program on the droplet can read the host key that user_data gave it. So the first session replaces it by one that never
 * left the droplet: the next key is written down before sshd presents it, and is the only one taken once it was seen.
 */
export async function rotateHostKey(context: InstanceContext): Promise<StepResult> {
  try {
    await giveItsOwn(context);
  } catch (error) {
    const ssh = context.object.status?.ssh;
    if (!(error instanceof ShellError) || !ssh || context.signal.aborted) throw error;
    // cloud-init restarts sshd soon after it is up: knock again.
    await context.save({ ssh: { ...ssh, isUp: false }, sshProblem: error.message });
  }
  return undefined;
}

async function giveItsOwn(context: InstanceContext): Promise<void> {
  const { deps, signal } = context;
  const session = await openSession(context);
  const ssh = context.object.status?.ssh;
  if (!ssh) return;
  const rotated = await rotate({
    session,
    nextHostKey: ssh.nextHostKey,
    note: (nextHostKey) => context.save({ ssh: { ...ssh, nextHostKey } }),
    open: (hostKey) => deps.shell.open({ ...sshTarget(context), hostKey }, signal),
    clock: deps.clock,
    signal,
  });
  if ('problem' in rotated) return giveUp(context, rotated.problem);
  const { nextHostKey: _, ...rest } = context.object.status?.ssh ?? ssh;
  context.learn({ ssh: { ...rest, hostKey: rotated.hostKey, isRotated: true } });
  await context.event('Normal', 'HostKeyRotated', 'The droplet has a host key of its own making');
}

/** The droplet is none the worse for it than any other: go on with the key that it has. */
async function giveUp(context: InstanceContext, problem: string): Promise<void> {
  const ssh = context.object.status?.ssh;
  if (ssh) context.learn({ ssh: { ...ssh, isRotated: false } });
  const why = `The droplet keeps the host key that it was born with: ${problem}`;
  await context.event('Warning', 'HostKeyNotRotated', why);
}
