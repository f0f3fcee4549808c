import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { lastDroplet } from '../plan.ts';
import { asSeen, type InstanceContext } from './context.ts';

/** Asks for the end of the droplet that the instance owns. */
export async function deleteDroplet({ object, facts, deps }: InstanceContext): Promise<StepResult> {
  const meta = lastDroplet(object, facts)?.metadata;
  if (!meta) return undefined;
  try {
    await deps.store.delete('Droplet', meta.name, asSeen(meta));
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'not-found')) throw error;
  }
  return undefined;
}
