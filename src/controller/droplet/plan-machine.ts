import type { CloudDroplet } from '../../resources/cloud-droplet.ts';
import { cloudNameOf, type Droplet, type DropletStatus, poolOf } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { controllerOwner } from '../../resources/meta.ts';
import type { Plan } from '../reconciler.ts';
import type { DropletFacts, DropletStep } from './plan.ts';
import { planPreparation } from './preparation.ts';

/** An accepted droplet may be missing from any list, and answer 404 by id, for some seconds (digitalocean/pydo#468, terraform-provider-digitalocean#1486). */
export const NEWBORN_MS = 60_000;
/** Of a machine's first minute some answers know it and others do not yet: gone is what two 404s so far apart say. */
const MISSING_FOR_MS = 15_000;
/** Sweeps tell sooner; this is for when none comes. */
const UNSWEPT_LOOK_MS = 10_000;
const POWER_ON_AGAIN_MS = 60_000;
const RENAME_AGAIN_MS = 60_000;

const at = (time: string): number => Date.parse(time);

/** The id is known: keep what is there, and notice when it is no longer there. */
export function planMachine(
  droplet: Droplet,
  status: DropletStatus,
  facts: DropletFacts,
  now: number,
): Plan<DropletStep> {
  const { recorded, twins, sweep } = facts;
  if (!recorded) {
    const acceptedAt = at(status.acceptedAt ?? '1970-01-01T00:00:00Z');
    const isSwept = sweep !== undefined && sweep.startedAt > acceptedAt;
    const provenAt = provenGoneAt(status, now);
    if (status.missingSince !== undefined && now < provenAt) {
      const why = `DigitalOcean no longer shows droplet ${status.id}, which is young: asking once more`;
      return { wait: 'Booting', why, until: provenAt };
    }
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

/** From when on (ms since the epoch) a 404 by id, answered now, proves that a machine that was seen is gone. Pure. */
export function provenGoneAt({ acceptedAt, missingSince }: DropletStatus, now: number): number {
  if (missingSince !== undefined) return at(missingSince) + MISSING_FOR_MS;
  const isYoung = acceptedAt !== undefined && now - at(acceptedAt) < NEWBORN_MS;
  return isYoung ? now + MISSING_FOR_MS : now;
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
