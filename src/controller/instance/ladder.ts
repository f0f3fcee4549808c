import type { InstanceStatus } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Plan } from '../reconciler.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';

/** How soon a held repair is thought of again. */
const BRAKE_LOOK_MS = 5_000;
const NEVER = '1970-01-01T00:00:00Z';

/** A machine or a bot that has to be given help. */
export interface Patient {
  readonly status: InstanceStatus | undefined;
  readonly facts: InstanceFacts;
  readonly klass: InstanceClassSpec;
  readonly now: number;
}

/** One rung at a time: restart the service, reboot, replace the droplet; with the last goes the WhatsApp session, or what changed since it was saved. */
export function repair(patient: Patient, sickness: string): Plan<InstanceStep> {
  const { status, facts } = patient;
  if (facts.brakes.repairs) return hold(patient, sickness, facts.brakes.repairs);
  if (facts.sighting === 'off' || facts.sighting === 'missing') {
    // No fault of the bot's: the droplet's own reconciler sees to that.
    const why = `${sickness}, and its droplet is ${facts.sighting}`;
    return { wait: 'DropletNotRunning', why, until: patient.now + BRAKE_LOOK_MS };
  }
  switch (status?.repairs?.rung) {
    case undefined:
      return { do: 'restart-service', why: `${sickness}: restarting its service` };
    case 'restart-service':
      return { do: 'reboot', why: `${sickness}: rebooting the droplet` };
    case 'reboot':
      return replaceOrFail(patient, 'BotUnhealthy', sickness);
  }
}

export function replaceOrFail(patient: Patient, reason: string, why: string): Plan<InstanceStep> {
  const { status, facts, klass } = patient;
  if (facts.droplet?.status?.adopted) {
    return {
      fail: reason,
      why: `${why}. Orquesta did not make the droplet and does not replace it`,
    };
  }
  const done = status?.repairs?.replacements ?? 0;
  if (done >= klass.retries.replaceDroplet) {
    const tried =
      done === 0 ? '' : `, and ${done} ${done === 1 ? 'replacement' : 'replacements'} did not help`;
    const advice = 'Look at the events and the log, then restart the instance';
    return { fail: reason, why: `${why}${tried}. ${advice}` };
  }
  const brake = facts.brakes.repairs ?? facts.brakes.replacements;
  if (brake) return hold(patient, why, brake);
  return { do: 'replace-droplet', why: `${why}: replacing the droplet` };
}

/** No repair now. A bot that may come back by itself is still looked at. */
function hold(
  { status, klass, now }: Patient,
  sickness: string,
  brake: string,
): Plan<InstanceStep> {
  const why = `${sickness}. No repair now: ${brake}`;
  const due = Date.parse(status?.bot?.lastCheckedAt ?? NEVER) + klass.health.intervalSeconds * 1000;
  const isReachable = status?.ssh?.isUp && status.bootstrap?.exitCode === 0;
  if (isReachable && now >= due) return { do: 'check-bot', why };
  return { wait: 'RepairsPaused', why, until: Math.max(due, now + BRAKE_LOOK_MS) };
}
