import type { Droplet } from '../resources/droplet.ts';
import { dropletNameOf, type Instance } from '../resources/instance.ts';
import { isKind } from '../resources/kinds.ts';
import {
  ADOPT_ANNOTATION,
  controllerOwner,
  type ObjectMeta,
  REPLACE_ANNOTATION,
} from '../resources/meta.ts';
import { NOTE_EVERY_MS } from './instance/look-times.ts';
import { at } from './instance/times.ts';
import { type Key, keyOf, type Objects, SWEEP } from './triggers.ts';

/** So often keys are named. */
const RESYNC_MS = 60_000;
/** What is as wanted has its turn within so many resyncs … */
const ROUNDS = 15;
/** … or later in a fleet so large that more than these would have theirs at a time. */
const TURNS_AT_A_TIME = 200;
/** A bot is overdue when nobody has noted a look at it for so many times the longest that there may lie between two notes. */
const OVERDUE = 2;

/**
 * The keys to look at although nothing was told of them: everything that is not as wanted, as far as memory tells, and by turns
 * the rest. The same at a start, when nobody knows what was missed: a fleet of thousands that is well costs one look over what
 * is in memory, and not a pass for each. Pure; `now` in ms since the epoch.
 */
export function keysOfResync(objects: Objects, now: number): readonly Key[] {
  const [instances, droplets] = [objects.list('Instance').items, objects.list('Droplet').items];
  const rounds = Math.max(
    ROUNDS,
    Math.ceil((instances.length + droplets.length) / TURNS_AT_A_TIME),
  );
  const round = Math.floor(now / RESYNC_MS) % rounds;
  const hasTurn = ({ name }: ObjectMeta): boolean => numberOf(name) % rounds === round;
  const classes = objects.list('InstanceClass').items;
  // Who may begin a rollout's step and did not hear of it.
  const granted = new Set(
    classes.flatMap(({ status }) => status?.turns.map(({ name }) => name) ?? []),
  );
  return [
    SWEEP,
    ...instances
      .filter(
        (instance) =>
          !isInstanceSettled(instance, objects, now) ||
          granted.has(instance.metadata.name) ||
          hasTurn(instance.metadata),
      )
      .map(({ metadata }) => keyOf('Instance', metadata.name)),
    ...classes.map(({ metadata }) => keyOf('InstanceClass', metadata.name)),
    ...objects
      .list('InstancePool')
      .items.map(({ metadata }) => keyOf('InstancePool', metadata.name)),
    ...droplets
      .filter((droplet) => !isDropletSettled(droplet, objects) || hasTurn(droplet.metadata))
      .map(({ metadata }) => keyOf('Droplet', metadata.name)),
  ];
}

function isInstanceSettled(instance: Instance, objects: Objects, now: number): boolean {
  const { metadata, spec, status } = instance;
  if (
    !isUpToDate(metadata, status?.observedGeneration) ||
    metadata.annotations?.[REPLACE_ANNOTATION] !== undefined ||
    metadata.annotations?.[ADOPT_ANNOTATION] !== undefined
  ) {
    return false;
  }
  if (spec.paused || status?.phase === 'failed') return true;
  return (
    status?.phase === 'completed' && isKept(instance, objects) && !isOverdue(instance, objects, now)
  );
}

/** It has the droplet that it believes to have, and its class says what it said when it was looked at. */
function isKept(instance: Instance, objects: Objects): boolean {
  const { spec, status } = instance;
  const droplet = objects.get('Droplet', dropletNameOf(instance));
  const klass = objects.get('InstanceClass', spec.className);
  const { id, state, ip } = droplet?.status ?? {};
  return (
    droplet !== undefined &&
    droplet.metadata.deletionTimestamp === undefined &&
    id === status?.dropletId &&
    state === status?.dropletState &&
    ip === status?.ip &&
    (klass === undefined || isUpToDate(klass.metadata, klass.status?.observedGeneration))
  );
}

/** The timer of its next look got lost. */
function isOverdue({ spec, status }: Instance, objects: Objects, now: number): boolean {
  const health = objects.get('InstanceClass', spec.className)?.spec.health;
  if (!health) return false;
  const between = Math.max(health.intervalSeconds * 1000, NOTE_EVERY_MS);
  return now - at(status?.bot?.lastCheckedAt) > OVERDUE * between;
}

function isDropletSettled({ metadata, status }: Droplet, objects: Objects): boolean {
  const owner = controllerOwner(metadata);
  const hasOwner =
    owner === undefined ||
    !isKind(owner.kind) ||
    objects.get(owner.kind, owner.name)?.metadata.uid === owner.uid;
  return (
    isUpToDate(metadata, status?.observedGeneration) &&
    (status?.phase === 'active' || status?.phase === 'failed') &&
    hasOwner
  );
}

const isUpToDate = (
  { generation, deletionTimestamp }: ObjectMeta,
  observed: number | undefined,
): boolean => observed === generation && deletionTimestamp === undefined;

/** The same for a name in every process. */
function numberOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) % 65_521;
  return hash;
}
