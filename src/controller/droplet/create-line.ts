import type { Droplet } from '../../resources/droplet.ts';

/** Of many creates that wait for the budget, so far apart they go: 75 requests a minute come back, and the listings want some. */
const USUAL_PACE_MS = 60_000 / 65;
/** The pace is taken from so long … */
const PACE_WINDOW_MS = 120_000;
/** … and from no less: what the full budget lets go at once, at the beginning, is no pace. */
const LEAST_WINDOW_MS = 60_000;

/**
 * When the create of `one` is expected to begin, in ms since the epoch: by how many were declared before it, at the pace
 * at which creates go while they wait, which is slower than usual when other programs send requests with the same token.
 * Pure.
 */
export function expectedStart(droplets: readonly Droplet[], one: Droplet, now: number): number {
  const waiting = droplets.filter(isWaiting);
  const ahead = waiting.filter((other) => isBefore(other, one)).length;
  if (ahead === 0) return now;
  const since = Math.min(...waiting.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
  return now + ahead * paceMs(droplets, Math.max(since, now - PACE_WINDOW_MS), now);
}

/** It is still to be asked for: who is being asked for now takes nobody's turn. */
function isWaiting({ metadata, status }: Droplet): boolean {
  return (
    status?.id === undefined && !status?.intent && !status?.failure && !metadata.deletionTimestamp
  );
}

/** It was declared before. */
function isBefore({ metadata: its }: Droplet, { metadata: mine }: Droplet): boolean {
  return (
    its.creationTimestamp < mine.creationTimestamp ||
    (its.creationTimestamp === mine.creationTimestamp && its.name < mine.name)
  );
}

/** ms from one create to the next, since so many ms after the epoch. */
function paceMs(droplets: readonly Droplet[], since: number, now: number): number {
  const window = now - since;
  const went = droplets.filter(({ status }) => Date.parse(status?.acceptedAt ?? '') >= since);
  if (went.length === 0 || window < LEAST_WINDOW_MS) return USUAL_PACE_MS;
  return Math.max(USUAL_PACE_MS, window / went.length);
}
