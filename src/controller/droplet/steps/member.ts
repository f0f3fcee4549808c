import type { Preparation } from '../../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../../resources/instance-class.ts';
import { type Session, ShellError, type ShellTarget } from '../../../ssh/shell.ts';
import type { StepContext } from '../../reconciler.ts';
import type { DropletFacts } from '../plan.ts';

export type DropletContext = StepContext<'Droplet', DropletFacts>;

/** A droplet that waits in a pool, as its steps need it. */
export interface Member {
  readonly class: InstanceClassSpec;
  readonly target: ShellTarget;
  readonly preparation: Preparation;
}

/** Throws when the plan asked for a step of a pool's droplet where there is none: a fault of the program. */
export function memberOf({ object, facts, deps }: DropletContext): Member {
  const { ip, hostKey, preparation } = object.status ?? {};
  const klass = facts.poolClass;
  if (ip === undefined || !klass) {
    throw new Error('This step was planned without a droplet of a pool that has an address');
  }
  const { settings, clock } = deps;
  const born = settings.hostKeyPolicy === 'strict' ? hostKey : undefined;
  return {
    class: klass,
    target: {
      host: ip,
      port: klass.ssh.port ?? settings.sshPort,
      user: klass.ssh.user,
      hostKey: preparation?.hostKey ?? born,
    },
    preparation: preparation ?? { startedAt: new Date(clock.now()).toISOString(), failures: 0 },
  };
}

/** A session in which the member presents the pinned host key, or the one that was made to take its place. Throws ShellError. */
export async function openMember(context: DropletContext, signal: AbortSignal): Promise<Session> {
  const { target, preparation } = memberOf(context);
  const { shell } = context.deps;
  try {
    return await shell.open(target, signal);
  } catch (error) {
    const isOther = error instanceof ShellError && error.kind === 'host-key';
    if (!isOther || preparation.nextHostKey === undefined) throw error;
    return shell.open({ ...target, hostKey: preparation.nextHostKey }, signal);
  }
}
