import { type Session, ShellError } from '../../../ssh/shell.ts';
import { activateHostKey, stageHostKey } from '../../host-key/rotation.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, openSession, sshTarget } from './context.ts';

/** sshd reads its keys anew within a moment, or never. */
const PATIENCE_MS = 3_000;
const BETWEEN_LOGINS_MS = 100;

/**
 * Every program on the droplet can read the host key that user_data gave it. So the first session replaces it by one that never
 * left the droplet: the next key is written down before sshd presents it, and is the only one taken once it was seen.
 */
export async function rotateHostKey(context: InstanceContext): Promise<StepResult> {
  try {
    await rotate(context);
  } catch (error) {
    const ssh = context.object.status?.ssh;
    if (!(error instanceof ShellError) || !ssh || context.signal.aborted) throw error;
    // cloud-init restarts sshd soon after it is up: knock again.
    await context.save({ ssh: { ...ssh, isUp: false }, sshProblem: error.message });
  }
  return undefined;
}

async function rotate(context: InstanceContext): Promise<void> {
  const { signal } = context;
  const session = await openSession(context);
  const ssh = context.object.status?.ssh;
  if (!ssh) return;
  if (ssh.nextHostKey === undefined) {
    const staged = await stageHostKey(session, signal);
    if ('problem' in staged) return giveUp(context, staged.problem);
    await context.save({ ssh: { ...ssh, nextHostKey: staged.hostKey } });
  }
  const problem = await activateHostKey(session, signal);
  if (problem !== undefined) return giveUp(context, problem);
  const renewed = await untilPresented(context);
  if (!renewed) return giveUp(context, 'sshd goes on presenting the old key');
  const { nextHostKey, ...rest } = context.object.status?.ssh ?? ssh;
  if (nextHostKey !== undefined) await context.save({ ssh: { ...rest, hostKey: nextHostKey } });
  await context.event('Normal', 'HostKeyRotated', 'The droplet has a host key of its own making');
}

/** A login that accepts the new key alone. */
async function untilPresented(context: InstanceContext): Promise<Session | undefined> {
  const { clock, shell } = context.deps;
  const hostKey = context.object.status?.ssh?.nextHostKey;
  const until = clock.now() + PATIENCE_MS;
  while (!context.signal.aborted) {
    try {
      return await shell.open({ ...sshTarget(context), hostKey }, context.signal);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      if (clock.now() >= until) {
        if (error.kind === 'host-key') return undefined;
        throw error;
      }
      await clock.sleep(BETWEEN_LOGINS_MS, context.signal);
    }
  }
  return undefined;
}

/** The droplet is none the worse for it than any other: go on with the key that it has. */
async function giveUp(context: InstanceContext, problem: string): Promise<void> {
  const ssh = context.object.status?.ssh;
  if (ssh) await context.save({ ssh: { ...ssh, isRotated: false } });
  const why = `The droplet keeps the host key that it was born with: ${problem}`;
  await context.event('Warning', 'HostKeyNotRotated', why);
}
