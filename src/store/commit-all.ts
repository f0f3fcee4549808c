import type { Redis } from 'ioredis';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import type { Resource } from '../resources/meta.ts';
import type { StoreKeys } from './keys.ts';
import { answered } from './redis.ts';
import { KEPT_CHANGES } from './redis-store.ts';
import { Script } from './script.ts';
import { atRevision } from './writes.ts';

/** One of many writes. */
export interface BulkWrite {
  readonly kind: Kind;
  readonly object: Resource;
  /** resourceVersion that the stored object must have; "": it must not exist. */
  readonly expected: string;
}

export interface BulkCommit {
  readonly writes: readonly BulkWrite[];
  /** The schema version that must be stored ("": none), and the one that is afterwards. */
  readonly schema: { readonly from: string; readonly to: string };
  /** Becomes this Orquesta's id on the account; left out: the stored one stays. */
  readonly clusterId?: string | undefined;
  /** All revisions that are given are higher. */
  readonly afterRevision?: string | undefined;
  /** Sealed things to be kept, by name. */
  readonly vault?: Readonly<Record<string, string>> | undefined;
}

export type BulkAnswer =
  | { readonly outcome: 'committed'; readonly revision: string }
  | { readonly outcome: 'schema'; readonly stored: string }
  | { readonly outcome: 'conflict'; readonly name: string; readonly stored: string }
  | { readonly outcome: 'behind'; readonly error: string };

const SCRIPT = new Script('./commit-all.lua');
const KINDS = Object.keys(kinds) as Kind[];

/** Commits all writes at one moment, or none: watches see each as a change of its own. Throws StoreError `unavailable`. */
export async function commitAll(
  redis: Redis,
  keys: StoreKeys,
  { writes, schema, clusterId = '', afterRevision = '0', vault = {} }: BulkCommit,
): Promise<BulkAnswer> {
  const args = writes.flatMap(({ kind, object, expected }) => {
    const { resourceVersion: _, ...metadata } = object.metadata;
    const type = expected === '' ? 'added' : 'modified';
    const json = JSON.stringify({ ...object, metadata });
    return [KINDS.indexOf(kind) + 1, object.metadata.name, expected, type, kind, json];
  });
  const answer = (await answered('write many objects at once', () =>
    SCRIPT.run(
      redis,
      [
        keys.schemaVersion,
        keys.revision,
        keys.changes,
        keys.clusterId,
        keys.vault,
        ...KINDS.map(keys.objects),
      ],
      [
        schema.from,
        schema.to,
        clusterId,
        afterRevision,
        KEPT_CHANGES,
        JSON.stringify(Object.entries(vault)),
        ...args,
      ],
    ),
  )) as [BulkAnswer['outcome'], string, string];
  const [outcome, first, second] = answer;
  switch (outcome) {
    case 'committed':
      return { outcome, revision: first };
    case 'schema':
      return { outcome, stored: first };
    case 'conflict':
      return { outcome, name: first, stored: second };
    case 'behind':
      return { outcome, error: first };
  }
}

export interface Everything {
  readonly objects: readonly ObjectOf[Kind][];
  readonly revision: string;
  /** undefined: nothing was ever written by a program that knows of versions. */
  readonly schemaVersion: string | undefined;
  readonly clusterId: string | undefined;
  /** What is kept sealed, as it is kept. */
  readonly vault: Readonly<Record<string, string>>;
}

/** All objects of all kinds, as they stood at one moment. Throws StoreError `unavailable`. */
export async function readAll(redis: Redis, keys: StoreKeys): Promise<Everything> {
  return answered('list all objects', async () => {
    const transaction = redis
      .multi()
      .get(keys.revision)
      .get(keys.schemaVersion)
      .get(keys.clusterId)
      .hgetall(keys.vault);
    for (const kind of KINDS) transaction.hvals(keys.objects(kind));
    const replies = (await transaction.exec()) ?? [];
    const [revision, schemaVersion, clusterId, vault, ...values] = replies.map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    return {
      objects: (values as string[][]).flat().map(stored),
      revision: (revision as string | null) ?? '0',
      schemaVersion: (schemaVersion as string | null) ?? undefined,
      clusterId: (clusterId as string | null) ?? undefined,
      vault: vault as Record<string, string>,
    };
  });
}

function stored(value: string): ObjectOf[Kind] {
  const space = value.indexOf(' ');
  return atRevision(JSON.parse(value.slice(space + 1)) as ObjectOf[Kind], value.slice(0, space));
}
