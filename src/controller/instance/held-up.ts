import { getCondition } from '../../resources/condition.ts';
import type { Droplet } from '../../resources/droplet.ts';
import type { Instance } from '../../resources/instance.ts';
import { ADOPT_ANNOTATION } from '../../resources/meta.ts';
import type { Objects } from '../triggers.ts';

/** What a Droplet waits for while no create of it can be sent, or all are refused. */
const HOLDS: ReadonlySet<string | undefined> = new Set([
  'QuotaExceeded',
  'RateLimited',
  'Unauthorized',
  'Unavailable',
  'TryAgain',
]);

/** Nothing was made for it, and nothing that was sent may still make something. */
export const isUnmade = ({ status }: Droplet): boolean =>
  status?.id === undefined && !status?.intent && !status?.hasLostCreate;

/**
 * It has decided for a droplet of its own, which can't be asked for now: it may take one that waits in a pool instead. Not so
 * one that had a droplet: a replacement is always a new one. Pure.
 */
export function isHeldUp(instance: Instance, droplet: Droplet | undefined): boolean {
  const { metadata, spec, status } = instance;
  return (
    droplet !== undefined &&
    status?.dropletName === metadata.name &&
    droplet.metadata.name === metadata.name &&
    isOwnedBy(instance, droplet) &&
    droplet.metadata.deletionTimestamp === undefined &&
    isUnmade(droplet) &&
    HOLDS.has(readyReason(droplet)) &&
    droplet.metadata.annotations?.[ADOPT_ANNOTATION] === undefined &&
    status.ssh === undefined &&
    status.bootstrap === undefined &&
    status.repairs === undefined &&
    status.failure === undefined &&
    !spec.paused &&
    metadata.deletionTimestamp === undefined
  );
}

export const isOwnedBy = ({ metadata }: Instance, droplet: Droplet | undefined): boolean =>
  droplet?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;

/** The one that was declared first comes first, among those of one moment by uid. */
export const byDeclaration = (
  { metadata: a }: Pick<Instance, 'metadata'>,
  { metadata: b }: Pick<Instance, 'metadata'>,
): number =>
  a.creationTimestamp === b.creationTimestamp
    ? compare(a.uid, b.uid)
    : compare(a.creationTimestamp, b.creationTimestamp);

const compare = (a: string, b: string): number => (a < b ? -1 : a === b ? 0 : 1);

/** Those of a class that take the next droplets which get ready, the first the oldest, as this process saw them. */
export const heldUpOf = (className: string, objects: Objects): readonly Instance[] =>
  objects
    .list('Instance')
    .items.filter(
      (instance) =>
        instance.spec.className === className &&
        isHeldUp(instance, objects.get('Droplet', instance.metadata.name)) &&
        // It may take none, and is in nobody's way.
        readyReason(instance) !== 'NumberTaken',
    )
    .toSorted(byDeclaration);

/** Those that have decided for none yet, since the account could not be asked who serves their numbers, the first the oldest. */
export const undecidedOf = (className: string, objects: Objects): readonly Instance[] =>
  objects
    .list('Instance')
    .items.filter(
      (instance) =>
        instance.spec.className === className &&
        instance.status?.dropletName === undefined &&
        HOLDS.has(readyReason(instance)) &&
        instance.metadata.deletionTimestamp === undefined,
    )
    .toSorted(byDeclaration);

const readyReason = ({ status }: Instance | Droplet): string | undefined =>
  getCondition(status?.conditions, 'Ready')?.reason;
