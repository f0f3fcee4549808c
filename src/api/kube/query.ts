import { badRequest, fieldInvalid, invalid } from './errors.ts';

export type Query = URLSearchParams;

/** A parameter that is "true", "1", "false" or "0", as Go reads booleans. Throws KubeError 400. */
export function flag(query: Query, name: string): boolean {
  const value = query.get(name) ?? '';
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(|0|f|false)$/i.test(value)) return false;
  throw badRequest(`${name} must be true or false, not "${value}"`);
}

/** A whole number of zero or more; undefined where it is left out. Throws KubeError 400. */
export function count(query: Query, name: string): number | undefined {
  const value = query.get(name) ?? '';
  if (value === '') return undefined;
  if (!/^\d{1,9}$/.test(value)) throw badRequest(`${name} must be a whole number, not "${value}"`);
  return Number(value);
}

/** dryRun=All, once or more. Throws KubeError 400 for any other value: a rehearsal must not become the real thing. */
export function dryRun(values: readonly string[]): boolean {
  for (const value of values) {
    if (value !== 'All') {
      const why = 'supported values: "All"';
      throw badRequest(`dryRun: Unsupported value: "${value}": ${why}`);
    }
  }
  return values.length > 0;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What to do about unknown fields. Throws KubeError 400. */
export function fieldValidation(query: Query): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: "${value}": supported values: "Ignore", "Warn", "Strict"`,
  );
}

const MAX_MANAGER = 128;

/** Who writes: the parameter fieldManager, else the program that the User-Agent names. Throws KubeError 422 for one that is too long. */
export function fieldManager(query: Query, userAgent: string | undefined): string {
  const given = query.get('fieldManager') ?? '';
  if (given.length > MAX_MANAGER || /[^\x20-\x7e]/.test(given)) {
    const why = `must be at most ${MAX_MANAGER} printable characters`;
    throw invalid({ kind: 'PatchOptions', name: '', group: 'meta.k8s.io' }, [
      fieldInvalid('fieldManager', given, why),
    ]);
  }
  return given || (userAgent ?? '').split('/')[0]?.slice(0, MAX_MANAGER) || 'unknown';
}
