import { type CloudDroplet, uidOf, wasMadeForPool } from '../../resources/cloud-droplet.ts';
import { cloudNameOf, type Droplet, poolOf, wasBornInPool } from '../../resources/droplet.ts';
import { dropletNameOf, type Instance } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { InstancePool } from '../../resources/instance-pool.ts';
import { isKind, type Kind, type ObjectOf } from '../../resources/kinds.ts';
import { controllerOwner } from '../../resources/meta.ts';
import type { ControllerDeps } from '../deps.ts';
import type { Objects } from '../triggers.ts';
import type { DropletFacts } from './plan.ts';

/** The droplets that concern one object, told apart. The oldest twin comes first: it is the one to keep. */
export function tellApart(
  droplet: Droplet,
  droplets: readonly CloudDroplet[],
): Pick<DropletFacts, 'recorded' | 'twins' | 'namesakes'> {
  const { uid, name } = droplet.metadata;
  const id = droplet.status?.id;
  const others = droplets.filter((candidate) => candidate.id !== id);
  const cloudName = cloudNameOf(droplet).toLowerCase();
  return {
    recorded: droplets.find((candidate) => candidate.id === id),
    twins: others
      .filter(
        (candidate) =>
          uidOf(candidate) === uid ||
          // What a pool's request made has no uid of its own: its name is.
          (wasBornInPool(droplet) && wasMadeForPool(candidate) && candidate.name === name),
      )
      .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.id - b.id),
    namesakes: others.filter(
      (candidate) =>
        uidOf(candidate) === undefined &&
        !wasMadeForPool(candidate) &&
        candidate.name.toLowerCase() === cloudName,
    ),
  };
}

export async function observeDroplet(
  droplet: Droplet,
  { store, cloudView, objects }: ControllerDeps,
): Promise<DropletFacts> {
  const { uid, name } = droplet.metadata;
  const owner = controllerOwner(droplet.metadata);
  const cloudName = cloudNameOf(droplet);
  const [{ sweep, droplets, access, full }, renamed, ownerNow] = await Promise.all([
    cloudView.find({ id: droplet.status?.id, name, uid }),
    cloudName === name ? undefined : cloudView.find({ name: cloudName }),
    owner && isKind(owner.kind) ? store.get(owner.kind, owner.name) : undefined,
  ]);
  const known = new Set(droplets.map(({ id }) => id));
  const others = renamed?.droplets.filter(({ id }) => !known.has(id)) ?? [];
  const instance = ownerNow?.kind === 'Instance' ? (ownerNow as Instance) : undefined;
  return {
    sweep,
    access,
    full,
    isKeptOn: instance !== undefined && !instance.spec.paused,
    isPaused: instance?.spec.paused ?? false,
    isAbandoned: isAbandoned(droplet, ownerNow),
    poolClass: poolOf(droplet) && classOfPool(ownerNow, objects),
    ...tellApart(droplet, [...droplets, ...others]),
  };
}

/** Nobody will ever ask for the object's end: its owner is gone, another of the same name has come, or it goes by another droplet. */
export function isAbandoned({ metadata }: Droplet, ownerNow: ObjectOf[Kind] | undefined): boolean {
  const owner = controllerOwner(metadata);
  if (!owner) return false;
  if (ownerNow?.metadata.uid !== owner.uid) return true;
  return ownerNow.kind === 'Instance' && dropletNameOf(ownerNow as Instance) !== metadata.name;
}

function classOfPool(
  pool: ObjectOf[Kind] | undefined,
  objects: Objects,
): InstanceClassSpec | undefined {
  if (pool?.kind !== 'InstancePool') return undefined;
  return objects.get('InstanceClass', (pool as InstancePool).spec.className)?.spec;
}
