import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, machineOf, timeOf } from './context.ts';

/** Writes down which run is to happen, before it happens: whoever comes next attaches to that one and starts no other. */
export async function startBootstrap(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { id } = machineOf(context);
  const last = object.status?.bootstrap;
  const isRetry = last?.dropletId === id && last.revision === facts.revision;
  await context.save({
    bootstrap: {
      run: `${deps.clock.now().toString(36)}-${facts.revision}`,
      revision: facts.revision,
      dropletId: id,
      attempt: isRetry ? last.attempt + 1 : 1,
      startedAt: timeOf(context),
    },
  });
  return undefined;
}
