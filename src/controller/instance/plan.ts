import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import { getCondition } from '../../resources/condition.ts';
import {
  type Droplet,
  type DropletSpec,
  type DropletStatus,
  isWaiting,
} from '../../resources/droplet.ts';
import { dropletNameOf, type Instance, type InstanceStatus } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import {
  ADOPT_ANNOTATION,
  controllerOwner,
  ORPHAN_FINALIZER,
  POOL_REVISION_ANNOTATION,
  REPLACE_ANNOTATION,
} from '../../resources/meta.ts';
import type { Brakes } from '../brakes.ts';
import { isOursToFinalize } from '../finalizers.ts';
import type { Plan } from '../reconciler.ts';
import { hasServed } from '../rollout.ts';
import { repair, replaceOrFail } from './ladder.ts';

export type InstanceStep =
  | 'sweep'
  | 'create-droplet'
  | 'adopt-droplet'
  | 'claim'
  | 'take-droplet'
  | 'release-claim'
  | 'start-anew'
  | 'pause'
  | 'resume'
  | 'connect'
  | 'rotate-host-key'
  | 'start-bootstrap'
  | 'follow-bootstrap'
  | 'await-bot'
  | 'check-bot'
  | 'save-session'
  | 'restart-service'
  | 'reboot'
  | 'replace-droplet'
  | 'delete-droplet'
  | 'orphan-droplet'
  | 'finalize';

export interface InstanceFacts {
  /** The class that spec.className names. */
  readonly class: InstanceClassSpec | undefined;
  /** The Droplet object that the instance goes by, whoever owns it. */
  readonly droplet: Droplet | undefined;
  /** What a new droplet for it would be. */
  readonly wanted: DropletSpec | undefined;
  /** Tells this class, as it is now, from any other. */
  readonly classVersion: string | undefined;
  /** The oldest droplet that waits in a pool of the class; only looked for by an instance that has decided for none yet. */
  readonly waiting: Droplet | undefined;
  /** What a pool's droplet must have been made for to be of use now. */
  readonly poolRevision: string;
  /** Digest of everything that shapes the bootstrap now. */
  readonly revision: string;
  /** Digest of what of it comes from the class. */
  readonly classRevision: string;
  /** The class's rollout lets this instance be re-initialised to `revision` now. */
  readonly hasTurn: boolean;
  /** A secret that the bootstrap needs and that can't be had, as a sentence. */
  readonly missingSecret: string | undefined;
  /** The last sweep began in the present phase: it knows of every droplet that may stand in the way. */
  readonly isSwept: boolean;
  /** A droplet that serves this number and that this Orquesta did not make. */
  readonly foreign: CloudDroplet | undefined;
  /** No look at a bot that was well before this controller began, before this time (ms): or a restart would look at all at once. */
  readonly firstLookAt: number;
  /** What the last sweep saw of the machine: its state, or that it was not there. Only asked when the bot may be sick. */
  readonly sighting: CloudDroplet['state'] | 'missing' | undefined;
  /** Why no repair, or no replacement, may be made now. */
  readonly brakes: Brakes;
}

/** The sentence of the public API for a number that is served already. */
export const ALREADY_EXISTS = 'Ya existe una instancia en DigitalOcean para este número';

/** First contact may meet an sshd that cloud-init has not given its host key yet. */
const HOST_KEY_GRACE_MS = 15_000;
const HOST_KEY_LOOK_MS = 3_000;
/** Between two tries of the bootstrap: 5 s, 10 s, 20 s … */
const BOOTSTRAP_BACKOFF_MS = 5_000;

/** A secret may be put in its place at any time, and nothing tells us. */
const SECRET_LOOK_MS = 10_000;

/** What a bot says of a session that a phone is linked to. */
const LINKED = 'connected';

const at = (time: string | null | undefined): number => (time ? Date.parse(time) : 0);
const seconds = (count: number): number => count * 1000;

/** The whole life of an instance. Pure. */
export function planInstance(
  instance: Instance,
  facts: InstanceFacts,
  now: number,
): Plan<InstanceStep> {
  const { metadata, spec, status } = instance;
  const { droplet } = facts;
  const isOurs =
    droplet?.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid) ?? false;

  if (metadata.deletionTimestamp) {
    if (!isOursToFinalize(metadata.finalizers)) {
      return { wait: 'OthersFinalizers', why: 'Done, but for the finalizers that others have set' };
    }
    if (!droplet || !isOurs) return { do: 'finalize', why: 'The droplet is gone' };
    if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) {
      return { do: 'orphan-droplet', why: 'Leaving the droplet to live on without the instance' };
    }
    if (!droplet.metadata.deletionTimestamp)
      return { do: 'delete-droplet', why: 'Deleting the droplet' };
    return {
      wait: 'DropletDeleting',
      why: droplet.status?.message ?? 'The droplet is being deleted',
    };
  }
  if (spec.paused) {
    if (!status?.pausedAt) return { do: 'pause', why: 'The instance is to be left alone' };
    const why = 'Paused: nothing is done until spec.paused is false';
    return { settled: 'Paused', why, lookAgain: 0 };
  }
  if (status?.pausedAt) return { do: 'resume', why: 'The instance is no longer paused' };
  if (status?.failure) {
    const change = changeSinceFailure(instance, facts);
    if (change) return { do: 'start-anew', why: `${change} after it failed: starting anew` };
    return { settled: status.failure.reason, why: status.failure.message, lookAgain: 0 };
  }
  if (!facts.class) {
    const left = isOurs ? '. The droplet is left as it is, and nobody looks after its bot' : '';
    return {
      wait: 'ClassNotFound',
      why: `There is no InstanceClass "${spec.className}": apply one of that name${left}`,
    };
  }

  if (droplet && !isOurs && droplet.metadata.name !== metadata.name) {
    return isClaimable(droplet, facts.poolRevision)
      ? { do: 'take-droplet', why: `Claiming droplet ${droplet.status?.id} from its pool` }
      : { do: 'release-claim', why: 'The droplet that was to be claimed went to another' };
  }
  if (!droplet && dropletNameOf(instance) !== metadata.name) {
    return { do: 'release-claim', why: 'The droplet that was claimed is no more' };
  }
  if (droplet && !isOurs) {
    // One that an earlier instance of this name left is on its way out too: its own reconciler sees to that.
    if (droplet.metadata.deletionTimestamp || controllerOwner(droplet.metadata)) {
      return { wait: 'NameTaken', why: 'An earlier droplet of this name is still being deleted' };
    }
    if (isAsked(instance, ADOPT_ANNOTATION)) {
      return { do: 'adopt-droplet', why: `Droplet ${droplet.metadata.name} is to be taken over` };
    }
    return { fail: 'NameTaken', why: `${ALREADY_EXISTS} (Droplet ${metadata.name})` };
  }
  if (isAsked(instance, REPLACE_ANNOTATION)) {
    return { do: 'replace-droplet', why: 'A new droplet was asked for' };
  }
  if (!droplet) return planDroplet(instance, facts);
  if (droplet.metadata.deletionTimestamp) {
    return {
      wait: 'DropletReplacing',
      why: droplet.status?.message ?? 'The old droplet is being deleted',
    };
  }
  return planMachine(instance, droplet, facts, facts.class, now);
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

/** No droplet yet: make sure that nobody else's serves the number, then ask for one. */
function planDroplet(instance: Instance, facts: InstanceFacts): Plan<InstanceStep> {
  if (!facts.isSwept)
    return { do: 'sweep', why: 'Looking whether the number has a droplet already' };
  if (facts.foreign && !isAsked(instance, ADOPT_ANNOTATION)) {
    const { id, name } = facts.foreign;
    return { fail: 'ForeignDroplet', why: `${ALREADY_EXISTS} (droplet ${id}, ${name})` };
  }
  if (facts.waiting && !facts.foreign) {
    return { do: 'claim', why: `Claiming droplet ${facts.waiting.status?.id} from its pool` };
  }
  return { do: 'create-droplet', why: 'Declaring the droplet' };
}

/** It waits in a pool, and is prepared as the class now says. */
export const isClaimable = (droplet: Droplet, poolRevision: string): boolean =>
  isWaiting(droplet) &&
  droplet.metadata.annotations?.[POOL_REVISION_ANNOTATION] === poolRevision &&
  droplet.status?.preparation?.bootstrap?.revision === poolRevision;

/** The droplet is declared: reach it, prepare it, and keep its bot well. */
function planMachine(
  instance: Instance,
  droplet: Droplet,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> {
  const status = instance.status;
  const machine = droplet.status;
  if (status?.repairs?.replacedUid === droplet.metadata.uid) {
    return { do: 'replace-droplet', why: 'The droplet was given up' };
  }
  if (machine?.failure) return { fail: machine.failure.reason, why: machine.failure.message };
  if (machine?.id === undefined || !machine.ip) {
    const deadline = at(machine?.acceptedAt) + seconds(klass.deadlines.dropletActiveSeconds);
    if (machine?.id === undefined) {
      return {
        wait: getCondition(machine?.conditions, 'Ready')?.reason ?? 'DropletPending',
        why: machine?.message ?? 'The droplet is about to be created',
      };
    }
    if (now < deadline) return { wait: 'DropletBooting', why: machine.message, until: deadline };
    return replaceOrFail(
      { status, facts, klass, now },
      'DropletDeadlineExceeded',
      `Droplet ${machine.id} had no address after ${klass.deadlines.dropletActiveSeconds} s`,
    );
  }

  if (machine.state === 'off') {
    return { wait: 'DropletOff', why: machine.message };
  }
  if (status?.ssh?.dropletId !== machine.id || !status.ssh.isUp) {
    const { hostKeyMismatch } = status ?? {};
    if (hostKeyMismatch && now - at(hostKeyMismatch.since) >= HOST_KEY_GRACE_MS) {
      const why = `${hostKeyMismatch.message} If its key was changed on purpose, ask for a new droplet: annotation ${REPLACE_ANNOTATION}: "true"`;
      return { fail: 'HostKeyMismatch', why };
    }
    if (hostKeyMismatch && now - at(hostKeyMismatch.lastAt) < HOST_KEY_LOOK_MS) {
      return {
        wait: 'HostKeyMismatch',
        why: hostKeyMismatch.message,
        until: at(hostKeyMismatch.lastAt) + HOST_KEY_LOOK_MS,
      };
    }
    const since = status?.phase === 'waiting_for_ssh' ? at(status.phaseStartedAt) : now;
    if (now - since >= seconds(klass.deadlines.sshSeconds)) {
      const why = `No SSH session with droplet ${machine.id} at ${machine.ip} within ${klass.deadlines.sshSeconds} s${status?.sshProblem ? `: ${status.sshProblem}` : ''}`;
      return replaceOrFail({ status, facts, klass, now }, 'SSHDeadlineExceeded', why);
    }
    return { do: 'connect', why: `Waiting for SSH at ${machine.ip}` };
  }
  if (mustRotateHostKey(status, machine)) {
    return { do: 'rotate-host-key', why: 'Giving the droplet a host key of its own making' };
  }
  return (
    planBootstrap(instance, machine.id, facts, klass, now) ?? planBot(instance, facts, klass, now)
  );
}

/** Before anything runs on it that could read the key in its user_data. A machine that was taken over keeps its own. */
const mustRotateHostKey = ({ ssh, bootstrap }: InstanceStatus, machine: DropletStatus): boolean =>
  bootstrap?.dropletId !== machine.id &&
  !machine.adopted &&
  ssh?.hostKey === machine.hostKey &&
  ssh?.isRotated !== false;

function planBootstrap(
  { status }: Instance,
  dropletId: number,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> | undefined {
  const run = status?.bootstrap;
  // What serves goes on serving meanwhile, and is looked after as ever.
  if (isAwaitingTurn(status, dropletId, facts)) return undefined;
  const isPresent = run?.dropletId === dropletId && run.revision === facts.revision;
  if (facts.missingSecret && !(isPresent && run.exitCode === 0)) {
    return { wait: 'SecretMissing', why: facts.missingSecret, until: now + SECRET_LOOK_MS };
  }
  if (!isPresent) return { do: 'start-bootstrap', why: 'Preparing the droplet' };
  if (!run.finishedAt)
    return { do: 'follow-bootstrap', why: `Preparing the droplet (try ${run.attempt})` };
  if (run.exitCode === 0) return undefined;

  const tries = klass.retries.bootstrap + 1;
  const what = run.problem ?? `The bootstrap ended with exit code ${run.exitCode}`;
  if (run.attempt >= tries) {
    const why = `${what}, after ${run.attempt} ${run.attempt === 1 ? 'try' : 'tries'}. Read its log, mend the class or the instance, and apply or restart it`;
    return { fail: 'BootstrapFailed', why };
  }
  const due = at(run.finishedAt) + BOOTSTRAP_BACKOFF_MS * 2 ** (run.attempt - 1);
  if (now < due) return { wait: 'BootstrapBackoff', why: `${what}; trying again`, until: due };
  return { do: 'start-bootstrap', why: `${what}; trying again` };
}

/** Its bot serves with what was wished before, and it is not its turn to be re-initialised yet. */
export const isAwaitingTurn = (
  status: InstanceStatus | undefined,
  dropletId: number | undefined,
  { revision, hasTurn }: InstanceFacts,
): boolean =>
  hasServed(status) &&
  status?.bootstrap?.dropletId === dropletId &&
  status?.bootstrap?.revision !== revision &&
  !hasTurn;

/** Prepared: wait for the bot, then look at it now and then, and climb the ladder when it is sick. */
function planBot(
  { spec, status }: Instance,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> {
  const bot = status?.bot;
  const isOutdated = status?.bootstrap?.revision !== facts.revision;
  const why = isOutdated
    ? `The bot answers, and waits for its turn to be re-initialised: see InstanceClass "${spec.className}"`
    : 'The bot answers';
  if (isRestartAsked({ spec, status })) {
    return { do: 'restart-service', why: 'A restart was asked for' };
  }
  const startedAt = botStartedAt(status);
  const hasStarted = at(bot?.lastHealthyAt) >= startedAt;
  const lastLook = at(bot?.lastCheckedAt);

  if (!hasStarted) {
    if (now - startedAt < seconds(klass.health.startupSeconds)) {
      return { do: 'await-bot', why: 'Waiting for the bot to answer' };
    }
    return repair(
      { status, facts, klass, now },
      `The bot did not answer within ${klass.health.startupSeconds} s of its start`,
    );
  }
  const due = Math.max(lastLook + seconds(klass.health.intervalSeconds), facts.firstLookAt);
  if ((bot?.failures ?? 0) >= klass.health.failureThreshold) {
    return repair(
      { status, facts, klass, now },
      `The bot failed ${bot?.failures} looks in a row: ${bot?.problem}`,
    );
  }
  if (now >= due) return { do: 'check-bot', why };
  const saveDue = sessionDue(status, facts, klass);
  if (now >= saveDue) return { do: 'save-session', why };
  return {
    settled: 'BotHealthy',
    why,
    lookAgain: Math.min(due, saveDue) - now,
  };
}

/** When to look at the bot's session again; only one that is linked is worth keeping. */
function sessionDue(
  status: InstanceStatus | undefined,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
): number {
  if (!klass.session || status?.bot?.session !== LINKED) return Number.POSITIVE_INFINITY;
  const next = at(status.session?.lookedAt) + seconds(klass.session.intervalSeconds);
  return Math.max(next, facts.firstLookAt);
}

/**
 * A restart is asked for that was neither carried out nor overtaken by a later start of the bot. As with `kubectl rollout
 * restart`, the time only tells one request from another: a future one is carried out at once, and each once.
 */
export const isRestartAsked = ({ spec, status }: Pick<Instance, 'spec' | 'status'>): boolean =>
  at(spec.restartedAt) !== at(status?.bot?.restartedAt) &&
  at(spec.restartedAt) > botStartedAt(status);

/** When the bot was last started, as far as is known: ms since the epoch. */
function botStartedAt(status: InstanceStatus | undefined): number {
  return Math.max(at(status?.bootstrap?.finishedAt), at(status?.bot?.startedAt));
}

/** It answered since it was last started, and has not failed too often since. */
export const isBotHealthy = (status: InstanceStatus | undefined, threshold: number): boolean =>
  at(status?.bot?.lastHealthyAt) >= botStartedAt(status) &&
  (status?.bot?.failures ?? 0) < threshold;
