import { type CloudDroplet, isClusterTag, ORQUESTA_TAG } from '../../resources/cloud-droplet.ts';
import { type CreateIntent, type Droplet, poolOf } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { ADOPT_ANNOTATION } from '../../resources/meta.ts';
import type { AccountFull, CloudAccess, Sweep } from '../../store/cloud-view.ts';
import { isLookDue } from '../access.ts';
import { isOursToFinalize } from '../finalizers.ts';
import type { Plan } from '../reconciler.ts';
import { isRoomLookDue } from '../room.ts';
import { planMachine } from './plan-machine.ts';

export type DropletStep =
  | 'create'
  | 'adopt'
  | 'look-by-name'
  | 'end-intent'
  | 'check-gone'
  | 'power-on'
  | 'rename'
  | 'connect-member'
  | 'rotate-member-key'
  | 'start-preparation'
  | 'follow-preparation'
  | 'check-member'
  | 'request-delete'
  | 'confirm-gone'
  | 'delete-duplicate'
  | 'delete-record'
  | 'finalize';

/** What is known of the cloud, as the last sweep saw it. */
export interface DropletFacts {
  readonly sweep: Sweep | undefined;
  /** The droplet of the recorded id. */
  readonly recorded: CloudDroplet | undefined;
  /** Others that bear this object's uid: each was made for it. */
  readonly twins: readonly CloudDroplet[];
  /** Of the same name, bearing no uid at all. */
  readonly namesakes: readonly CloudDroplet[];
  readonly access: CloudAccess | undefined;
  /** The account takes no more droplets, as far as is known. */
  readonly full: AccountFull | undefined;
  /** An Instance that is not paused stands behind the object: its machine is to be kept running. */
  readonly isKeptOn: boolean;
  /** Its Instance is to be left alone: what is not there yet is not made. */
  readonly isPaused: boolean;
  /** Its owner is gone, another of the same name has come, or it goes by another droplet: nobody will ever ask for the object's end. */
  readonly isAbandoned: boolean;
  /** Of a pool's droplet: how it is to be prepared. */
  readonly poolClass: InstanceClassSpec | undefined;
}

/** A lost create may still be on its way: absence counts only from the second look on, this long after the intent … */
const SETTLED_AFTER_MS = 60_000;
/** … and this long after the look before. */
const BETWEEN_LOOKS_MS = 15_000;
const FIRST_LOOK_MS = 2_000;
/** A pool sends the create of several at once, and may still be waiting for the answer. */
const FIRST_LOOK_FOR_MEMBER_MS = 35_000;
/** DigitalOcean's clock and ours may differ by so much. */
const CLOCK_SKEW_MS = 300_000;
/** A DELETE answered 204 may be without effect: ask again. */
const REPEAT_DELETE_MS = 15_000;
const UNAUTHORIZED_LOOK_MS = 60_000;

const at = (time: string): number => Date.parse(time);

const ASKS: ReadonlySet<DropletStep> = new Set([
  'look-by-name',
  'check-gone',
  'power-on',
  'rename',
  'request-delete',
  'confirm-gone',
  'delete-duplicate',
]);

/** The life of one droplet. Pure. */
export function planDroplet(droplet: Droplet, facts: DropletFacts, now: number): Plan<DropletStep> {
  const plan = planWhenHeard(droplet, facts, now);
  const { access } = facts;
  const isRefused = access?.ok === false && access.refused !== 'creates';
  // What is told of a refusal is news, which leads here again: who tried then would never come to rest.
  if ('do' in plan && ASKS.has(plan.do) && isRefused && !isLookDue(access, now)) {
    return { wait: 'Unauthorized', why: access.message, until: access.lookAt };
  }
  return plan;
}

function planWhenHeard(droplet: Droplet, facts: DropletFacts, now: number): Plan<DropletStep> {
  const status = droplet.status;
  if (droplet.metadata.deletionTimestamp) {
    return isOursToFinalize(droplet.metadata.finalizers)
      ? planDeletion(droplet, facts, now)
      : { wait: 'OthersFinalizers', why: 'Done, but for the finalizers that others have set' };
  }
  if (facts.isAbandoned) {
    return { do: 'delete-record', why: 'Nobody owns the droplet any more' };
  }
  if (status?.failure) {
    return { settled: status.failure.reason, why: status.failure.message, lookAgain: 0 };
  }
  if (status?.id !== undefined) return planMachine(droplet, status, facts, now);

  const found = facts.twins[0] ?? answerTo(droplet, facts.namesakes, now);
  if (found) return { do: 'adopt', why: `Droplet ${found.id} in the cloud is this one` };
  if (droplet.metadata.annotations?.[ADOPT_ANNOTATION]) {
    return { do: 'adopt', why: 'An existing droplet is to be taken over' };
  }
  const isMember = poolOf(droplet) !== undefined;
  if (status?.intent) return planSettling(status.intent, isMember, now);
  if (facts.isPaused) {
    return { wait: 'Paused', why: 'No droplet is created while the instance is paused' };
  }
  const refusal = refusalOf(facts.access, now);
  if (refusal) return refusal;
  if (facts.full && !isRoomLookDue(facts.full, now)) {
    return { wait: 'QuotaExceeded', why: facts.full.message, until: facts.full.lookAt };
  }
  if (status?.hold && at(status.hold.until) > now) {
    return { wait: status.hold.reason, why: status.hold.message, until: at(status.hold.until) };
  }
  if (isMember) return { wait: 'PoolPending', why: 'The pool is about to ask for the droplet' };
  return { do: 'create', why: 'Asking DigitalOcean for the droplet' };
}

/** No create while the token is refused, but for the one that finds out when creates alone are. */
export function refusalOf(
  access: CloudAccess | undefined,
  now: number,
): Extract<Plan<never>, { wait: string }> | undefined {
  if (!access || access.ok) return undefined;
  const isMyLook = access.refused === 'creates' && isLookDue(access, now);
  if (isMyLook) return undefined;
  const why = `No droplet is created while DigitalOcean refuses the token: ${access.message}`;
  const until = access.refused === 'creates' ? access.lookAt : undefined;
  return { wait: 'Unauthorized', why, until: until ?? now + UNAUTHORIZED_LOOK_MS };
}

/** A create was sent whose outcome is unknown. It is never sent again before that is settled. */
function planSettling(intent: CreateIntent, isMember: boolean, now: number): Plan<DropletStep> {
  const startedAt = at(intent.startedAt);
  const [first, last] = intent.absentLooks ?? [];
  if (
    first &&
    last &&
    at(last) - at(first) >= BETWEEN_LOOKS_MS &&
    at(last) >= startedAt + SETTLED_AFTER_MS
  ) {
    return { do: 'end-intent', why: 'The lost create has made no droplet' };
  }
  const due = first
    ? Math.max(at(first) + BETWEEN_LOOKS_MS, startedAt + SETTLED_AFTER_MS)
    : startedAt + (isMember ? FIRST_LOOK_FOR_MEMBER_MS : FIRST_LOOK_MS);
  if (now >= due) {
    return {
      do: 'look-by-name',
      why: 'The outcome of the create is unknown: looking for the droplet',
    };
  }
  const why = 'The outcome of the create is unknown; looking for the droplet before asking again';
  return { wait: 'OutcomeUnknown', why, until: due };
}

/** Delete, then prove it. */
function planDeletion(droplet: Droplet, facts: DropletFacts, now: number): Plan<DropletStep> {
  const { status } = droplet;
  if (status?.adopted) {
    return { do: 'finalize', why: 'The droplet was not made by Orquesta and is left as it is' };
  }
  if (status?.id === undefined) {
    const found = facts.twins[0] ?? answerTo(droplet, facts.namesakes, now);
    if (found) return { do: 'adopt', why: `Droplet ${found.id} was made for this object` };
    if (status?.intent) return planSettling(status.intent, poolOf(droplet) !== undefined, now);
    return { do: 'finalize', why: 'No droplet was ever made' };
  }
  if (facts.twins.length > 0) {
    return { do: 'delete-duplicate', why: 'More than one droplet was made for this object' };
  }
  const { deletion } = status;
  if (!deletion) return { do: 'request-delete', why: `Deleting droplet ${status.id}` };
  if (deletion.confirmedAt) return { do: 'finalize', why: `Droplet ${status.id} is gone` };
  const requestedAt = at(deletion.requestedAt);
  const isUnlisted = !facts.recorded && facts.sweep && facts.sweep.startedAt > requestedAt;
  if (isUnlisted || now >= requestedAt + REPEAT_DELETE_MS) {
    return { do: 'confirm-gone', why: `Making sure that droplet ${status.id} is gone` };
  }
  const why = `DigitalOcean is deleting droplet ${status.id}`;
  return { wait: 'Deleting', why, until: requestedAt + REPEAT_DELETE_MS };
}

/**
 * The namesake that must come from the open intent though it bears no uid: not there before, not older than the intent, of
 * what was asked for and without a tag that was not. Tags come late, and then all or none of them, so that it is believed
 * only when they would be there: before, it may as well be a stranger's beside the one that is looked for.
 */
export function answerTo(
  { spec, status }: Droplet,
  namesakes: readonly CloudDroplet[],
  now: number,
): CloudDroplet | undefined {
  const intent = status?.intent;
  if (!intent || now < at(intent.startedAt) + SETTLED_AFTER_MS) return undefined;
  // Their first spelling is DigitalOcean's.
  const asked = new Set([ORQUESTA_TAG, ...spec.tags].map((tag) => tag.toLowerCase()));
  const mayBeAsked = (tag: string) => asked.has(tag.toLowerCase()) || isClusterTag(tag);
  return namesakes.find(
    ({ id, createdAt, tags, size = spec.size, region = spec.region }) =>
      !intent.known.includes(id) &&
      at(createdAt) >= at(intent.startedAt) - CLOCK_SKEW_MS &&
      tags.every(mayBeAsked) &&
      size === spec.size &&
      // A prefix like "nyc" is any of them.
      region.startsWith(spec.region),
  );
}
