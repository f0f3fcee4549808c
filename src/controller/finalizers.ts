import { CLOUD_FINALIZER, FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../resources/meta.ts';

const OURS: ReadonlySet<string> = new Set([
  CLOUD_FINALIZER,
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
]);

/** What remains to be taken off by others, once this controller has done its part of a deletion. */
export const othersFinalizers = (finalizers: readonly string[] = []): readonly string[] =>
  finalizers.filter((name) => !OURS.has(name));

/** Whether this controller still has to act on a deletion. */
export const isOursToFinalize = (finalizers: readonly string[] = []): boolean =>
  finalizers.some((name) => OURS.has(name));
