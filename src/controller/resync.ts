import type { Droplet } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import { ADOPT_ANNOTATION, type ObjectMeta, REPLACE_ANNOTATION } from '../resources/meta.ts';
import { type Key, keyOf, type Objects, SWEEP } from './triggers.ts';

/** So often keys are named. */
const RESYNC_MS = 60_000;
/** What is as wanted has its turn within so many resyncs: it is looked at for its health anyway, or was settled for good. */
const ROUNDS = 15;

/** All keys there are. */
export const allKeys = (objects: Objects): readonly Key[] => [
  SWEEP,
  ...(['Instance', 'InstanceClass', 'InstancePool', 'Droplet'] as const).flatMap((kind) =>
    objects.list(kind).items.map(({ metadata }) => keyOf(kind, metadata.name)),
  ),
];

/**
 * The keys to look at although nothing was told of them: everything that is not as wanted, as far as its status says, and by
 * turns the rest. Naming a fleet of thousands that is well each minute would cost more than all else. Pure.
 */
export function keysOfResync(objects: Objects, now: number): readonly Key[] {
  const round = Math.floor(now / RESYNC_MS) % ROUNDS;
  const isDue = ({ name }: ObjectMeta): boolean => turnOf(name) === round;
  const classes = objects.list('InstanceClass').items;
  // Who may begin and did not hear of it.
  const turns = new Set(
    classes.flatMap(({ status }) => status?.turns.map(({ name }) => name) ?? []),
  );
  return [
    SWEEP,
    ...objects
      .list('Instance')
      .items.filter(
        (instance) =>
          !isInstanceSettled(instance) ||
          turns.has(instance.metadata.name) ||
          isDue(instance.metadata),
      )
      .map(({ metadata }) => keyOf('Instance', metadata.name)),
    ...classes.map(({ metadata }) => keyOf('InstanceClass', metadata.name)),
    ...objects
      .list('InstancePool')
      .items.map(({ metadata }) => keyOf('InstancePool', metadata.name)),
    ...objects
      .list('Droplet')
      .items.filter((droplet) => !isDropletSettled(droplet) || isDue(droplet.metadata))
      .map(({ metadata }) => keyOf('Droplet', metadata.name)),
  ];
}

const isInstanceSettled = ({ metadata, status }: Instance): boolean =>
  isUpToDate(metadata, status?.observedGeneration) &&
  (status?.phase === 'completed' || status?.phase === 'failed') &&
  metadata.annotations?.[REPLACE_ANNOTATION] === undefined &&
  metadata.annotations?.[ADOPT_ANNOTATION] === undefined;

const isDropletSettled = ({ metadata, status }: Droplet): boolean =>
  isUpToDate(metadata, status?.observedGeneration) &&
  (status?.phase === 'active' || status?.phase === 'failed');

const isUpToDate = (
  { generation, deletionTimestamp }: ObjectMeta,
  observed: number | undefined,
): boolean => observed === generation && deletionTimestamp === undefined;

/** The same for a name in every process. */
function turnOf(name: string): number {
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = (hash * 31 + name.charCodeAt(at)) % 65_521;
  return hash % ROUNDS;
}
