import type { Droplet } from '../../resources/droplet.ts';
import type { InstancePool } from '../../resources/instance-pool.ts';
import { controllerOwner, POOL_LABEL } from '../../resources/meta.ts';
import type { Objects } from '../triggers.ts';

/** The droplets that wait in a pool, or are on their way there, as this process last saw them. */
export const membersOf = ({ metadata }: InstancePool, objects: Objects): readonly Droplet[] =>
  objects
    .list('Droplet')
    .items.filter((droplet) => controllerOwner(droplet.metadata)?.uid === metadata.uid);

/** The droplets that instances have claimed from it, and run on now. */
export const claimedFrom = ({ metadata }: InstancePool, objects: Objects): readonly Droplet[] =>
  objects
    .list('Droplet')
    .items.filter(
      (droplet) =>
        droplet.metadata.labels?.[POOL_LABEL] === metadata.name &&
        controllerOwner(droplet.metadata)?.kind === 'Instance',
    );

/** Names that were written down for droplets of which nothing has been seen yet. */
export function undeclared({ status }: InstancePool, objects: Objects): readonly string[] {
  const wanted = status?.declaring ?? [];
  if (wanted.length === 0) return wanted;
  const known = new Set(objects.list('Droplet').items.map(({ metadata }) => metadata.name));
  return wanted.filter((name) => !known.has(name));
}
