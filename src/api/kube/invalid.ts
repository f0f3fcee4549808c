import { type FieldError, fieldName, problemText } from '../../resources/field-errors.ts';
import type { Cause } from './errors.ts';

/** What is wrong with a field, in the words in which Kubernetes' users know it. `object` is what was sent. */
export function causeOf({ path, problem }: FieldError, object: unknown): Cause {
  const field = fieldName(path);
  const shown = JSON.stringify(valueAt(object, path))?.slice(0, 200) ?? 'null';
  const wrong = (why: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown}: ${why}`,
    field,
  });
  switch (problem.kind) {
    case 'required':
      return { reason: 'FieldValueRequired', message: 'Required value', field };
    case 'wrong-type': {
      const why = `${field} in body must be of type ${problem.expected.join(' or ')}: "${problem.given}"`;
      return {
        reason: 'FieldValueTypeInvalid',
        message: `Invalid value: "${problem.given}": ${why}`,
        field,
      };
    }
    case 'not-one-of': {
      const allowed = problem.allowed.map((one) => JSON.stringify(one)).join(', ');
      return {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${shown}: supported values: ${allowed}`,
        field,
      };
    }
    case 'too-big':
      if (problem.of === 'value') return wrong(problemText(problem));
      return {
        reason: 'FieldValueTooLong',
        message: `Too long: ${problemText(problem)}`,
        field,
      };
    case 'unknown-field':
    case 'too-small':
    case 'rule':
      return wrong(problemText(problem));
  }
}

function valueAt(object: unknown, path: FieldError['path']): unknown {
  let value = object;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
