import { ShellError, type ShellTarget } from '../../../ssh/shell.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, machineOf, openSession, sshTarget, timeOf } from './context.ts';

const KNOCK_MS = 2_000;
const BETWEEN_KNOCKS_MS = 250;
/** A login that sshd refuses is dearer than a knock, and cloud-init needs some seconds to set the password. */
const BETWEEN_LOGINS_MS = 1_000;
/** How long one step knocks before the plan is made anew. */
const PATIENCE_MS = 10_000;

/** Knocks until sshd answers, logs in, and pins the host key. Ends early when the wish or the machine changes. */
export async function connect(context: InstanceContext): Promise<StepResult> {
  const { clock, shell } = context.deps;
  const target = sshTarget(context);
  const waiting = AbortSignal.any([context.signal, context.changed]);
  const until = clock.now() + PATIENCE_MS;
  let problem = '';
  while (!waiting.aborted && clock.now() < until) {
    try {
      const answer = await shell.knock(target, KNOCK_MS, waiting);
      if (answer === 'open') {
        const session = await openSession(context, waiting);
        await pin(context, session.hostKey);
        return undefined;
      }
      problem = told(answer, target);
      await clock.sleep(BETWEEN_KNOCKS_MS, waiting);
    } catch (error) {
      if (waiting.aborted) break;
      if (!(error instanceof ShellError)) throw error;
      if (error.kind === 'host-key') return noteMismatch(context, error.message);
      problem = error.message;
      const isLogin = error.kind === 'authentication';
      await clock.sleep(isLogin ? BETWEEN_LOGINS_MS : BETWEEN_KNOCKS_MS, waiting);
    }
  }
  if (!waiting.aborted && problem !== context.object.status?.sshProblem) {
    await context.save({ sshProblem: problem });
  }
  return undefined;
}

const told = (answer: 'refused' | 'unreachable', { host, port }: ShellTarget): string =>
  answer === 'refused'
    ? `Port ${port} of ${host} is closed: the machine is up, sshd is not yet`
    : `Port ${port} of ${host} does not answer`;

async function pin(context: InstanceContext, hostKey: string): Promise<void> {
  const { object } = context;
  const { id, ip } = machineOf(context);
  const old = object.status?.ssh;
  const isReturn = old?.dropletId === id;
  const now = timeOf(context);
  await context.save({
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
  const isKnown =
    sshTarget(context).hostKey !== undefined && context.facts.droplet?.status?.hostKey === hostKey;
  const how = isKnown
    ? 'with the host key that was made for it'
    : 'and trusted its host key on first use';
  await context.event('Normal', 'SSHReady', `Logged in at ${ip} ${how}`);
}

async function noteMismatch(context: InstanceContext, message: string): Promise<StepResult> {
  const now = timeOf(context);
  const since = context.object.status?.hostKeyMismatch?.since;
  await context.save({ hostKeyMismatch: { since: since ?? now, lastAt: now, message } });
  if (!since) await context.event('Warning', 'HostKeyMismatch', message);
  return undefined;
}
