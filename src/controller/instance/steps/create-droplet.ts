import { ADOPT_ANNOTATION } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';

/** Declares the instance's droplet. The name makes it the only one: while an earlier one is not proven gone, the store refuses. */
export async function createDroplet({ object, facts, deps }: InstanceContext): Promise<StepResult> {
  if (!facts.wanted) return undefined;
  const { metadata, spec } = object;
  try {
    await deps.store.create('Droplet', {
      name: metadata.name,
      labels: { 'orquesta.clientfy.io/number': spec.numberphone },
      annotations: facts.foreign ? { [ADOPT_ANNOTATION]: String(facts.foreign.id) } : undefined,
      ownerReferences: [ownerReferenceTo(object)],
      spec: facts.wanted,
    });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'already-exists')) throw error;
  }
  return undefined;
}
