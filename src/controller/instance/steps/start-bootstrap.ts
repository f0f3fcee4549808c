import type { BootstrapStatus, InstanceStatus } from '../../../resources/instance.ts';
import type { StepResult } from '../../reconciler.ts';
import { hasServed } from '../../rollout.ts';
import type { InstanceFacts } from '../facts.ts';
import { type InstanceContext, machineOf, timeOf } from './context.ts';

/** Writes down which run is to happen, before it happens: whoever comes next attaches to that one and starts no other. */
export async function startBootstrap(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { id } = machineOf(context);
  const last = object.status?.bootstrap;
  const isRetry = last?.dropletId === id && last.revision === facts.revision;
  const updates = whoseUpdate(object.status, facts);
  const isFirst = last?.dropletId !== id;
  const prepared = facts.droplet?.status?.preparation;
  const isPrepared = prepared?.bootstrap?.revision === facts.poolRevision && prepared.readyAt;
  context.learn({
    bootstrap: {
      run: `${deps.clock.now().toString(36)}-${facts.revision}`,
      revision: facts.revision,
      classRevision: facts.classRevision,
      updates,
      dropletId: id,
      attempt: isRetry ? last.attempt + 1 : 1,
      startedAt: timeOf(context),
      stage: isFirst && isPrepared ? 'start' : undefined,
    },
  });
  if (updates && !isRetry) {
    const what = updates === 'class' ? 'Its class was changed' : 'It was changed';
    await context.event('Normal', 'Reinitializing', `${what}: the droplet is prepared anew`);
  }
  return undefined;
}

/** Whose edit takes the place of a bot that served: a rollout counts these, and is stopped by their failures. */
function whoseUpdate(
  status: InstanceStatus | undefined,
  { revision, classRevision }: InstanceFacts,
): BootstrapStatus['updates'] {
  const last = status?.bootstrap;
  if (!last || last.revision === revision) return last?.updates;
  const isServing = hasServed(status);
  if (!isServing && !last.updates) return undefined;
  if (last.classRevision !== classRevision) return 'class';
  return isServing ? 'instance' : last.updates;
}
