import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Kind } from '../resources/kinds.ts';
import type { Resource } from '../resources/meta.ts';
import { type BulkWrite, commitAll, readAll } from './commit-all.ts';
import { storeKeys } from './keys.ts';
import type { RedisLog } from './redis.ts';

/**
 * One step from a version of the schema to the next. `migrate` is pure, and answers the object itself when nothing is to be
 * changed. It may only add: programs of the version before go on reading and writing beside the new ones until the last of them
 * has been replaced, and keep what they do not know. What is no longer used is removed by a later version.
 */
export interface Migration {
  /** A sentence for the log. */
  readonly what: string;
  migrate(object: Resource): Resource;
}

/** In order: the first leads from version 1 to version 2. */
const MIGRATIONS: readonly Migration[] = [];

/** Each conflict means that somebody else has written; a busy fleet does that now and then. */
const MAX_TRIES = 100;
const BETWEEN_TRIES_MS = 50;

/** The version that a program with these migrations writes. */
const schemaVersionOf = (migrations: readonly Migration[]): number => migrations.length + 1;
export const SCHEMA_VERSION = schemaVersionOf(MIGRATIONS);

/** The stored objects can't be used by this program. */
class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

export interface SchemaDeps {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: RedisLog;
  readonly migrations?: readonly Migration[] | undefined;
}

/**
 * Brings what is stored to this program's version of the schema. Each step changes all objects and the version at one moment, so that
 * it happens once, however many processes start. Throws SchemaError when the data are newer than the program, StoreError
 * `unavailable` when Redis can't be asked.
 */
export async function migrate(deps: SchemaDeps): Promise<void> {
  const { redis, prefix, clock, log, migrations = MIGRATIONS } = deps;
  const keys = storeKeys(prefix);
  const known = schemaVersionOf(migrations);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { objects, schemaVersion } = await readAll(redis, keys);
    const from = schemaVersion ?? '';
    const version = versionOf(schemaVersion, objects.length > 0, known);
    mustBeKnown(version, known);
    if (schemaVersion !== undefined && version === known) return;
    const step = migrations[version - 1];
    const writes = step === undefined ? [] : changesBy(step, objects);
    const to = step === undefined ? known : version + 1;
    const answer = await commitAll(redis, keys, { writes, schema: { from, to: String(to) } });
    if (answer.outcome === 'behind') {
      throw new SchemaError(
        `The key ${keys.revision} is behind the stream ${keys.changes} (${answer.error}): restore both from one backup.`,
      );
    }
    if (answer.outcome !== 'committed') await clock.sleep(BETWEEN_TRIES_MS);
    else if (step !== undefined) {
      log.info({ version: to, objects: writes.length }, `Migrated: ${step.what}`);
    }
  }
  throw new SchemaError(
    `The stored objects could not be brought to schema version ${known}: they were changed by others at each of ${MAX_TRIES} tries. Stop the older controllers for a moment.`,
  );
}

/** Before there was a version, everything was written in the first. */
function versionOf(stored: string | undefined, hasObjects: boolean, known: number): number {
  if (stored === undefined) return hasObjects ? 1 : known;
  return Number(stored);
}

/** Throws SchemaError for data of a version that is newer than `known`. */
export function mustBeKnown(version: number, known: number = SCHEMA_VERSION): void {
  if (version <= known) return;
  throw new SchemaError(
    `Redis holds objects of schema version ${version}, and this program knows versions up to ${known}: start the version of Orquesta that wrote them, or a later one.`,
  );
}

function changesBy(step: Migration, objects: readonly Resource[]): BulkWrite[] {
  return objects.flatMap((object) => {
    const migrated = step.migrate(object);
    if (migrated === object) return [];
    const { resourceVersion } = object.metadata;
    return [{ kind: object.kind as Kind, object: migrated, expected: resourceVersion }];
  });
}
