import { getCondition } from '../../resources/condition.ts';
import type { Droplet, DropletStatus } from '../../resources/droplet.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { REPLACE_ANNOTATION } from '../../resources/meta.ts';
import type { Plan } from '../reconciler.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { replaceOrFail } from './ladder.ts';
import { at, seconds } from './times.ts';

/** First contact may meet an sshd that cloud-init has not given its host key yet; and at the address of a droplet that is gone another may answer, until that is proven. */
const HOST_KEY_GRACE_MS = 60_000;
const HOST_KEY_LOOK_MS = 3_000;

/** Whether it is gone is told by its own record; this is for when that trigger is lost. */
const MISSING_LOOK_MS = 5_000;

/** The droplet is declared: wait for its address, and reach it by SSH. */
export function planMachine(
  instance: Instance,
  droplet: Droplet,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> | undefined {
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
    if (now < deadline) return { wait: 'DropletBooting', why: bootingOf(machine), until: deadline };
    return replaceOrFail(
      { status, facts, klass, now },
      'DropletDeadlineExceeded',
      `Droplet ${machine.id} had no address after ${klass.deadlines.dropletActiveSeconds} s`,
    );
  }

  if (machine.state === 'off') {
    return { wait: 'DropletOff', why: machine.message };
  }
  if (machine.missingSince !== undefined) {
    // Its address may be another's by now, and whoever answers there is not it.
    return { wait: 'DropletMissing', why: machine.message, until: now + MISSING_LOOK_MS };
  }
  if (status?.ssh?.dropletId !== machine.id || !status.ssh.isUp) {
    const seen = status?.hostKeyMismatch;
    const hostKeyMismatch = seen?.dropletId === machine.id ? seen : undefined;
    if (hostKeyMismatch && now - at(hostKeyMismatch.since) >= HOST_KEY_GRACE_MS) {
      if (status && mayBeOfLostCreate(status, machine)) {
        const why = `Droplet ${machine.id} may have been made by an earlier create that was taken for lost, and has a host key that nobody knows`;
        return replaceOrFail({ status, facts, klass, now }, 'HostKeyMismatch', why);
      }
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
  return undefined;
}

/** Its own record still speaks of the create until a sweep has seen it. */
const bootingOf = ({ id, message, conditions }: DropletStatus): string =>
  getCondition(conditions, 'Ready')?.reason === 'Create'
    ? `DigitalOcean accepted droplet ${id}, which has no address yet`
    : message;

/** Its key was never seen, and what it was given is told of another create. */
const mayBeOfLostCreate = (status: InstanceStatus, machine: DropletStatus): boolean =>
  machine.hasLostCreate === true &&
  status.ssh?.dropletId !== machine.id &&
  machine.preparation?.hostKey === undefined;

/** Before anything runs on it that could read the key in its user_data. A machine that was taken over keeps its own. */
const mustRotateHostKey = ({ ssh, bootstrap }: InstanceStatus, machine: DropletStatus): boolean =>
  bootstrap?.dropletId !== machine.id &&
  !machine.adopted &&
  ssh?.hostKey === machine.hostKey &&
  ssh?.isRotated === undefined;
