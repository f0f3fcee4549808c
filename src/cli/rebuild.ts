import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { clusterTag, ORQUESTA_TAG, uidOf, wasMadeForPool } from '../resources/cloud-droplet.ts';
import { type DropletStatus, dropletSpec } from '../resources/droplet.ts';
import { type InstanceSpec, instanceName, instanceSpec, numberIn } from '../resources/instance.ts';
import { kinds } from '../resources/kinds.ts';
import { API_VERSION, type Resource } from '../resources/meta.ts';

const CLUSTER_TAG = /^orquesta-cluster:(.+)$/;

/** How many droplets of the account bear the id of which Orquesta. Pure. */
export function clustersAmong(droplets: readonly CloudDroplet[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { tags } of droplets) {
    for (const tag of tags) {
      const id = CLUSTER_TAG.exec(tag)?.[1];
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

export interface RebuildOptions {
  readonly clusterId: string;
  /** What is known of an instance's wish, by its name: from an older backup, or from the manifests of the fleet. */
  readonly specs: ReadonlyMap<string, InstanceSpec>;
  readonly defaultClass: string;
  readonly paused: boolean;
  readonly newUid: () => string;
  /** RFC 3339. */
  readonly now: string;
}

/** Records of one droplet, as they would have been before Redis was lost. */
interface Rebuilt {
  readonly droplet: CloudDroplet;
  /** The Droplet, and the Instance that owns it where the name is a number's. */
  readonly objects: readonly Resource[];
}

export interface Rebuild {
  readonly rebuilt: readonly Rebuilt[];
  /** Sentences about what can't be told apart. While there is one, nothing is to be written. */
  readonly problems: readonly string[];
}

/**
 * The records that an account's droplets speak of by their tags: a droplet bears its Orquesta's id and the uid of its Droplet object,
 * and its name is the number's. One that was made for a pool is a number's when it bears its name, and else nobody's: it may
 * wait, or have been claimed just now, and is kept. The wish itself is nowhere but in Redis: what `specs` does not tell gets its defaults. Pure.
 */
export function rebuild(droplets: readonly CloudDroplet[], options: RebuildOptions): Rebuild {
  const ours = droplets
    .filter(({ tags }) => tags.includes(clusterTag(options.clusterId)))
    .filter(({ tags }) => tags.includes(ORQUESTA_TAG))
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
  const problems: string[] = [];
  const seen = new Map<string, CloudDroplet>();
  const rebuilt: Rebuilt[] = [];
  for (const droplet of ours) {
    // What was made for a pool bears no uid, and the name by which it was known is gone once a number has it.
    const uid = uidOf(droplet) ?? (wasMadeForPool(droplet) ? options.newUid() : undefined);
    const twin = seen.get(droplet.name);
    seen.set(droplet.name, droplet);
    if (uid === undefined) {
      problems.push(
        `Droplet ${droplet.id} (${droplet.name}) bears no orquesta-uid tag: add the tag that it had, or remove its tag ${clusterTag(options.clusterId)}.`,
      );
    } else if (twin !== undefined) {
      problems.push(
        `Droplets ${twin.id} and ${droplet.id} are both named ${droplet.name}: look which one serves the number, and delete the other in DigitalOcean.`,
      );
    } else {
      rebuilt.push({ droplet, objects: recordsOf(droplet, uid, options) });
    }
  }
  return { rebuilt, problems };
}

function recordsOf(droplet: CloudDroplet, uid: string, options: RebuildOptions): Resource[] {
  const number = numberIn(droplet.name);
  const made = droplet.createdAt;
  const machine: Resource = {
    apiVersion: API_VERSION,
    kind: 'Droplet',
    metadata: {
      name: droplet.name,
      uid,
      resourceVersion: '',
      generation: 1,
      creationTimestamp: made,
      finalizers: kinds.Droplet.finalizers,
    },
    spec: dropletSpec.parse({ region: droplet.region, size: droplet.size }),
    status: statusOf(droplet, options.now),
  };
  if (number === undefined) return [machine];
  const spec =
    options.specs.get(droplet.name) ??
    instanceSpec.parse({ numberphone: number, className: options.defaultClass });
  const instance: Resource = {
    apiVersion: API_VERSION,
    kind: 'Instance',
    metadata: {
      name: instanceName(number),
      uid: options.newUid(),
      resourceVersion: '',
      generation: 1,
      creationTimestamp: made,
      finalizers: kinds.Instance.finalizers,
    },
    spec: options.paused ? { ...spec, paused: true } : spec,
  };
  const owner = {
    apiVersion: API_VERSION,
    kind: 'Instance',
    name: instance.metadata.name,
    uid: instance.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const metadata = {
    ...machine.metadata,
    labels: { 'orquesta.clientfy.io/number': number },
    ownerReferences: [owner],
  };
  return [instance, { ...machine, metadata }];
}

/** Accepted and seen: from here on no create is ever sent for it. Its host key was lost, so the first one seen is trusted. */
const statusOf = (droplet: CloudDroplet, now: string): DropletStatus => ({
  observedGeneration: 1,
  phase: droplet.state === 'active' ? 'active' : droplet.state === 'off' ? 'off' : 'creating',
  message: `Droplet ${droplet.id} was found by its tags after its record was lost`,
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'Rebuilt',
      message: 'The record was made anew from the tags of the droplet',
      lastTransitionTime: now,
      observedGeneration: 1,
    },
  ],
  id: droplet.id,
  ip: droplet.ip,
  state: droplet.state,
  acceptedAt: droplet.createdAt,
  attempts: 1,
  seen: true,
});
