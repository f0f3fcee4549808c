import type { ActionType, DropletRecord } from './records.ts';

/** What an action does to the machine's power, half-way through it. */
export function turn(droplet: DropletRecord, type: ActionType): void {
  if (type === 'power_off' || type === 'shutdown') droplet.powered = false;
  const restarts = (type === 'reboot' || type === 'power_cycle') && droplet.powered;
  if (restarts || (type === 'power_on' && !droplet.powered)) {
    droplet.powered = true;
    droplet.boots += 1;
  }
}

/** The end of an action: what the account shows from then on. Answers how it went. */
export function complete(
  droplet: DropletRecord,
  type: ActionType,
  name: string | undefined,
): 'completed' | 'errored' {
  // DigitalOcean doesn't say what a reboot of a machine without power comes to.
  const failed = (type === 'reboot' || type === 'power_cycle') && droplet.status === 'off';
  if (type === 'power_on') droplet.status = 'active';
  if (type === 'power_off' || type === 'shutdown') droplet.status = 'off';
  if (type === 'rename' && name !== undefined) droplet.name = name;
  return failed ? 'errored' : 'completed';
}
