import type { InstanceClass } from '../../resources/instance-class.ts';
import type { ControllerDeps } from '../deps.ts';
import { rolloutOf } from '../rollout.ts';
import type { InstanceClassFacts } from './plan.ts';

/** The rollout as it stands, from the fleet in memory. */
export async function observeInstanceClass(
  klass: InstanceClass,
  { fleet, clock }: ControllerDeps,
): Promise<InstanceClassFacts> {
  // Whoever gave the last turns may have seen more than we have: to give others on older sight would be one too many.
  if (!(await fleet.caughtUpTo(klass.metadata.resourceVersion))) return { rollout: undefined };
  const { classRevision, members } = fleet.of(klass);
  return { rollout: rolloutOf(classRevision, members, klass.status?.turns ?? [], clock.now()) };
}
