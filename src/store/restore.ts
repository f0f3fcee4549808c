import type { Redis } from 'ioredis';
import type { Resource } from '../resources/meta.ts';
import { type BulkWrite, commitAll, readAll } from './commit-all.ts';
import { storeKeys } from './keys.ts';
import { SCHEMA_VERSION } from './schema.ts';

export interface Restoration {
  readonly objects: readonly Resource[];
  /** This Orquesta's id on the account: its droplets bear it as a tag. */
  readonly clusterId: string | undefined;
  readonly schemaVersion: number;
  readonly afterRevision: string;
  readonly vault?: Readonly<Record<string, string>> | undefined;
}

/** Nothing was written. The message says why and what to do. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/** Classes come with the program: an equal name is no sign of other data. */
const mayBeReplaced = (kind: string): boolean => kind === 'InstanceClass';

/**
 * Writes objects with the uids and status that they had, all at one moment, so that no controller ever sees a droplet without
 * its record. Throws RestoreError when Redis holds what would be overwritten, StoreError `unavailable` when it can't be asked.
 */
export async function restore(
  redis: Redis,
  prefix: string,
  { objects, clusterId, schemaVersion, afterRevision, vault = {} }: Restoration,
): Promise<void> {
  const keys = storeKeys(prefix);
  const there = await readAll(redis, keys);
  const isAnother = there.clusterId !== undefined && there.clusterId !== clusterId;
  if (
    clusterId !== undefined &&
    isAnother &&
    there.objects.some(({ kind }) => kind === 'Droplet')
  ) {
    throw new RestoreError(
      `Redis already holds droplets of another Orquesta, with the cluster id ${there.clusterId}: restore into an empty one, or set another REDIS_PREFIX.`,
    );
  }
  const stored = new Map(there.objects.map((one) => [`${one.kind}/${one.metadata.name}`, one]));
  const writes = objects.map((object): BulkWrite => {
    const { kind, metadata } = object;
    const past = stored.get(`${kind}/${metadata.name}`);
    if (past && !mayBeReplaced(kind)) {
      throw new RestoreError(
        `Redis holds ${kind} ${metadata.name} already: nothing was written. Restore into an empty Redis, or set another REDIS_PREFIX.`,
      );
    }
    const expected = past?.metadata.resourceVersion ?? '';
    return { kind: kind as BulkWrite['kind'], object, expected };
  });
  // Objects that stand beside the restored ones are of the stored version; alone, the restored ones say it.
  const from = there.schemaVersion ?? '';
  const isMixed = from !== '' && from !== String(schemaVersion);
  if (isMixed && there.objects.some(({ kind }) => !mayBeReplaced(kind))) {
    throw new RestoreError(
      `Redis holds objects of schema version ${from} and the backup is of version ${schemaVersion}: restore into an empty Redis.`,
    );
  }
  const to = String(Math.min(schemaVersion, SCHEMA_VERSION));
  const answer = await commitAll(redis, keys, {
    writes,
    schema: { from, to },
    clusterId,
    afterRevision,
    vault,
  });
  if (answer.outcome === 'behind') {
    throw new RestoreError(
      `Nothing was written: the key ${keys.revision} is behind the stream ${keys.changes} (${answer.error}).`,
    );
  }
  if (answer.outcome !== 'committed') {
    throw new RestoreError(
      'Nothing was written: somebody else has changed Redis at this moment. Stop the controllers and try again.',
    );
  }
}
