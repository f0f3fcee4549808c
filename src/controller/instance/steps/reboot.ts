import { CloudError } from '../../../cloud/cloud.ts';
import type { StepResult } from '../../reconciler.ts';
import { type InstanceContext, machineOf, timeOf } from './context.ts';

const GONE_LOOK_MS = 2_000;

/** The second rung: reboots the droplet, by the reset button when it could not be reached over SSH. */
export async function reboot(context: InstanceContext): Promise<StepResult> {
  const { object, deps, signal } = context;
  const { id } = machineOf(context);
  const action = object.status?.sshProblem ? 'power_cycle' : 'reboot';
  try {
    await deps.cloud.act(id, action, signal);
  } catch (error) {
    if (!(error instanceof CloudError && error.status === 404)) throw error;
    // It is gone: a sweep tells the droplet's own reconciler.
    await deps.sweeper.since(deps.clock.now(), signal);
    return { lookAgain: GONE_LOOK_MS };
  }
  const { ssh, repairs, restarts = 0 } = object.status ?? {};
  await context.save({
    restarts: restarts + 1,
    ssh: ssh && { ...ssh, isUp: false },
    repairs: { replacements: 0, ...repairs, rung: 'reboot', at: timeOf(context) },
  });
  await context.event('Warning', 'Rebooted', `Droplet ${id} is rebooted (${action})`);
  return undefined;
}
