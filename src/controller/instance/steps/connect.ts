import { knockAndLogIn } from '../../knock.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, machineOf, openSession, sshTarget, timeOf } from './context.ts';

/** Knocks until sshd answers, logs in, and pins the host key. Ends early when the wish or the machine changes. */
export async function connect(context: InstanceContext): Promise<StepResult> {
  const waiting = AbortSignal.any([context.signal, context.changed]);
  const knocked = await knockAndLogIn(
    sshTarget(context),
    (signal) => openSession(context, signal),
    context.deps,
    waiting,
  );
  if ('mismatch' in knocked) return noteMismatch(context, knocked.mismatch);
  if ('session' in knocked) {
    await pin(context, knocked.session.hostKey);
  } else if (knocked.problem && knocked.problem !== context.object.status?.sshProblem) {
    await context.save({ sshProblem: knocked.problem });
  }
  return undefined;
}

async function pin(context: InstanceContext, hostKey: string): Promise<void> {
  const { object } = context;
  const { id, ip } = machineOf(context);
  const old = object.status?.ssh;
  const isReturn = old?.dropletId === id;
  const now = timeOf(context);
  context.learn({
    ssh: isReturn ? { ...old, isUp: true } : { dropletId: id, hostKey, since: now, isUp: true },
    sshProblem: undefined,
    hostKeyMismatch: undefined,
    // After a reboot the bot's own start counts from here.
    bot:
      isReturn && object.status?.bot
        ? { ...object.status.bot, startedAt: now, failures: 0 }
        : object.status?.bot,
  });
  if (isReturn) return;
  const { hostKey: born, preparation } = context.facts.droplet?.status ?? {};
  const isKnown =
    sshTarget(context).hostKey !== undefined &&
    (hostKey === born || hostKey === preparation?.hostKey);
  const how = isKnown
    ? 'with the host key that was made for it'
    : 'and trusted its host key on first use';
  await context.event('Normal', 'SSHReady', `Logged in at ${ip} ${how}`);
}

async function noteMismatch(context: InstanceContext, message: string): Promise<StepResult> {
  const now = timeOf(context);
  const dropletId = machineOf(context).id;
  const old = context.object.status?.hostKeyMismatch;
  const since = old?.dropletId === dropletId ? old.since : undefined;
  await context.save({
    hostKeyMismatch: { dropletId, since: since ?? now, lastAt: now, message },
  });
  if (!since) await context.event('Warning', 'HostKeyMismatch', message);
  return undefined;
}
