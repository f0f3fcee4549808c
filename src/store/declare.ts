import { z } from 'zod';
import { type Kind, kinds, type ObjectOf } from '../resources/kinds.ts';
import type { Manifest } from '../resources/manifest.ts';
import { type Store, StoreError, type WriteOptions } from './store.ts';
import { update } from './writes.ts';

export type Declared = 'created' | 'configured' | 'unchanged';

const MAX_TRIES = 5;

/**
 * Makes the stored object what a manifest says: the spec whole, labels and annotations one by one (others stay). With `dryRun`
 * it only tells what would happen. Throws StoreError: `invalid` for an immutable field, `already-exists` while the
 * object of that name is being deleted.
 */
export async function declare(
  store: Store,
  manifest: Manifest,
  options: WriteOptions = {},
): Promise<Declared> {
  const { kind, name } = manifest;
  for (let attempt = 1; ; attempt++) {
    const stored = await store.get(kind, name);
    if (stored?.metadata.deletionTimestamp) {
      const message = `${kind} ${name} is being deleted; apply it again when it is gone.`;
      throw new StoreError('already-exists', message);
    }
    try {
      return stored
        ? await configure(store, stored, manifest, options)
        : await create(store, manifest, options);
    } catch (error) {
      const isRace =
        error instanceof StoreError &&
        ['already-exists', 'conflict', 'not-found'].includes(error.kind);
      if (!isRace || attempt === MAX_TRIES) throw error;
    }
  }
}

async function create(
  store: Store,
  manifest: Manifest,
  { dryRun, manager }: WriteOptions,
): Promise<Declared> {
  const { kind, name, spec } = manifest;
  const { labels, annotations } = manifest.metadata;
  if (!dryRun) await store.create(kind, { name, labels, annotations, spec }, { manager });
  return 'created';
}

async function configure(
  store: Store,
  stored: ObjectOf[Kind],
  manifest: Manifest,
  { dryRun, manager }: WriteOptions,
): Promise<Declared> {
  const { kind } = manifest;
  const { labels, annotations } = stored.metadata;
  const wanted = {
    ...stored,
    metadata: {
      ...stored.metadata,
      labels: { ...labels, ...manifest.metadata.labels },
      annotations: { ...annotations, ...manifest.metadata.annotations },
    },
    spec: specFor(manifest, stored),
  } as ObjectOf[Kind];
  const write = update(kind, stored, wanted);
  if (write.type === 'unchanged') return 'unchanged';
  if (!dryRun) await store.update(kind, wanted, { manager });
  return 'configured';
}

/**
 * A restart that was asked for elsewhere is no part of what a manifest declares: one that is silent on it leaves it. Nor are
 * fields that only a newer version of the program beside this one knows.
 */
function specFor({ kind, spec, given }: Manifest, stored: ObjectOf[Kind]): ObjectOf[Kind]['spec'] {
  const whole = { ...fieldsNotKnown(kind, stored.spec), ...spec };
  if (kind !== 'Instance' || given.has('restartedAt')) return whole;
  return { ...whole, restartedAt: (stored as ObjectOf['Instance']).spec.restartedAt };
}

function fieldsNotKnown(kind: Kind, spec: object): object {
  const schema = kinds[kind].spec;
  const known = schema instanceof z.ZodObject ? schema.shape : spec;
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !(field in known)));
}
