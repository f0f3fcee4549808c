import type { DropletSpec } from '../../../resources/droplet.ts';
import { type DropletTemplate, dropletTemplate } from '../../../resources/instance-class.ts';
import { ADOPT_ANNOTATION } from '../../../resources/meta.ts';
import { StoreError } from '../../../store/store.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, ownerReferenceTo } from './context.ts';

const DEFAULT_IMAGE = dropletTemplate.parse({}).image;

/** Declares the instance's droplet. The name makes it the only one: while an earlier one is not proven gone, the store refuses. */
export async function createDroplet({ object, facts, deps }: InstanceContext): Promise<StepResult> {
  if (!facts.class) return undefined;
  const { metadata, spec } = object;
  try {
    await deps.store.create('Droplet', {
      name: metadata.name,
      labels: { 'orquesta.clientfy.io/number': spec.numberphone },
      annotations: facts.foreign ? { [ADOPT_ANNOTATION]: String(facts.foreign.id) } : undefined,
      ownerReferences: [ownerReferenceTo(object)],
      spec: withImage(facts.class.droplet, deps.settings.image),
    });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'already-exists')) throw error;
  }
  return undefined;
}

/** DIGITALOCEAN_IMAGE stands in for the default image, not for one that a class names. */
function withImage(template: DropletTemplate, image: string | number | undefined): DropletSpec {
  return template.image === DEFAULT_IMAGE && image !== undefined
    ? { ...template, image }
    : template;
}
