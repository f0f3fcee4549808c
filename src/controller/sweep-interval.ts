import type { Droplet } from '../resources/droplet.ts';

/** When all is quiet: how late a change from outside is noticed at the most. */
const QUIET_MS = 30_000;
/** A change is noticed late by no more than this share of what it has taken so far. */
const SHARE = 0.1;
/** More than so many changes at a time share their listings, so that these stay few for each of them. */
const FEW = 10;
const FEW_MS = { least: 500, most: 2_000 };
const MANY_MS = { least: 1_000, most: 2_500 };
const PAGE_SIZE = 200;
/** However young a change is: DigitalOcean's 250 requests a minute are for other things too. */
const PER_PAGE_MS = 400;

/**
 * How long after a sweep the next one is due, in ms: soon after something was asked of the cloud, later the longer it takes.
 * `changing`: what the next sweeps are waited for; `listed`: droplets that the last one saw. Pure.
 */
export function sweepIntervalMs(changing: readonly Droplet[], listed: number, now: number): number {
  if (changing.length === 0) return QUIET_MS;
  const youngestAt = Math.max(...changing.map(changedAt));
  const { least, most } = changing.length > FEW ? MANY_MS : FEW_MS;
  const wait = Math.min(Math.max(SHARE * (now - youngestAt), least), most);
  return Math.max(wait, Math.ceil(listed / PAGE_SIZE) * PER_PAGE_MS);
}

/** When the cloud was last asked for the change that is under way; 0 when that is not known. */
function changedAt({ metadata, status }: Droplet): number {
  const { deletion, acceptedAt, intent, action } = status ?? {};
  const times = metadata.deletionTimestamp
    ? [deletion?.requestedAt ?? metadata.deletionTimestamp]
    : [acceptedAt, intent?.startedAt, action?.requestedAt];
  return Math.max(0, ...times.map((time) => (time ? Date.parse(time) : 0)));
}
