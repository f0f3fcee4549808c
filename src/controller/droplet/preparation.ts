import type { DropletStatus } from '../../resources/droplet.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Plan } from '../reconciler.ts';
import type { DropletStep } from './plan.ts';

/** How often a waiting droplet is looked at. More often than an idle session is kept: whoever claims it finds one open. */
const CHECK_MS = 30_000;
const CHECK_AGAIN_MS = 5_000;
/** Then its pool takes it for lost. */
const CHECKS = 3;
/** Between two tries of the bootstrap: 5 s, 10 s, 20 s … */
const BACKOFF_MS = 5_000;

const at = (time: string | undefined): number => (time ? Date.parse(time) : 0);

/** From an address to a machine that waits for a number. Pure. */
export function planPreparation(
  status: DropletStatus,
  ip: string,
  klass: InstanceClassSpec,
  now: number,
): Plan<DropletStep> {
  const { preparation } = status;
  if (!preparation?.hostKey) {
    const limit = klass.deadlines.sshSeconds;
    if (preparation && now - at(preparation.startedAt) >= limit * 1000) {
      const trouble = preparation.sshProblem ? `: ${preparation.sshProblem}` : '';
      return { fail: 'SSHDeadlineExceeded', why: `No SSH session within ${limit} s${trouble}` };
    }
    return { do: 'connect-member', why: `Waiting for SSH at ${ip}` };
  }
  if (preparation.isRotated === undefined) {
    return { do: 'rotate-member-key', why: 'Giving the droplet a host key of its own making' };
  }
  const { bootstrap: run, readyAt, lastCheckedAt, failures } = preparation;
  if (!run) return { do: 'start-preparation', why: 'Preparing all that needs no number' };
  if (!run.finishedAt) {
    const why = `Preparing all that needs no number (try ${run.attempt})`;
    return { do: 'follow-preparation', why };
  }
  if (run.exitCode !== 0 || !readyAt) {
    const what = run.problem ?? `The bootstrap ended with exit code ${run.exitCode}`;
    if (run.attempt > klass.retries.bootstrap) {
      return { fail: 'PreparationFailed', why: `${what}, after ${run.attempt} tries` };
    }
    const due = at(run.finishedAt) + BACKOFF_MS * 2 ** (run.attempt - 1);
    if (now < due) return { wait: 'BootstrapBackoff', why: `${what}; trying again`, until: due };
    return { do: 'start-preparation', why: `${what}; trying again` };
  }
  const isSuspect = failures > 0 && failures < CHECKS;
  const due = at(lastCheckedAt ?? readyAt) + (isSuspect ? CHECK_AGAIN_MS : CHECK_MS);
  const why =
    failures > 0
      ? `${preparation.sshProblem} (${failures} times)`
      : 'Prepared, and waits for a number';
  if (now >= due) return { do: 'check-member', why };
  return { settled: failures > 0 ? 'SSHLost' : 'Waiting', why, lookAgain: due - now };
}
