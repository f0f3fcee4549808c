import type { Droplet } from '../../resources/droplet.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Plan } from '../reconciler.ts';
import { hasServed } from '../rollout.ts';
import type { InstanceFacts, InstanceStep } from './facts.ts';
import { at } from './times.ts';

/** Between two tries of the bootstrap: 5 s, 10 s, 20 s … */
const BOOTSTRAP_BACKOFF_MS = 5_000;
/** A secret may be put in its place at any time, and nothing tells us. */
const SECRET_LOOK_MS = 10_000;

/** The droplet is reached: prepare it, unless that was done as it is wished now. */
export function planBootstrap(
  { status }: Instance,
  droplet: Droplet,
  facts: InstanceFacts,
  klass: InstanceClassSpec,
  now: number,
): Plan<InstanceStep> | undefined {
  const run = status?.bootstrap;
  const dropletId = droplet.status?.id;
  // What serves goes on serving meanwhile, and is looked after as ever.
  if (isAwaitingTurn(status, dropletId, facts)) return undefined;
  const isPresent =
    run !== undefined && run.dropletId === dropletId && run.revision === facts.revision;
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
