import type { ConditionUpdate } from '../../resources/condition.ts';
import type { Droplet, DropletSpec } from '../../resources/droplet.ts';
import { type DropletTemplate, dropletTemplate } from '../../resources/instance-class.ts';
import { REPLACE_ANNOTATION } from '../../resources/meta.ts';

const DEFAULT_IMAGE = dropletTemplate.parse({}).image;

/** What a new droplet of the class is: DIGITALOCEAN_IMAGE (`image`) stands in for the default image, not for one that a class names. */
export const withImage = (
  template: DropletTemplate,
  image: string | number | undefined,
): DropletSpec =>
  template.image === DEFAULT_IMAGE && image !== undefined ? { ...template, image } : template;

/** Each field in which a droplet is not what is wanted now, as "size s-1vcpu-1gb → s-2vcpu-4gb". Pure. */
export function driftOf(have: DropletSpec, want: DropletSpec): readonly string[] {
  return (Object.keys(want) as (keyof DropletSpec)[])
    .map((field) => [field, told(have[field]), told(want[field])] as const)
    .filter(([, is, wanted]) => is !== wanted)
    .map(([field, is, wanted]) => `${field} ${is} → ${wanted}`);
}

/** The order of tags has no meaning. */
const told = (value: DropletSpec[keyof DropletSpec]): string =>
  Array.isArray(value) ? `[${value.toSorted().join(', ')}]` : String(value ?? 'none');

/** Told, and never acted on by itself: the WhatsApp session lives on the droplet. */
export function driftCondition(
  droplet: Droplet | undefined,
  want: DropletSpec | undefined,
  isSessionSaved: boolean,
): Omit<ConditionUpdate, 'observedGeneration'> {
  const type = 'Drifted';
  if (!droplet || !want) {
    const message = droplet ? 'The class is missing' : 'There is no droplet to compare';
    return { type, status: 'Unknown', reason: 'NothingToCompare', message };
  }
  if (droplet.status?.adopted) {
    const message = 'The droplet was adopted: Orquesta did not choose what it is';
    return { type, status: 'Unknown', reason: 'Adopted', message };
  }
  const fields = driftOf(droplet.spec, want);
  if (fields.length === 0) {
    return { type, status: 'False', reason: 'AsWanted', message: 'It is what the class asks for' };
  }
  const what = fields.join('; ');
  const message = isSessionSaved
    ? `The class asks for another droplet: ${what}. It stays as it is until the annotation ${REPLACE_ANNOTATION}: "true" asks for a new one; it gets the WhatsApp session as it was saved last`
    : `The class asks for another droplet: ${what}. It stays as it is until the annotation ${REPLACE_ANNOTATION}: "true" asks for a new one; the WhatsApp session on it is lost then`;
  return { type, status: 'True', reason: 'ClassChanged', message };
}
