import type { Kind } from '../resources/kinds.ts';
import type { Resource } from '../resources/meta.ts';

/** What is kept beside an object's record and is that object's alone. */
export type Belonging = 'sessions' | 'log' | 'timeline';

const ALL: readonly Belonging[] = ['sessions', 'log', 'timeline'];

/**
 * What must not outlast this write of an object: the store takes it away in the same commit, whoever writes and whatever dies next.
 * The sealed sessions of a bot end when its deletion is asked for, for no droplet will get them any more; all else ends with the
 * record. A new record begins without what an earlier one of its name may have left. Pure.
 */
export function endedBy(
  type: 'added' | 'modified' | 'deleted',
  kind: Kind,
  { metadata }: Resource,
): readonly Belonging[] {
  if (kind !== 'Instance') return [];
  if (type !== 'modified') return ALL;
  return metadata.deletionTimestamp === undefined ? [] : ['sessions'];
}
