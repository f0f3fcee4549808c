import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import { uidOf } from '../resources/cloud-droplet.ts';
import { getCondition, isConditionTrue } from '../resources/condition.ts';
import { type Droplet, isWaiting, poolOf } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import type { InstanceClass } from '../resources/instance-class.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import { controllerOwner, POOL_LABEL } from '../resources/meta.ts';
import type { Change } from '../store/store.ts';
import { isOursToFinalize } from './finalizers.ts';
import { heldUpOf, undecidedOf } from './instance/held-up.ts';
import { rolloutMark } from './rollout.ts';

/** What to look at, never what happened: "Instance/bot-573332221111", or SWEEP. */
export type Key = string;
export const SWEEP: Key = 'Sweep/account';
export const keyOf = (
  kind: 'Instance' | 'InstanceClass' | 'InstancePool' | 'Droplet',
  name: string,
): Key => `${kind}/${name}`;

/** The objects as this process last saw them. */
export interface Objects {
  get<K extends Kind>(kind: K, name: string): ObjectOf[K] | undefined;
  list<K extends Kind>(kind: K): { readonly items: readonly ObjectOf[K][] };
}

/** The keys that a committed write concerns. A status that a reconciler wrote about its own object concerns nobody but the owner. Pure. */
export function keysOfChange(
  change: Change,
  previous: ObjectOf[Kind] | undefined,
  objects: Objects,
): readonly Key[] {
  const isNews = change.type !== 'modified' || !previous || isAnotherWish(change.object, previous);
  switch (change.kind) {
    case 'Instance':
      return keysOfInstance(change as Change<'Instance'>, previous as Instance | undefined, isNews);
    case 'InstanceClass':
      return isNews
        ? keysOfClass(change as Change<'InstanceClass'>, objects)
        : keysOfTurns(change.object as InstanceClass, previous as InstanceClass | undefined);
    case 'InstancePool':
      return isNews && change.type !== 'deleted'
        ? [keyOf('InstancePool', change.object.metadata.name)]
        : [];
    case 'Droplet':
      return keysOfDroplet(
        change as Change<'Droplet'>,
        previous as Droplet | undefined,
        isNews,
        objects,
      );
  }
}

function keysOfInstance(
  { type, object }: Change<'Instance'>,
  previous: Instance | undefined,
  isNews: boolean,
): readonly Key[] {
  const keys: Key[] = [];
  if (isNews && type !== 'deleted') {
    keys.push(keyOf('Instance', object.metadata.name), ...keysOfPause(object, previous));
  }
  // Its class gives the turns of a rollout, and counts who has had one.
  if (type !== 'modified' || !previous || rolloutMark(object) !== rolloutMark(previous)) {
    const classes = new Set([object.spec.className, previous?.spec.className]);
    for (const name of classes) if (name) keys.push(keyOf('InstanceClass', name));
  }
  return keys;
}

function keysOfClass({ type, object }: Change<'InstanceClass'>, objects: Objects): readonly Key[] {
  const { name } = object.metadata;
  const users = (['Instance', 'InstancePool'] as const).flatMap((kind) =>
    objects
      .list(kind)
      .items.filter(({ spec }) => spec.className === name)
      .map(({ metadata }) => keyOf(kind, metadata.name)),
  );
  return type === 'deleted' ? users : [keyOf('InstanceClass', name), ...users];
}

/** Those whose turn it is now, and was not before. */
function keysOfTurns(now: InstanceClass, then: InstanceClass | undefined): readonly Key[] {
  const before = new Set(then?.status?.turns.map(({ name, revision }) => `${name} ${revision}`));
  return (now.status?.turns ?? [])
    .filter(({ name, revision }) => !before.has(`${name} ${revision}`))
    .map(({ name }) => keyOf('Instance', name));
}

/** A droplet follows its instance's pause: nothing is made, and nothing powered on, until it ends. */
function keysOfPause(now: Instance, then: Instance | undefined): readonly Key[] {
  const name = now.status?.dropletName;
  return name && then && then.spec.paused !== now.spec.paused ? [keyOf('Droplet', name)] : [];
}

function keysOfDroplet(
  { type, object }: Change<'Droplet'>,
  previous: Droplet | undefined,
  isNews: boolean,
  objects: Objects,
): readonly Key[] {
  const keys: Key[] = [];
  const isMoved = isAnotherMachine(object, previous);
  const pool = object.metadata.labels?.[POOL_LABEL];
  // A pool writes what became of its request into the droplet.
  if ((isNews || (pool !== undefined && isMoved)) && type !== 'deleted') {
    keys.push(keyOf('Droplet', object.metadata.name));
  }
  if (pool !== undefined && (isNews || isMoved || isAnotherMember(object, previous))) {
    keys.push(keyOf('InstancePool', pool));
  }
  const isAwaited = type === 'added' && isOfItsOwnPass(object, objects);
  if ((isNews || isMoved) && !poolOf(object) && !isAwaited) {
    // Also for an instance that waits for the name and does not own the droplet.
    keys.push(keyOf('Instance', controllerOwner(object.metadata)?.name ?? object.metadata.name));
  }
  if (type !== 'deleted' && isWaiting(object) && !(previous && isWaiting(previous))) {
    keys.push(...keysOfHeldUp(object, objects));
  }
  if (isChanging(object) && !(previous && isChanging(previous))) keys.push(SWEEP);
  // It tells how long the others that boot may take: the next listing was set without knowing.
  else if (isAddressed(object) && previous && !isAddressed(previous)) keys.push(SWEEP);
  return keys;
}

const isAddressed = ({ status }: Droplet): boolean => status?.addressedAt !== undefined;

/** One more waits in a pool: of the instances that could have no droplet of their own, as many as wait now, and as many of those that could not decide. */
function keysOfHeldUp(member: Droplet, objects: Objects): readonly Key[] {
  const classOf = (droplet: Droplet): string | undefined =>
    objects.get('InstancePool', poolOf(droplet)?.name ?? '')?.spec.className;
  const className = classOf(member);
  if (className === undefined) return [];
  const waiting = objects
    .list('Droplet')
    .items.filter((droplet) => isWaiting(droplet) && classOf(droplet) === className);
  return [heldUpOf(className, objects), undecidedOf(className, objects)]
    .flatMap((line) => line.slice(0, waiting.length))
    .map(({ metadata }) => keyOf('Instance', metadata.name));
}

/** Declared by its instance, whose pass has written that down and goes on to see it: nobody need be told. */
const isOfItsOwnPass = ({ metadata, status }: Droplet, objects: Objects): boolean => {
  const owner = controllerOwner(metadata);
  const instance = owner && objects.get('Instance', owner.name);
  return (
    status === undefined &&
    instance?.metadata.uid === owner?.uid &&
    instance?.status?.dropletName === metadata.name
  );
};

/** It got on, or fell back, on its way to wait for a number. */
const isAnotherMember = ({ status: now }: Droplet, previous: Droplet | undefined): boolean => {
  const then = previous?.status;
  return (
    now?.preparation?.readyAt !== then?.preparation?.readyAt ||
    now?.preparation?.failures !== then?.preparation?.failures ||
    now?.hold?.until !== then?.hold?.until ||
    (now?.intent === undefined) !== (then?.intent === undefined)
  );
};

function isAnotherWish(object: ObjectOf[Kind], previous: ObjectOf[Kind]): boolean {
  const [now, then] = [object.metadata, previous.metadata];
  return (
    now.uid !== then.uid ||
    now.generation !== then.generation ||
    now.deletionTimestamp !== then.deletionTimestamp ||
    JSON.stringify(now.annotations) !== JSON.stringify(then.annotations) ||
    JSON.stringify(now.ownerReferences) !== JSON.stringify(then.ownerReferences)
  );
}

const isAnotherMachine = ({ status: now }: Droplet, previous: Droplet | undefined): boolean => {
  const then = previous?.status;
  return (
    now?.id !== then?.id ||
    now?.ip !== then?.ip ||
    now?.state !== then?.state ||
    now?.failure?.at !== then?.failure?.at ||
    // Why there is no machine yet.
    (now?.id === undefined &&
      getCondition(now?.conditions, 'Ready')?.reason !==
        getCondition(then?.conditions, 'Ready')?.reason)
  );
};

/** Something is under way in the cloud that a sweep will show. */
export function isChanging({ metadata, status }: Droplet): boolean {
  if (!status) return false;
  if (metadata.deletionTimestamp) return isOursToFinalize(metadata.finalizers);
  if (status.intent) return true;
  if (status.id === undefined) return false;
  // It came to rest like that: of a paused instance, or of nobody, and switched off by its owner.
  const isLeftOff = status.state === 'off' && isConditionTrue(status.conditions, 'Ready');
  return status.ip === undefined || (status.state !== 'active' && !isLeftOff);
}

/** The keys of the Droplet objects that stand for droplets which a sweep saw appear, change or vanish. Pure. */
export function keysOfSeen(droplets: readonly CloudDroplet[], objects: Objects): readonly Key[] {
  if (droplets.length === 0) return [];
  const ids = new Set(droplets.map((droplet) => droplet.id));
  const names = new Set(droplets.map((droplet) => droplet.name.toLowerCase()));
  const uids = new Set(droplets.map(uidOf));
  return objects
    .list('Droplet')
    .items.filter(
      ({ metadata, status }) =>
        uids.has(metadata.uid) ||
        names.has(metadata.name) ||
        (status?.id !== undefined && ids.has(status.id)),
    )
    .map((object) => keyOf('Droplet', object.metadata.name));
}
