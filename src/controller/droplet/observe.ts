import { type CloudDroplet, uidOf } from '../../resources/cloud-droplet.ts';
import type { Droplet } from '../../resources/droplet.ts';
import type { Instance } from '../../resources/instance.ts';
import { isKind } from '../../resources/kinds.ts';
import { controllerOwner } from '../../resources/meta.ts';
import type { ControllerDeps } from '../deps.ts';
import type { DropletFacts } from './plan.ts';

/** The droplets that concern one object, told apart. The oldest twin comes first: it is the one to keep. */
export function tellApart(
  droplet: Droplet,
  droplets: readonly CloudDroplet[],
): Pick<DropletFacts, 'recorded' | 'twins' | 'namesakes'> {
  const { uid, name } = droplet.metadata;
  const id = droplet.status?.id;
  const others = droplets.filter((candidate) => candidate.id !== id);
  return {
    recorded: droplets.find((candidate) => candidate.id === id),
    twins: others
      .filter((candidate) => uidOf(candidate) === uid)
      .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.id - b.id),
    namesakes: others.filter(
      (candidate) =>
        uidOf(candidate) === undefined && candidate.name.toLowerCase() === name.toLowerCase(),
    ),
  };
}

export async function observeDroplet(
  droplet: Droplet,
  { store, cloudView }: ControllerDeps,
): Promise<DropletFacts> {
  const { uid, name } = droplet.metadata;
  const owner = controllerOwner(droplet.metadata);
  const [{ sweep, droplets }, access, full, ownerNow] = await Promise.all([
    cloudView.find({ id: droplet.status?.id, name, uid }),
    cloudView.access(),
    cloudView.full(),
    owner && isKind(owner.kind) ? store.get(owner.kind, owner.name) : undefined,
  ]);
  const instance = ownerNow?.kind === 'Instance' ? (ownerNow as Instance) : undefined;
  return {
    sweep,
    access,
    full,
    isKeptOn: instance !== undefined && !instance.spec.paused,
    isPaused: instance?.spec.paused ?? false,
    isAbandoned: owner !== undefined && ownerNow?.metadata.uid !== owner.uid,
    ...tellApart(droplet, droplets),
  };
}
