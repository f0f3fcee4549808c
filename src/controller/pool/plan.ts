import { type Droplet, isWaiting } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { InstancePool } from '../../resources/instance-pool.ts';
import { POOL_REVISION_ANNOTATION } from '../../resources/meta.ts';
import { wantedAt } from '../../resources/pool-schedule.ts';
import type { Price } from '../../resources/price.ts';
import type { AccountFull, CloudAccess } from '../../store/cloud-view.ts';
import { refusalOf } from '../droplet/plan.ts';
import type { Plan } from '../reconciler.ts';
import { isRoomLookDue } from '../room.ts';

export type PoolStep = 'delete-members' | 'declare-members' | 'create-members' | 'finalize';

export interface PoolFacts {
  /** The class that spec.className names. */
  readonly class: InstanceClassSpec | undefined;
  /** What a droplet must have been made for to be of use now. */
  readonly revision: string;
  /** Droplets that the pool owns. */
  readonly members: readonly Droplet[];
  /** Names among `status.declaring` that no droplet bears yet, as far as this process has seen. */
  readonly undeclared: readonly string[];
  /** Droplets that instances claimed from it, and that still live. */
  readonly claimed: number;
  /** Of a droplet of the class; undefined while it is not known. */
  readonly price: Price | undefined;
  readonly access: CloudAccess | undefined;
  /** The account has no room for another droplet. */
  readonly full: AccountFull | undefined;
}

/** Between one lot that failed and the next: 15 s, 30 s, 1 min … */
const BACKOFF_MS = 15_000;
const MAX_BACKOFF_MS = 1_800_000;
const MINUTE_MS = 60_000;
/** Fewer may be lost one by one; more at once points to one cause, ours or the network's. */
const LOST_AT_ONCE = 3;
/** Looks at a waiting droplet that failed in a row … */
const LOST_AFTER = 3;
/** … and this many, about ten minutes, when most fail at once. */
const GIVEN_UP_AFTER = 20;

const at = (time: string | undefined): number => (time ? Date.parse(time) : 0);

/** What becomes of each member. */
export interface Lot {
  /** Prepared, as the class now says, and not too old. */
  readonly ready: readonly Droplet[];
  /** The same, but older than they may get: they go when others can take their place. */
  readonly old: readonly Droplet[];
  /** On their way: declared, asked for, booting, being prepared. */
  readonly booting: readonly Droplet[];
  /** Those among them that the cloud was not asked for yet. */
  readonly pending: readonly Droplet[];
  /** Prepared, and let nobody in for some time. */
  readonly lost: readonly Droplet[];
  /** Gave up on the way or while they waited. */
  readonly failed: readonly Droplet[];
  /** Made for another revision of the class. */
  readonly outdated: readonly Droplet[];
  readonly deleting: readonly Droplet[];
}

/** Tells a pool's members apart. Pure. */
export function sortMembers(pool: InstancePool, facts: PoolFacts, now: number): Lot {
  const lot = {
    ready: [] as Droplet[],
    old: [] as Droplet[],
    booting: [] as Droplet[],
    pending: [] as Droplet[],
    lost: [] as Droplet[],
    failed: [] as Droplet[],
    outdated: [] as Droplet[],
    deleting: [] as Droplet[],
  };
  for (const member of facts.members) {
    const { metadata, status } = member;
    if (metadata.deletionTimestamp) lot.deleting.push(member);
    else if (status?.failure) lot.failed.push(member);
    else if (facts.class && !isOfRevision(member, facts.revision)) lot.outdated.push(member);
    else if (!status?.preparation?.readyAt) {
      lot.booting.push(member);
      if (isPending(member, now)) lot.pending.push(member);
    } else if (status.preparation.failures >= LOST_AFTER) lot.lost.push(member);
    else if (now - at(metadata.creationTimestamp) >= pool.spec.maxAgeSeconds * 1000) {
      lot.old.push(member);
    } else lot.ready.push(member);
  }
  return lot;
}

function isOfRevision({ metadata, status }: Droplet, revision: string): boolean {
  const run = status?.preparation?.bootstrap;
  return (
    metadata.annotations?.[POOL_REVISION_ANNOTATION] === revision &&
    (run === undefined || run.revision === revision)
  );
}

/** The cloud may be asked for it now. */
export const isPending = ({ metadata, status }: Droplet, now: number): boolean =>
  !metadata.deletionTimestamp &&
  status?.id === undefined &&
  !status?.intent &&
  !status?.failure &&
  at(status?.hold?.until) <= now;

/** How many more are to be declared now: as many as lack, and as the growth cap allows. Pure. */
export function lacking(
  { spec }: InstancePool,
  lot: Lot,
  { undeclared }: PoolFacts,
  now: number,
): number {
  // Those that are written down and were not seen yet are on their way, too.
  const booting = lot.booting.length + undeclared.length;
  const held = mayBeOurFault(lot) ? lot.lost.length : 0;
  const lack = wantedAt(spec, now) - lot.ready.length - held - booting;
  return Math.max(0, Math.min(lack, spec.maxBooting - booting));
}

/** Members that have to go now. Pure. */
export function doomed(pool: InstancePool, lot: Lot, now: number): readonly Droplet[] {
  const wanted = wantedAt(pool.spec, now);
  // The youngest on the way first, then the oldest that wait.
  const spare = [...lot.booting.toSorted(byAge).reverse(), ...lot.ready.toSorted(byAge)].slice(
    0,
    Math.max(0, lot.ready.length + lot.booting.length - wanted),
  );
  const waiting = lot.ready.filter(isWaiting).length;
  const replaced = lot.old.toSorted(byAge).slice(0, Math.max(0, waiting + lot.old.length - wanted));
  const lost = mayBeOurFault(lot) ? [] : lot.lost;
  return [...lot.failed, ...lost, ...lot.outdated, ...replaced, ...spare];
}

/** Most of them at once, and not for long: rather a network that is down than so many machines. */
const mayBeOurFault = ({ lost, ready }: Lot): boolean =>
  lost.length >= LOST_AT_ONCE &&
  lost.length > ready.length &&
  lost.every(({ status }) => (status?.preparation?.failures ?? 0) < GIVEN_UP_AFTER);

const byAge = (a: Droplet, b: Droplet): number =>
  at(a.metadata.creationTimestamp) - at(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

/** The whole life of a pool. Pure. */
export function planPool(pool: InstancePool, facts: PoolFacts, now: number): Plan<PoolStep> {
  const { spec } = pool;
  const lot = sortMembers(pool, facts, now);
  if (pool.metadata.deletionTimestamp) {
    if (facts.members.length > lot.deleting.length) {
      return { do: 'delete-members', why: 'The pool goes, and all that waits in it' };
    }
    const left = lot.deleting.length;
    if (left > 0) return { wait: 'Draining', why: `${told(left)} still being deleted` };
    return { do: 'finalize', why: 'The pool is empty' };
  }
  const going = doomed(pool, lot, now);
  if (going.length > 0) {
    return { do: 'delete-members', why: `${told(going.length)} no longer of use` };
  }
  if (!facts.class) {
    const why = `There is no InstanceClass "${spec.className}": apply one of that name`;
    return { wait: 'ClassNotFound', why };
  }
  const wanted = wantedAt(spec, now);
  const lack = lacking(pool, lot, facts, now);
  const pauseUntil = resumesAt(pool);
  if (facts.undeclared.length > 0 || (lack > 0 && pauseUntil <= now)) {
    return { do: 'declare-members', why: `${lot.ready.length} of ${wanted} droplets wait` };
  }
  const refusal = refusalOf(facts.access, now);
  if (lot.pending.length > 0 && refusal) return refusal;
  if (lot.pending.length > 0 && facts.full && !isRoomLookDue(facts.full, now)) {
    return { wait: 'QuotaExceeded', why: facts.full.message, until: facts.full.lookAt };
  }
  if (lot.pending.length > 0) {
    return { do: 'create-members', why: `Asking DigitalOcean for ${lot.pending.length} droplets` };
  }
  if (lot.ready.length >= wanted) {
    const why = wanted === 0 ? 'No droplet is to wait' : `${told(lot.ready.length)} waiting`;
    const change = nextChange(pool, lot, now);
    return { settled: 'Filled', why, lookAgain: Number.isFinite(change) ? change - now : 0 };
  }
  const why = whyNotFilled(lot, wanted, facts);
  if (lack > 0 && lot.booting.length === 0) return { wait: 'BackingOff', why, until: pauseUntil };
  const soonest = Math.min(
    nextChange(pool, lot, now),
    lack > 0 ? pauseUntil : Number.POSITIVE_INFINITY,
  );
  return { wait: 'Filling', why, until: Number.isFinite(soonest) ? soonest : undefined };
}

const told = (count: number): string => `${count} ${count === 1 ? 'droplet is' : 'droplets are'}`;

/** Until then no more are declared: too many have failed in a row. */
function resumesAt({ status }: InstancePool): number {
  const { failures = 0, lastFailureAt } = status ?? {};
  if (failures === 0) return 0;
  return at(lastFailureAt) + Math.min(BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
}

function whyNotFilled(lot: Lot, wanted: number, facts: PoolFacts): string {
  const held = facts.members.find(({ status }) => status?.hold)?.status?.hold?.message;
  const failed = lot.failed[0]?.status?.failure?.message;
  const why = failed ?? held;
  const counts = `${lot.ready.length} of ${wanted} droplets wait, ${lot.booting.length} are on their way`;
  return why ? `${counts}: ${why}` : counts;
}

/** When time alone changes something: a member gets too old, a hold ends, a window opens or closes. ms since the epoch, or never. */
function nextChange({ spec }: InstancePool, lot: Lot, now: number): number {
  const ends = lot.ready.map(
    ({ metadata }) => at(metadata.creationTimestamp) + spec.maxAgeSeconds * 1000,
  );
  const holds = lot.booting.map(({ status }) => at(status?.hold?.until));
  const minute = spec.schedule.length > 0 ? [now - (now % MINUTE_MS) + MINUTE_MS] : [];
  return Math.min(...[...ends, ...holds, ...minute].filter((time) => time > now));
}
