import { isDeepStrictEqual } from 'node:util';
import type { Resource } from './meta.ts';

/** One field that a write changed; absent: it was or is not there. */
export interface FieldChange {
  /** In dots, like spec.features.appointments. */
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

const HIDDEN = '(not shown)';
const MAX_TEXT = 200;
const MAX_CHANGES = 100;
/** Values that may be private: variables of bots, scripts and files, and kubectl's copy of a whole manifest. */
const PRIVATE =
  /^spec\.(bot\.)?env\.|^spec\.bootstrap\.|^metadata\.annotations\.kubectl\.kubernetes\.io\/last-applied/;

/**
 * What people decide of an object that differs between two of its versions: spec, labels, annotations, finalizers, owners, deletion.
 * Values that may be private are not shown, long ones cut. Pure.
 */
export function changesBetween(
  before: Resource | undefined,
  after: Resource | undefined,
): readonly FieldChange[] {
  return differences('', decided(before), decided(after)).slice(0, MAX_CHANGES);
}

function decided(object: Resource | undefined): unknown {
  if (!object) return undefined;
  const { labels, annotations, finalizers, ownerReferences, deletionTimestamp } = object.metadata;
  const metadata = { labels, annotations, finalizers, ownerReferences, deletionTimestamp };
  return { metadata, spec: object.spec };
}

function differences(field: string, from: unknown, to: unknown): FieldChange[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (isRecord(from ?? {}) && isRecord(to ?? {})) {
    const [old, young] = [(from ?? {}) as Fields, (to ?? {}) as Fields];
    const names = [...new Set([...Object.keys(old), ...Object.keys(young)])];
    return names.flatMap((name) =>
      differences(field === '' ? name : `${field}.${name}`, old[name], young[name]),
    );
  }
  return [
    {
      field,
      ...(from === undefined ? {} : { from: shown(field, from) }),
      ...(to === undefined ? {} : { to: shown(field, to) }),
    },
  ];
}

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(field: string, value: unknown): unknown {
  if (PRIVATE.test(field)) return HIDDEN;
  const text = JSON.stringify(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : value;
}
