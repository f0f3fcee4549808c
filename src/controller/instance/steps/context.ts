import type { BotAddress } from '../../../bot/bot.ts';
import type { BotEndpoint, Instance } from '../../../resources/instance.ts';
import type { InstanceClassSpec } from '../../../resources/instance-class.ts';
import { API_VERSION, type ObjectMeta, type OwnerReference } from '../../../resources/meta.ts';
import { type Session, ShellError, type ShellTarget } from '../../../ssh/shell.ts';
import type { Preconditions } from '../../../store/store.ts';
import type { StepContext } from '../../reconciler.ts';
import type { InstanceFacts } from '../facts.ts';

export type InstanceContext = StepContext<'Instance', InstanceFacts>;

/** An instance's droplet and class, as a step needs them once the droplet is known. */
export interface Machine {
  readonly id: number;
  readonly ip: string;
  readonly class: InstanceClassSpec;
}

/** Throws when the plan asked for a step that needs a droplet and there is none: a fault of the program. */
export function machineOf({ facts }: InstanceContext): Machine {
  const { id, ip } = facts.droplet?.status ?? {};
  if (id === undefined || ip === undefined || !facts.class) {
    throw new Error('This step was planned without a droplet that has an address');
  }
  return { id, ip, class: facts.class };
}

/** Where to log in, and the one host key to accept: the pinned one, else the one that was pinned in the pool, else the one that user_data gave the machine. */
export function sshTarget(context: InstanceContext): ShellTarget {
  const { id, ip, class: klass } = machineOf(context);
  const { settings } = context.deps;
  const pinned = context.object.status?.ssh;
  const { hostKey: born, preparation } = context.facts.droplet?.status ?? {};
  const known = preparation?.hostKey ?? (settings.hostKeyPolicy === 'strict' ? born : undefined);
  return {
    host: ip,
    port: klass.ssh.port ?? settings.sshPort,
    user: klass.ssh.user,
    hostKey: pinned?.dropletId === id ? pinned.hostKey : known,
  };
}

/** A session with the one machine that has the pinned host key, or the one that was made to take its place. Throws ShellError. */
export async function openSession(
  context: InstanceContext,
  signal: AbortSignal = context.signal,
): Promise<Session> {
  const target = sshTarget(context);
  const { shell } = context.deps;
  const { ssh } = context.object.status ?? {};
  const next = ssh?.dropletId === machineOf(context).id ? ssh.nextHostKey : undefined;
  try {
    return await shell.open(target, signal);
  } catch (error) {
    const isOther = error instanceof ShellError && error.kind === 'host-key';
    if (!isOther || next === undefined) throw error;
    return shell.open({ ...target, hostKey: next }, signal);
  }
}

/**
 * The same for work that stops when another machine answers: undefined then, and the plan goes back to the first contact, which
 * tells of it. Throws any other ShellError.
 */
export async function sessionWithPinned(context: InstanceContext): Promise<Session | undefined> {
  try {
    return await openSession(context);
  } catch (error) {
    const { ssh } = context.object.status ?? {};
    if (!(error instanceof ShellError) || error.kind !== 'host-key' || !ssh) throw error;
    await context.save({ ssh: { ...ssh, isUp: false } });
    return undefined;
  }
}

/** Of the bot that runs: one that waits for its turn in a rollout listens where it was told to before. */
export const botOf = (context: InstanceContext): BotEndpoint =>
  context.object.status?.endpoint ?? machineOf(context).class.bot;

export function botAddress(context: InstanceContext): BotAddress {
  const { panelPort, qrPort, statusPath } = botOf(context);
  return { host: machineOf(context).ip, panelPort, qrPort, statusPath };
}

/** How a droplet names the instance that owns it. */
export const ownerReferenceTo = ({ metadata }: Instance): OwnerReference => ({
  apiVersion: API_VERSION,
  kind: 'Instance',
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** That it is still as it was when the step was planned: a droplet may have been left without its owner meanwhile. */
export const asSeen = ({ uid, resourceVersion }: ObjectMeta): Preconditions => ({
  uid,
  resourceVersion,
});

/** Now, as status fields keep it. */
export const timeOf = ({ deps }: InstanceContext): string =>
  new Date(deps.clock.now()).toISOString();
