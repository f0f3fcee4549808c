import type { StepResult } from '../../reconciler.ts';
import type { InstanceContext } from './context.ts';

/** Leaves the droplet without an owner: it lives on as a single one, and the instance goes without it. */
export async function orphanDroplet(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  let { droplet } = facts;
  if (!droplet) return undefined;
  const { ssh } = object.status ?? {};
  const { status } = droplet;
  // Whoever takes the machine over must know it by the key that was pinned: the instance's status goes.
  if (status?.id !== undefined && ssh?.dropletId === status.id && ssh.hostKey !== status.hostKey) {
    droplet = await deps.store.updateStatus('Droplet', {
      ...droplet,
      status: { ...status, hostKey: ssh.hostKey },
    });
  }
  const ownerReferences = droplet.metadata.ownerReferences?.filter(
    (owner) => owner.uid !== object.metadata.uid,
  );
  await deps.store.update('Droplet', {
    ...droplet,
    metadata: { ...droplet.metadata, ownerReferences },
  });
  const { name } = droplet.metadata;
  await context.event('Normal', 'Orphaned', `Droplet ${name} lives on without the instance`);
  return undefined;
}
