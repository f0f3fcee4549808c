import type { Instance } from '../resources/instance.ts';

/** Why repairs, or the dearest of them, must wait; sentences for people. */
export interface Brakes {
  /** Holds every rung of the ladder. */
  readonly repairs: string | undefined;
  /** Holds the replacement of droplets. */
  readonly replacements: string | undefined;
}

/** More than this share sick at once points to one cause, ours or the network's: repairs would make it worse (kubernetes-sigs/karpenter's rule). */
const SICK_SHARE = 0.2;
/** In a small fleet a single sick bot is a large share. */
const SICK_AT_LEAST = 3;
/** One replacement at a time for each so many instances. */
const INSTANCES_PER_REPLACEMENT = 10;
/** A replacement that has not come to an end by then no longer keeps others waiting. */
const REPLACEMENT_LIMIT_MS = 1_800_000;

/** May we repair now? `outage`: a sentence when Redis or the cloud was away just now. Times in ms since the epoch. Pure. */
export function brakesOf(
  fleet: readonly Instance[],
  outage: string | undefined,
  now: number,
): Brakes {
  const watched = fleet.filter(isWatched);
  const sick = watched.filter(looksSick).length;
  const isFleetSick = sick >= SICK_AT_LEAST && sick > watched.length * SICK_SHARE;
  const replacing = fleet.filter((instance) => isBeingReplaced(instance, now)).length;
  const allowed = Math.max(1, Math.floor(fleet.length / INSTANCES_PER_REPLACEMENT));
  return {
    repairs: isFleetSick
      ? `${sick} of ${watched.length} bots look sick at once, more than ${SICK_SHARE * 100} %: look for a common cause`
      : outage,
    replacements:
      replacing >= allowed
        ? `${replacing} of ${fleet.length} instances are having their droplet replaced, and no more than ${allowed} may at a time`
        : undefined,
  };
}

/** Bots that have been up: one that is still on its way says nothing of the fleet's health. */
const isWatched = ({ metadata, status }: Instance): boolean =>
  !metadata.deletionTimestamp && !status?.failure && status?.bot?.lastHealthyAt !== undefined;

const looksSick = ({ status }: Instance): boolean =>
  (status?.bot?.failures ?? 0) > 0 ||
  (status?.repairs?.rung !== undefined && status.phase !== 'completed');

function isBeingReplaced({ status }: Instance, now: number): boolean {
  const { repairs, phase } = status ?? {};
  if (!repairs?.replacedUid || !repairs.at) return false;
  return (
    phase !== 'completed' &&
    phase !== 'failed' &&
    now - Date.parse(repairs.at) < REPLACEMENT_LIMIT_MS
  );
}
