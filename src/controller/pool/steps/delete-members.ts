import type { Droplet } from '../../../resources/droplet.ts';
import type { StepResult } from '../../reconciler.ts';
import { doomed, sortMembers } from '../plan.ts';
import { isOvertaken, type PoolContext, unchanged } from './context.ts';

const AT_ONCE = 20;
const SEEN_SOON_MS = 1_000;

/** Asks for the end of members that are of no use any more. One that was claimed meanwhile is left to its instance. */
export async function deleteMembers(context: PoolContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const now = deps.clock.now();
  const lot = sortMembers(object, facts, now);
  const all = object.metadata.deletionTimestamp
    ? facts.members.filter(({ metadata }) => !metadata.deletionTimestamp)
    : doomed(object, lot, now);
  const going = all.slice(0, AT_ONCE);
  const failed = going.filter(({ status }) => status?.failure);
  if (failed.length > 0) {
    await context.save({
      failures: (object.status?.failures ?? 0) + 1,
      lastFailureAt: new Date(now).toISOString(),
    });
    await context.event('Warning', 'MembersFailed', failed.map(whatFailed).join('; '));
  }
  for (const member of going) {
    try {
      await deps.store.delete('Droplet', member.metadata.name, unchanged(member));
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }
  // Their deletion is a change that triggers this pool; this is for a trigger that gets lost.
  return { lookAgain: SEEN_SOON_MS };
}

const whatFailed = ({ metadata, status }: Droplet): string =>
  `${metadata.name}: ${status?.failure?.message}`;
