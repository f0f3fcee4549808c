import type { ObjectMeta } from '../../resources/meta.ts';
import { badRequest } from './errors.ts';

export type Labels = Readonly<Record<string, string>>;
type Predicate<T> = (value: T) => boolean;

const LABEL_KEY =
  /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Kubernetes' label selector: k=v, k==v, k!=v, k in (a,b), k notin (a,b), k, !k, joined by commas that mean "and". A label that is
 * not there is different from every value. Throws KubeError 400.
 */
export function labelSelector(text: string): Predicate<Labels> {
  const requirements = splitOutsideParentheses(text)
    .map((part) => part.trim())
    .filter((part, _, all) => part !== '' || all.length > 1)
    .map((part) => requirement(part, text));
  return (labels) => requirements.every((holds) => holds(labels));
}

function requirement(part: string, whole: string): Predicate<Labels> {
  const bad = (why: string) =>
    badRequest(`unable to parse requirement: ${why} in the label selector "${whole}"`);
  const keyOf = (key: string): string => {
    if (!LABEL_KEY.test(key)) throw bad(`invalid label key "${key}"`);
    return key;
  };
  const labelValue = (value: string): string => {
    if (!LABEL_VALUE.test(value)) throw bad(`invalid label value "${value}"`);
    return value;
  };
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const [key, values] = [keyOf(set[1] ?? ''), (set[3] ?? '').split(',')];
    const wanted = new Set(values.map((value) => labelValue(value.trim())));
    const isIn = (labels: Labels) => Object.hasOwn(labels, key) && wanted.has(labels[key] ?? '');
    return set[2] === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(part);
  if (equality) {
    const [key, value] = [keyOf(equality[1] ?? ''), labelValue(equality[3] ?? '')];
    const isEqual = (labels: Labels) => Object.hasOwn(labels, key) && labels[key] === value;
    return equality[2] === '!=' ? (labels) => !isEqual(labels) : isEqual;
  }
  const exists = /^(!?)\s*([^=!\s()]+)$/.exec(part);
  if (!exists) throw bad(`found "${part}"`);
  const key = keyOf(exists[2] ?? '');
  return (labels) => Object.hasOwn(labels, key) === (exists[1] === '');
}

function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** A field that a selector may name, and how to read it. What is absent is the empty text. */
export type SelectableFields<T> = Readonly<Record<string, (object: T) => string>>;

export interface FieldSelector<T> {
  readonly matches: Predicate<T>;
  /** Values that the selector demands of a field: those of `field=value`. */
  readonly required: Readonly<Record<string, string>>;
}

/** Kubernetes' field selector: f=v, f==v, f!=v, joined by commas; "\" escapes ",", "=" and "\" in values. Throws KubeError 400. */
export function fieldSelector<T>(text: string, fields: SelectableFields<T>): FieldSelector<T> {
  const required: Record<string, string> = {};
  const terms = splitTerms(text)
    .filter((part) => part !== '')
    .map((part): Predicate<T> => {
      const term = /^([^=!\\]+)(==|=|!=)(.*)$/s.exec(part);
      if (!term) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [field, value] = [(term[1] ?? '').trim(), unescaped(term[3] ?? '', text)];
      const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (!read) throw badRequest(`field label not supported: ${field}`);
      if (term[2] === '!=') return (object) => read(object) !== value;
      required[field] = value;
      return (object) => read(object) === value;
    });
  return { matches: (object) => terms.every((holds) => holds(object)), required };
}

/** At the commas that no backslash escapes. */
const splitTerms = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|,)((?:\\.|[^\\,])*)/gs)].map((match) => match[1] ?? '');

function unescaped(value: string, whole: string): string {
  if (/(^|[^\\])(\\\\)*=/.test(value) || /(^|[^\\])(\\\\)*\\([^,=\\]|$)/.test(value)) {
    throw badRequest(`invalid field selector: ${whole}`);
  }
  return value.replace(/\\([,=\\])/g, '$1');
}

/** Fields of every kind that a selector may name. */
export const metadataFields: SelectableFields<{ readonly metadata: ObjectMeta }> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': () => '',
};
