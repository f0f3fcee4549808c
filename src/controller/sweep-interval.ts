import type { Droplet } from '../resources/droplet.ts';

/** When all is quiet: a change from outside is noticed within 30 s, of which one is for the listing that shows it … */
const QUIET_MS = 29_000;
/**
 * … and listings cost 600 requests an hour at the most: from 801 droplets on that is the longer one, 30 s at 1,000. In a larger account
 * they would spend the 5,000 requests an hour, and a bot's silence tells sooner.
 */
const QUIET_PER_PAGE_MS = 6_000;
/** A change is noticed late by no more than this share of what it has taken so far. */
const SHARE = 0.1;
/** More than so many changes at a time share their listings, so that these stay few for each of them. */
const FEW = 10;
const FEW_MS = { least: 500, most: 750 };
const MANY_MS = { least: 1_000, most: 2_500 };
/** Of many that boot at the same time the last comes so many listings after the first. */
const LISTINGS_PER_BATCH = 10;
const MANY_BOOTING_MS = { least: 500, most: 1_800 };
/** Of many only few are up before the quickest that is known. */
const MANY_EARLY_MS = 2_500;
/** Few boots tell little of how far apart others are: no less than this share of the longest. */
const LEAST_SPREAD = 0.85;
/** While nothing is known of boots, a hundred may take 10 s and each is waited for, or 40 s, and are not to cost a listing for each other second. */
const MANY_UNKNOWN_SHARE = 0.2;
const MANY_UNKNOWN_MS = { least: 1_000, most: 4_000 };
/** Nobody waits for a machine that has its address: it is knocked at. */
const ADDRESSED_MS = { least: 1_000, most: 10_000 };
const ADDRESSED_SHARE = 0.5;
/** However well it is known how long machines take to boot, one may be quicker. */
const SURPRISE_MS = 10_000;
const EARLY = 0.9;
/** The fewer are known, the quicker another may be: so much of the quickest, divided by the root of their number, is taken off. */
const EARLY_UNKNOWN = 0.45;
const LATE = 1.5;
const PAGE_SIZE = 200;
/** However young a change is: DigitalOcean's 250 requests a minute are for other things too. */
const PER_PAGE_MS = 400;
/** While creates wait for the budget, each page is one create less: they are to have nine tenths of it, if nobody waits a minute for that. */
const HELD_PER_PAGE_MS = 7_500;
const HELD_MOST_MS = 60_000;
/** Of many creates at a time, each page more is one create less. */
const MANY_PER_FURTHER_PAGE_MS = 1_500;
/** There is always a sick bot somewhere in a large fleet: the listings for them are to take less than a third of the 5,000 requests an hour. */
const SICK_MS = 5_000;
const SICK_PER_PAGE_MS = 2_400;
const LATEST_BOOTS = 20;
/** Creates of one moment leave within seconds, also by several controllers. */
const TOGETHER_MS = 5_000;

/** How long machines took from the accepted create until their address was seen, in ms. */
export interface Boots {
  readonly least: number;
  readonly most: number;
  /** Of how many machines that is known. */
  readonly count: number;
}

/** What else the next listing depends on. */
export interface Surroundings {
  readonly boots?: Boots | undefined;
  /** How many were asked for together with those that boot. */
  readonly together?: number | undefined;
  /** Creates wait for the budget of requests. */
  readonly isHeld?: boolean | undefined;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

/**
 * How long after a sweep the next one is due, in ms, at rest from its beginning and else from its end: soon after something was asked of the
 * cloud, later the longer it takes, and not before a machine can be up, as far as it is known from others. `changing`: what the next sweeps are waited for;
 * `listed`: droplets that the last one saw. Pure.
 */
export function sweepIntervalMs(
  changing: readonly Droplet[],
  listed: number,
  now: number,
  { boots, together = 0, isHeld = false }: Surroundings = {},
): number {
  const pages = pagesOf(listed);
  if (changing.length === 0) return Math.max(QUIET_MS, pages * QUIET_PER_PAGE_MS);
  const isMany = Math.max(changing.length, together) > FEW;
  const wait = Math.min(...changing.map((droplet) => waitFor(droplet, isMany, now, boots)));
  const paced = isMany ? (pages - 1) * MANY_PER_FURTHER_PAGE_MS : 0;
  const held = isHeld
    ? within({ least: HELD_PER_PAGE_MS, most: HELD_MOST_MS }, pages * HELD_PER_PAGE_MS)
    : 0;
  return Math.max(wait, pages * PER_PAGE_MS, paced, held);
}

/** How many requests a listing of so many droplets takes. Pure. */
export const pagesOf = (listed: number): number => Math.ceil(listed / PAGE_SIZE);

/** How old a sweep may be, in ms, to tell whether the machine of a sick bot still runs; `listed`: droplets that the last one saw. Pure. */
export const freshForMs = (listed: number): number =>
  Math.max(SICK_MS, pagesOf(listed) * SICK_PER_PAGE_MS);

function waitFor(droplet: Droplet, isMany: boolean, now: number, boots: Boots | undefined): number {
  const age = Math.max(0, now - changedAt(droplet));
  const bounds = isMany ? MANY_MS : FEW_MS;
  if (droplet.metadata.deletionTimestamp || droplet.status?.id === undefined) {
    return within(bounds, SHARE * age);
  }
  if (droplet.status.state !== 'new' && droplet.status.state !== undefined) {
    return within(bounds, SHARE * age);
  }
  if (droplet.status.ip !== undefined) return within(ADDRESSED_MS, ADDRESSED_SHARE * age);
  if (!boots || age > boots.most * LATE) {
    return isMany ? within(MANY_UNKNOWN_MS, MANY_UNKNOWN_SHARE * age) : within(bounds, SHARE * age);
  }
  const early = boots.least * (EARLY - EARLY_UNKNOWN / Math.sqrt(boots.count)) - age;
  if (early > bounds.least) return Math.min(early, SURPRISE_MS);
  if (!isMany) return FEW_MS.least;
  const spread = Math.max(boots.most - boots.least, LEAST_SPREAD * boots.most);
  const untilQuickest = Math.min(boots.least * EARLY - age, MANY_EARLY_MS);
  return Math.max(within(MANY_BOOTING_MS, spread / LISTINGS_PER_BATCH), untilQuickest);
}

const within = ({ least, most }: Bounds, ms: number): number => Math.min(Math.max(ms, least), most);

/** How many of all were asked for together with the latest of these that boots: the last of a hundred is one of many, though the others are up. Pure. */
export function togetherWith(changing: readonly Droplet[], all: readonly Droplet[]): number {
  let latest = '';
  for (const { metadata, status } of changing) {
    if (!metadata.deletionTimestamp && status?.acceptedAt) {
      latest = status.acceptedAt > latest ? status.acceptedAt : latest;
    }
  }
  if (latest === '') return 0;
  const first = new Date(Date.parse(latest) - TOGETHER_MS).toISOString();
  return all.filter(({ status }) => {
    const { acceptedAt = '' } = status ?? {};
    return acceptedAt >= first && acceptedAt <= latest;
  }).length;
}

/** Of the latest machines that were made here; undefined before the first. Pure. */
export function bootsOf(droplets: readonly Droplet[]): Boots | undefined {
  const latest: { readonly acceptedAt: string; readonly addressedAt: string }[] = [];
  for (const { status } of droplets) {
    const { acceptedAt, addressedAt } = status ?? {};
    if (acceptedAt === undefined || addressedAt === undefined) continue;
    // As texts, since there are thousands of them.
    const oldest = latest.at(-1);
    if (oldest && latest.length === LATEST_BOOTS && acceptedAt <= oldest.acceptedAt) continue;
    const place = latest.findIndex((other) => other.acceptedAt < acceptedAt);
    latest.splice(place === -1 ? latest.length : place, 0, { acceptedAt, addressedAt });
    latest.length = Math.min(latest.length, LATEST_BOOTS);
  }
  if (latest.length === 0) return undefined;
  const took = latest.map((boot) => Date.parse(boot.addressedAt) - Date.parse(boot.acceptedAt));
  return { least: Math.min(...took), most: Math.max(...took), count: took.length };
}

/** When the cloud was last asked for the change that is under way; 0 when that is not known. */
function changedAt({ metadata, status }: Droplet): number {
  const { deletion, acceptedAt, intent, action } = status ?? {};
  const times = metadata.deletionTimestamp
    ? [deletion?.requestedAt ?? metadata.deletionTimestamp]
    : [acceptedAt, intent?.startedAt, action?.requestedAt];
  return Math.max(0, ...times.map((time) => (time ? Date.parse(time) : 0)));
}
