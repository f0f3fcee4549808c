import { type Droplet, isWaiting } from '../../resources/droplet.ts';
import { dropletNameOf, type Instance } from '../../resources/instance.ts';
import {
  ADOPT_ANNOTATION,
  controllerOwner,
  ORPHAN_FINALIZER,
  POOL_REVISION_ANNOTATION,
  REPLACE_ANNOTATION,
} from '../../resources/meta.ts';
import { isOursToFinalize } from '../finalizers.ts';
import type { Plan } from '../reconciler.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { isHeldUp, isOwnedBy, isUnmade } from './held-up.ts';
import { planBootstrap } from './plan-bootstrap.ts';
import { planBot } from './plan-bot.ts';
import { planMachine } from './plan-machine.ts';

/** The sentence of the public API for a number that is served already. */
export const ALREADY_EXISTS = 'Ya existe una instancia en DigitalOcean para este número';

/** Twice as long as an account of 10,000 droplets stays unlisted while it is quiet: what a sweep saw then may be built upon. */
const KNOWN_FOR_MS = 600_000;

/** The whole life of an instance. Pure. */
export function planInstance(
  instance: Instance,
  facts: InstanceFacts,
  now: number,
): Plan<InstanceStep> {
  const { class: klass, droplet } = facts;
  if (instance.metadata.deletionTimestamp) return planDeletion(instance, facts);
  const rest = planPause(instance) ?? planFailure(instance, facts);
  if (rest) return rest;
  if (!klass) return planWithoutClass(instance, facts);

  const others = planClaim(instance, facts) ?? planNamesake(instance, facts);
  if (others) return others;
  if (isAsked(instance, REPLACE_ANNOTATION)) {
    return { do: 'replace-droplet', why: 'A new droplet was asked for' };
  }
  if (!droplet) return planDroplet(instance, facts, now);
  if (droplet.metadata.deletionTimestamp) {
    const why = droplet.status?.message ?? 'The old droplet is being deleted';
    return { wait: 'DropletReplacing', why };
  }
  return (
    planHeldUp(instance, facts) ??
    planMachine(instance, droplet, facts, klass, now) ??
    planBootstrap(instance, droplet, facts, klass, now) ??
    planBot(instance, facts, klass, now)
  );
}

const isOurs = (instance: Instance, { droplet }: InstanceFacts): boolean =>
  isOwnedBy(instance, droplet);

/** The droplet that goes next with the instance: the one that it goes by, then one of its own name that it gave up for that. Pure. */
export const lastDroplet = (instance: Instance, facts: InstanceFacts): Droplet | undefined =>
  isOurs(instance, facts) ? facts.droplet : facts.own;

function planDeletion(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> {
  const { finalizers } = instance.metadata;
  const droplet = lastDroplet(instance, facts);
  if (!isOursToFinalize(finalizers)) {
    return { wait: 'OthersFinalizers', why: 'Done, but for the finalizers that others have set' };
  }
  if (!droplet) return { do: 'finalize', why: 'The droplet is gone' };
  if (finalizers?.includes(ORPHAN_FINALIZER) && droplet !== facts.own) {
    return { do: 'orphan-droplet', why: 'Leaving the droplet to live on without the instance' };
  }
  if (!droplet.metadata.deletionTimestamp) {
    return { do: 'delete-droplet', why: 'Deleting the droplet' };
  }
  const why = droplet.status?.message ?? 'The droplet is being deleted';
  return { wait: 'DropletDeleting', why };
}

function planPause({ spec, status }: Instance): Plan<InstanceStep> | undefined {
  if (!spec.paused) {
    return status?.pausedAt ? { do: 'resume', why: 'The instance is no longer paused' } : undefined;
  }
  if (!status?.pausedAt) return { do: 'pause', why: 'The instance is to be left alone' };
  const why = 'Paused: nothing is done until spec.paused is false';
  return { settled: 'Paused', why, lookAgain: 0 };
}

function planFailure(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> | undefined {
  const { failure } = instance.status ?? {};
  if (!failure) return undefined;
  const change = changeSinceFailure(instance, facts);
  if (change) return { do: 'start-anew', why: `${change} after it failed: starting anew` };
  return { settled: failure.reason, why: failure.message, lookAgain: 0 };
}

const isAsked = ({ metadata }: Instance, annotation: string): boolean =>
  metadata.annotations?.[annotation] === 'true';

/** Whoever has failed rests until something else is asked for: by the spec, by the class, or by an annotation that answers the failure. */
function changeSinceFailure(instance: Instance, facts: InstanceFacts): string | undefined {
  const { failure } = instance.status ?? {};
  const isNumberTaken = failure?.reason === 'ForeignDroplet' || failure?.reason === 'NameTaken';
  if (
    failure?.generation !== instance.metadata.generation ||
    isAsked(instance, REPLACE_ANNOTATION) ||
    (isNumberTaken && isAsked(instance, ADOPT_ANNOTATION))
  ) {
    return 'The instance was changed';
  }
  const { classVersion } = failure;
  const isOtherClass = classVersion && facts.classVersion && classVersion !== facts.classVersion;
  return isOtherClass ? `InstanceClass "${instance.spec.className}" was changed` : undefined;
}

function planWithoutClass(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> {
  const left = isOurs(instance, facts)
    ? '. The droplet is left as it is, and nobody looks after its bot'
    : '';
  const why = `There is no InstanceClass "${instance.spec.className}": apply one of that name${left}`;
  return { wait: 'ClassNotFound', why };
}

/**
 * It has decided for a droplet of a pool: take it, unless another was quicker. One that was declared for it before is given up
 * first, unless it was asked for. Once that is gone none comes of it: whoever makes a record of its name again, since it was
 * frozen, makes one that nobody wants.
 */
function planClaim(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> | undefined {
  const { droplet, own, poolRevision } = facts;
  const isClaimed = dropletNameOf(instance) !== instance.metadata.name;
  if (!isClaimed || isOurs(instance, facts)) return undefined;
  if (own?.metadata.deletionTimestamp) {
    const why = 'Its own droplet goes before it takes the one of the pool';
    return { wait: 'GiveUpDroplet', why };
  }
  if (own && !isUnmade(own)) {
    return { do: 'release-claim', why: 'Its own droplet was asked for meanwhile' };
  }
  if (!droplet) return { do: 'release-claim', why: 'The droplet that was claimed is no more' };
  if (!isClaimable(droplet, poolRevision)) {
    return { do: 'release-claim', why: 'The droplet that was to be claimed went to another' };
  }
  const { id } = droplet.status ?? {};
  return own
    ? { do: 'give-up-droplet', why: `Giving up its own droplet for droplet ${id} of the pool` }
    : { do: 'take-droplet', why: `Claiming droplet ${id} from its pool` };
}

/** Its own droplet can't be asked for now, and one waits in a pool. */
function planHeldUp(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> | undefined {
  const { droplet, waiting } = facts;
  if (!waiting || !isHeldUp(instance, droplet)) return undefined;
  const taken = servedBy(facts);
  if (taken) return { wait: 'NumberTaken', why: `${ALREADY_EXISTS} (${taken})` };
  return { do: 'claim', why: `Claiming droplet ${waiting.status?.id} from its pool` };
}

/** What serves the number already, in words. */
function servedBy({ left, foreign }: InstanceFacts): string | undefined {
  if (left) return `Droplet ${left.metadata.name}`;
  return foreign && `droplet ${foreign.id}, ${foreign.name}`;
}

/** A Droplet of its name that is not its own. */
function planNamesake(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> | undefined {
  const { droplet } = facts;
  if (!droplet || isOurs(instance, facts)) return undefined;
  // One that an earlier instance of this name left is on its way out too: its own reconciler sees to that.
  if (droplet.metadata.deletionTimestamp || controllerOwner(droplet.metadata)) {
    return { wait: 'NameTaken', why: 'An earlier droplet of this name is still being deleted' };
  }
  if (isAsked(instance, ADOPT_ANNOTATION)) {
    return { do: 'adopt-droplet', why: `Droplet ${droplet.metadata.name} is to be taken over` };
  }
  return { fail: 'NameTaken', why: `${ALREADY_EXISTS} (Droplet ${instance.metadata.name})` };
}

/** No droplet yet: make sure that nobody else's serves the number, then ask for one. */
function planDroplet(instance: Instance, facts: InstanceFacts, now: number): Plan<InstanceStep> {
  if (!facts.isSwept && !mayClaimUnswept(instance, facts, now)) {
    return { do: 'sweep', why: 'Looking whether the number has a droplet already' };
  }
  if (facts.left) {
    return { fail: 'NumberServed', why: `${ALREADY_EXISTS} (Droplet ${facts.left.metadata.name})` };
  }
  if (facts.foreign && !isAsked(instance, ADOPT_ANNOTATION)) {
    const { id, name } = facts.foreign;
    return { fail: 'ForeignDroplet', why: `${ALREADY_EXISTS} (droplet ${id}, ${name})` };
  }
  if (facts.waiting && !facts.foreign) {
    return { do: 'claim', why: `Claiming droplet ${facts.waiting.status?.id} from its pool` };
  }
  return { do: 'create-droplet', why: 'Declaring the droplet' };
}

/**
 * Nothing that is known serves the number, and the claim itself looks for what is new. A droplet that is to be taken over
 * may be known by its tag alone, which only a listing shows.
 */
const mayClaimUnswept = (instance: Instance, facts: InstanceFacts, now: number): boolean =>
  facts.waiting !== undefined &&
  facts.foreign === undefined &&
  facts.left === undefined &&
  !isAsked(instance, ADOPT_ANNOTATION) &&
  isWithin(facts.sweptAt, KNOWN_FOR_MS, now);

/** Whether the account was listed so short a while ago. By a machine whose clock is ahead it was in the future. */
export const isWithin = (sweptAt: number | undefined, ms: number, now: number): boolean =>
  sweptAt !== undefined && Math.abs(now - sweptAt) <= ms;

/** It waits in a pool, and is prepared as the class now says. */
export const isClaimable = (droplet: Droplet, poolRevision: string): boolean =>
  isWaiting(droplet) &&
  droplet.metadata.annotations?.[POOL_REVISION_ANNOTATION] === poolRevision &&
  droplet.status?.preparation?.bootstrap?.revision === poolRevision;
