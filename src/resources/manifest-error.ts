import { type FieldPath, fieldName, type Problem, problemText } from './field-errors.ts';
import type { TextPosition } from './text-position.ts';
import type { YamlProblem } from './yaml-text.ts';

/** What is wrong with a whole text or one document of it. */
type ManifestProblem =
  | Problem
  | YamlProblem
  | { readonly kind: 'json-syntax' }
  /** `limit`: characters. */
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'wrong-name'; readonly expected: string }
  | { readonly kind: 'declared-twice'; readonly name: string; readonly firstDocument: number };

/** What a program needs to know of an error. */
export interface ManifestFault extends TextPosition {
  /** From 1, empty documents not counted; each item of a list counts. */
  readonly document: number;
  /** Empty when the error is not about one field. */
  readonly path: FieldPath;
  readonly problem: ManifestProblem;
}

export interface ManifestError extends ManifestFault {
  /** The path as people write it, like spec.features.appointments; absent when the error is not about one field. */
  readonly field?: string | undefined;
  /** What follows the field's name in a sentence, without a full stop: "must be …". */
  readonly message: string;
}

export const manifestError = (fault: ManifestFault): ManifestError => ({
  ...fault,
  field: fault.path.length > 0 ? fieldName(fault.path) : undefined,
  message: textOf(fault),
});

/** A sentence with its place: "document 2, line 7: spec.provider must be …". */
export const manifestErrorText = ({ document, line, field, message }: ManifestError): string =>
  `document ${document}, line ${line}: ${field ?? 'it'} ${message}`;

function textOf({ problem, column }: ManifestFault): string {
  switch (problem.kind) {
    case 'json-syntax':
      return `is not valid JSON from column ${column} on`;
    case 'tab':
      return `has a tab in column ${column} where YAML needs spaces`;
    case 'duplicate-key':
      return `says the same key twice in one mapping (column ${column})`;
    case 'aliases':
      return `uses aliases that are unknown or too many: ${problem.detail}`;
    case 'too-deep':
    case 'too-wide':
    case 'too-long':
    case 'too-many-documents':
      return `holds ${problem.detail}; split it up`;
    case 'syntax':
      return `is not valid YAML at column ${column}: ${problem.detail}`;
    case 'too-large':
      return `has more than ${problem.limit} characters; split it up`;
    case 'wrong-name':
      return `must be "${problem.expected}", the name of this number; it may be left out`;
    case 'declared-twice':
      return `declares ${problem.name} again, after document ${problem.firstDocument}`;
    case 'required':
    case 'unknown-field':
    case 'wrong-type':
    case 'not-one-of':
    case 'too-big':
    case 'too-small':
    case 'rule':
      return problemText(problem);
  }
}
