import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import {
  type CreateIntent,
  cloudNameOf,
  type Droplet,
  type DropletStatus,
  poolOf,
} from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { ADOPT_ANNOTATION, controllerOwner } from '../../resources/meta.ts';
import type { AccountFull, CloudAccess, Sweep } from '../../store/cloud-view.ts';
import { isLookDue } from '../access.ts';
import { isOursToFinalize } from '../finalizers.ts';
import type { Plan } from '../reconciler.ts';
import { isRoomLookDue } from '../room.ts';
import { planPreparation } from './preparation.ts';

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

/** An accepted droplet may be missing from any list, and answer 404 by id, for some seconds (digitalocean/pydo#468, terraform-provider-digitalocean#1486). */
export const NEWBORN_MS = 60_000;
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
/** Sweeps tell sooner; this is for when none comes. */
const UNSWEPT_LOOK_MS = 10_000;
const POWER_ON_AGAIN_MS = 60_000;
const RENAME_AGAIN_MS = 60_000;
const UNAUTHORIZED_LOOK_MS = 60_000;

const at = (time: string): number => Date.parse(time);

/** The life of one droplet. Pure. */
export function planDroplet(droplet: Droplet, facts: DropletFacts, now: number): Plan<DropletStep> {
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

  const found = facts.twins[0] ?? answerTo(status?.intent, facts.namesakes);
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

/** The id is known: keep what is there, and notice when it is no longer there. */
function planMachine(
  droplet: Droplet,
  status: DropletStatus,
  facts: DropletFacts,
  now: number,
): Plan<DropletStep> {
  const { recorded, twins, sweep } = facts;
  if (!recorded) {
    const acceptedAt = at(status.acceptedAt ?? '1970-01-01T00:00:00Z');
    const isSwept = sweep !== undefined && sweep.startedAt > acceptedAt;
    if (isSwept && (status.seen || now - acceptedAt > NEWBORN_MS)) {
      return { do: 'check-gone', why: `Droplet ${status.id} is missing from the account's list` };
    }
    const why = 'DigitalOcean accepted the droplet and does not list it yet';
    return { wait: 'Booting', why, until: now + UNSWEPT_LOOK_MS };
  }
  if (twins.length > 0) {
    return { do: 'delete-duplicate', why: 'More than one droplet was made for this object' };
  }
  if (poolOf(droplet)) return planMember(status, recorded, facts.poolClass, now);
  if (recorded.state === 'off' && facts.isKeptOn) {
    if (!status.action || now - at(status.action.requestedAt) > POWER_ON_AGAIN_MS) {
      return { do: 'power-on', why: `Droplet ${recorded.id} is off` };
    }
    const until = at(status.action.requestedAt) + POWER_ON_AGAIN_MS;
    return { wait: 'PoweringOn', why: 'The droplet is being powered on', until };
  }
  if (!recorded.ip) {
    const why = `Droplet ${recorded.id} is ${recorded.state} and has no address yet`;
    return { wait: 'Booting', why, until: now + UNSWEPT_LOOK_MS };
  }
  const why = `Droplet ${recorded.id} is ${recorded.state} at ${recorded.ip}`;
  const settled = recorded.state === 'new' ? 'Booting' : 'Running';
  if (!isMisnamed(droplet, recorded)) return { settled, why, lookAgain: 0 };
  const { action } = status;
  const renameAt = action?.type === 'rename' ? at(action.requestedAt) + RENAME_AGAIN_MS : now;
  if (now < renameAt) return { settled, why, lookAgain: renameAt - now };
  return { do: 'rename', why: `Droplet ${recorded.id} gets the name ${cloudNameOf(droplet)}` };
}

/** It was claimed from a pool, and the cloud shows its old name. Nobody waits for that: the name is for people. */
const isMisnamed = (droplet: Droplet, recorded: CloudDroplet): boolean =>
  controllerOwner(droplet.metadata)?.kind === 'Instance' &&
  !droplet.status?.adopted &&
  recorded.name.toLowerCase() !== cloudNameOf(droplet).toLowerCase();

/** The machine is there, and waits in a pool: what does not work is replaced by the pool and never mended. */
function planMember(
  status: DropletStatus,
  recorded: CloudDroplet,
  klass: InstanceClassSpec | undefined,
  now: number,
): Plan<DropletStep> {
  if (recorded.state === 'off') {
    return { fail: 'DropletOff', why: `Droplet ${recorded.id} was switched off in the pool` };
  }
  if (!klass) return { wait: 'ClassNotFound', why: 'There is no such class to prepare it for' };
  if (!recorded.ip) {
    const limit = klass.deadlines.dropletActiveSeconds;
    const deadline = at(status.acceptedAt ?? '1970-01-01T00:00:00Z') + limit * 1000;
    if (now >= deadline) {
      const why = `Droplet ${recorded.id} had no address after ${limit} s`;
      return { fail: 'DropletDeadlineExceeded', why };
    }
    const why = `Droplet ${recorded.id} is ${recorded.state} and has no address yet`;
    return { wait: 'Booting', why, until: Math.min(deadline, now + UNSWEPT_LOOK_MS) };
  }
  return planPreparation(status, recorded.ip, klass, now);
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
    const found = facts.twins[0] ?? answerTo(status?.intent, facts.namesakes);
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

/** The namesake that can only come from this intent: not there before, and not older than the intent. */
export function answerTo(
  intent: CreateIntent | undefined,
  namesakes: readonly CloudDroplet[],
): CloudDroplet | undefined {
  if (!intent) return undefined;
  return namesakes.find(
    (droplet) =>
      !intent.known.includes(droplet.id) &&
      at(droplet.createdAt) >= at(intent.startedAt) - CLOCK_SKEW_MS,
  );
}
