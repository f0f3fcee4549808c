import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import type { InstanceStatus } from '../resources/instance.ts';
import { kinds, type ObjectOf } from '../resources/kinds.ts';
import { API_VERSION, objectName } from '../resources/meta.ts';
import type { Everything } from './commit-all.ts';
import { mustBeKnown, SCHEMA_VERSION } from './schema.ts';

/** The first document of a backup: what belongs to no single object. */
const header = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Backup'),
  spec: z.object({
    schemaVersion: z.int().min(1),
    revision: z.string().regex(/^\d{1,15}$/),
    clusterId: z
      .string()
      .regex(/^[A-Za-z0-9_:-]{1,200}$/)
      .optional(),
    /** How many objects follow; a backup of before this was written does not tell. */
    objects: z.int().min(0).optional(),
    /** Each is worth nothing without ORQUESTA_ENCRYPTION_KEY. */
    vault: z.record(z.string(), z.string()).default({}),
  }),
});

/** As stored: with uid, times and status. Fields that only a newer version knows are kept. */
const object = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.enum(Object.keys(kinds) as [string, ...string[]]),
  metadata: z.looseObject({
    name: objectName,
    uid: z.string().min(1),
    generation: z.int().min(1),
    creationTimestamp: z.string(),
  }),
  spec: z.looseObject({}),
});

export interface Backup {
  readonly schemaVersion: number;
  readonly revision: string;
  readonly clusterId: string | undefined;
  readonly vault: Readonly<Record<string, string>>;
  readonly objects: readonly ObjectOf[keyof ObjectOf][];
}

/** How YAML says that nothing follows: without it at its end, a text was cut off. */
const END = '...\n';

/** The text is no backup that can be used. The message says where and why. */
class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** YAML of all objects, one document each. `madeAt`: RFC 3339. Private keys are in it only as they are stored: sealed. */
export function backupText(everything: Everything, madeAt: string): string {
  const { objects, revision, schemaVersion, clusterId, vault } = everything;
  const spec = {
    // Before all that has to be there, or a header that was cut off would pass for an old one.
    objects: objects.length,
    schemaVersion: Number(schemaVersion ?? SCHEMA_VERSION),
    revision,
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(Object.keys(vault).length === 0 ? {} : { vault }),
  };
  const first = {
    apiVersion: API_VERSION,
    kind: 'Backup',
    metadata: { creationTimestamp: madeAt },
    spec,
  };
  const documents = [first, ...objects].map((document) =>
    stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return documents.join('---\n') + END;
}

/** Throws BackupError for a text that is none or was cut off, and SchemaError for one by a newer version of the program. */
export function parseBackup(text: string): Backup {
  const documents = parseAllDocuments(text);
  const values = Array.isArray(documents) ? documents : [];
  for (const [index, { errors }] of values.entries()) {
    if (errors[0]) throw new BackupError(`document ${index + 1}: ${errors[0].message}`);
  }
  const [first, ...rest] = values.map((document) => document.toJS({ maxAliasCount: 0 }) as unknown);
  const head = header.safeParse(first);
  if (!head.success) {
    throw new BackupError(
      `its first document must be the kind "Backup", as "orquesta export" writes it (${told(head.error)})`,
    );
  }
  const { schemaVersion, revision, clusterId, vault } = head.data.spec;
  mustBeKnown(schemaVersion);
  if (head.data.spec.objects !== undefined) mustBeWhole(text, rest.length, head.data.spec.objects);
  const seen = new Set<string>();
  const objects = rest.map((value, index) => {
    const parsed = object.safeParse(value);
    if (!parsed.success) throw new BackupError(`document ${index + 2}: ${told(parsed.error)}`);
    const { kind, metadata } = parsed.data;
    const key = `${kind} ${metadata.name}`;
    if (seen.has(key)) throw new BackupError(`document ${index + 2}: ${key} is there twice`);
    seen.add(key);
    return asToBeLookedAt(parsed.data as unknown as ObjectOf[keyof ObjectOf]);
  });
  return { schemaVersion, revision, clusterId, vault, objects };
}

/** Droplets of whose objects a restored Orquesta knows nothing are deleted as orphans: half a backup costs bots. */
function mustBeWhole(text: string, found: number, declared: number): void {
  if (!text.replaceAll('\r\n', '\n').trimEnd().endsWith(`\n${END.trim()}`)) {
    throw new BackupError(
      `it was cut off: it declares ${declared} objects, ${found} are begun, and the line "..." that ends a backup is missing. Take another copy of it`,
    );
  }
  if (found === declared) return;
  throw new BackupError(
    `it declares ${declared} objects and holds ${found}. Take another copy of it; or, if objects were taken out or added on purpose, set spec.objects of its first document to ${found}`,
  );
}

/**
 * Neither WhatsApp sessions nor the timers of the next looks are in a backup: no status may tell of a session as kept, and one that
 * told of a recent look would keep the bot from being looked at.
 */
function asToBeLookedAt<T extends ObjectOf[keyof ObjectOf]>(one: T): T {
  if (one.kind !== 'Instance' || !one.status) return one;
  const { bot } = one.status as InstanceStatus;
  const unseen = bot && { ...bot, lastCheckedAt: undefined };
  return { ...one, status: { ...one.status, session: undefined, bot: unseen } };
}

const told = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is not valid'}`;
