import type { z } from 'zod';

export type FieldPath = readonly (string | number)[];
type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What is wrong with a field, for programs: sentences in any language are made from it. */
export type Problem =
  | { readonly kind: 'required' }
  | { readonly kind: 'unknown-field' }
  | {
      readonly kind: 'wrong-type';
      readonly expected: readonly TypeName[];
      readonly given: TypeName;
    }
  | {
      readonly kind: 'not-one-of';
      readonly allowed: readonly string[];
      readonly given: string | undefined;
    }
  | {
      readonly kind: 'too-big' | 'too-small';
      /** Inclusive. */
      readonly limit: number;
      readonly of: 'characters' | 'entries' | 'value';
    }
  /** `rule` completes "spec.name …", like "must be a UUID". */
  | { readonly kind: 'rule'; readonly rule: string };

export interface FieldError {
  readonly path: FieldPath;
  readonly problem: Problem;
}

export type Checked<T> =
  | { readonly value: T; readonly errors?: undefined }
  | { readonly errors: readonly FieldError[] };

/** Parses a value by a schema; `at` stands before every path of an error. Never throws. */
export function checkFields<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: FieldPath = [],
): Checked<z.infer<S>> {
  const parsed = schema.safeParse(value);
  const errors: FieldError[] = protoKeys(value).map((path) => ({
    path: [...at, ...path],
    problem: { kind: 'unknown-field' },
  }));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      errors.push(
        ...errorsOf(issue, value)
          .filter(({ path }) => path.at(-1) !== '__proto__')
          .map(({ path, problem }) => ({ path: [...at, ...path], problem })),
      );
    }
  }
  return parsed.success && errors.length === 0 ? { value: parsed.data } : { errors };
}

/** The path as people write it: spec.bootstrap.files[0].path. Odd keys are quoted, so that they can't be taken for text. */
export function fieldName(path: FieldPath): string {
  let name = '';
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`;
    else if (/^[A-Za-z0-9_$./-]{1,100}$/.test(part)) name += name === '' ? part : `.${part}`;
    else name += `[${JSON.stringify(part.slice(0, 100))}]`;
  }
  return name;
}

/** An English sentence without the field's name: "must be a boolean, but a string was given". */
export function problemText(problem: Problem): string {
  switch (problem.kind) {
    case 'required':
      return 'is required';
    case 'unknown-field':
      return 'is not a known field';
    case 'wrong-type':
      return `must be ${problem.expected.map(withArticle).join(' or ')}, but ${withArticle(problem.given)} was given${needsQuotes(problem) ? ': put it in quotes' : ''}`;
    case 'not-one-of':
      return `must be ${orList(problem.allowed)}${problem.given === undefined ? '' : `, not "${problem.given}"`}`;
    case 'too-big':
    case 'too-small': {
      const bound = problem.kind === 'too-big' ? 'at most' : 'at least';
      return problem.of === 'value'
        ? `must be ${bound} ${problem.limit}`
        : `must have ${bound} ${problem.limit} ${problem.of}`;
    }
    case 'rule':
      return problem.rule;
  }
}

/** YAML reads an unquoted phone number as a number and an unquoted "yes" of old as a boolean. */
export const needsQuotes = (problem: Extract<Problem, { kind: 'wrong-type' }>): boolean =>
  problem.expected.includes('string') &&
  (problem.given === 'number' || problem.given === 'integer' || problem.given === 'boolean');

const withArticle = (type: TypeName): string =>
  type === 'null' ? type : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;

const orList = (values: readonly string[]): string => values.map((one) => `"${one}"`).join(' or ');

function errorsOf(issue: z.core.$ZodIssue, input: unknown): FieldError[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const given = valueAt(input, path);
  const one = (problem: Problem): FieldError[] => [{ path, problem }];
  if (given === undefined && issue.code !== 'unrecognized_keys') return one({ kind: 'required' });
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        problem: { kind: 'unknown-field' },
      }));
    case 'invalid_type':
      return one({
        kind: 'wrong-type',
        expected: [typeName(issue.expected)],
        given: typeOf(given),
      });
    case 'invalid_union': {
      // Of one of the types that are allowed, but against its rule: the rule is what helps.
      const fitting = issue.errors.find((branch) =>
        branch.every((error) => error.code !== 'invalid_type' || error.path.length > 0),
      );
      if (fitting) {
        return fitting.flatMap((error) =>
          errorsOf({ ...error, path: [...path, ...error.path] }, input),
        );
      }
      return one({
        kind: 'wrong-type',
        expected: issue.errors.flatMap((branch) =>
          branch.flatMap((error) =>
            error.code === 'invalid_type' ? [typeName(error.expected)] : [],
          ),
        ),
        given: typeOf(given),
      });
    }
    case 'invalid_value':
      return one({
        kind: 'not-one-of',
        allowed: issue.values.map(String),
        given: typeof given === 'string' ? given.slice(0, 100) : undefined,
      });
    case 'too_big':
    case 'too_small':
      return one(sizeProblem(issue));
    case 'invalid_key':
      return one({ kind: 'rule', rule: issue.issues[0]?.message ?? issue.message });
    case 'invalid_format':
      return one({ kind: 'rule', rule: FORMATS[issue.format] ?? issue.message });
    case 'custom':
    case 'invalid_element':
    case 'not_multiple_of':
      return one({ kind: 'rule', rule: issue.message });
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  datetime: 'must be a time as RFC 3339 has it, like 2026-01-31T12:00:00Z',
};

function sizeProblem(issue: Extract<z.core.$ZodIssue, { code: 'too_big' | 'too_small' }>): Problem {
  const of =
    issue.origin === 'string' ? 'characters' : issue.origin === 'array' ? 'entries' : 'value';
  if (issue.code === 'too_big') return { kind: 'too-big', limit: Number(issue.maximum), of };
  const least = Number(issue.minimum) + (issue.inclusive === false ? 1 : 0);
  return { kind: 'too-small', limit: least, of };
}

function typeName(expected: string): TypeName {
  if (expected === 'int') return 'integer';
  return expected === 'record' ? 'object' : (expected as TypeName);
}

function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as TypeName;
}

function valueAt(input: unknown, path: FieldPath): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** zod's records drop a key "__proto__" without a word. What is written must be kept or refused. */
function protoKeys(value: unknown, depth = 0): FieldPath[] {
  if (typeof value !== 'object' || value === null || depth > 64) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const part = Array.isArray(value) ? Number(key) : key;
    if (part === '__proto__') return [[part]];
    return protoKeys(inner, depth + 1).map((path) => [part, ...path]);
  });
}
