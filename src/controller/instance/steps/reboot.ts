import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, machineOf, timeOf } from './context.ts';

/** The second rung: reboots the droplet, by the reset button when it could not be reached over SSH. */
export async function reboot(context: InstanceContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { id } = machineOf(context);
  const action = object.status?.sshProblem ? 'power_cycle' : 'reboot';
  await deps.cloud.act(id, action, signal);
  const { ssh, repairs, restarts = 0 } = object.status ?? {};
  await context.save({
    restarts: restarts + 1,
    ssh: ssh && { ...ssh, isUp: false },
    repairs: { replacements: 0, ...repairs, rung: 'reboot', at: timeOf(context) },
  });
  await context.event('Warning', 'Rebooted', `Droplet ${id} is rebooted (${action})`);
  return undefined;
}
