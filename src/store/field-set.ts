import { parseJson } from '../resources/json-text.ts';
import type { FieldsV1 } from '../resources/meta.ts';

/** Paths of fields, each the elements of FieldsV1 joined by NUL: "f:spec", "f:provider". */
export type FieldSet = ReadonlySet<string>;

const SEPARATOR = '\0';
/** Lists whose items are told apart by a field, and lists that are sets; all others are one value. */
const KEYED: Readonly<Record<string, string>> = {
  [path('f:status', 'f:conditions')]: 'type',
  [path('f:metadata', 'f:ownerReferences')]: 'uid',
};
const SETS = new Set([path('f:metadata', 'f:finalizers')]);

type JsonObject = Record<string, unknown>;

function path(...elements: readonly string[]): string {
  return elements.join(SEPARATOR);
}

/** Every leaf of an object with its value. Objects are granular, except empty ones; a key without a value is not there. */
export function leavesOf(object: unknown): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  const collect = (value: unknown, at: string): void => {
    const below = (element: string) => (at === '' ? element : path(at, element));
    const key = KEYED[at];
    if (value === undefined) return;
    if (Array.isArray(value) && key !== undefined) {
      for (const item of value) collect(item, below(keyElement(key, item)));
    } else if (Array.isArray(value) && SETS.has(at)) {
      for (const item of value) leaves.set(below(`v:${JSON.stringify(item)}`), item);
    } else if (isObject(value) && Object.keys(value).length > 0) {
      // No field has such a name: it must not be read as several.
      for (const [name, inner] of Object.entries(value)) {
        collect(inner, below(`f:${name.replaceAll(SEPARATOR, '\uFFFD')}`));
      }
    } else if (at !== '') {
      leaves.set(at, value);
    }
  };
  collect(object, '');
  return leaves;
}

/** Is the field itself, or something inside it, among these? */
export function holds(paths: Iterable<string>, wanted: string): boolean {
  for (const one of paths) {
    if (one === wanted || one.startsWith(wanted + SEPARATOR)) return true;
  }
  return false;
}

/** Writes a leaf into an object, making what is missing around it. An empty object never takes the place of a full one. */
export function setLeaf(object: JsonObject, leaf: string, value: unknown): void {
  const elements = leaf.split(SEPARATOR);
  const last = elements.pop() ?? '';
  let at: unknown = object;
  elements.forEach((element, index) => {
    const inner = childOf(at, element);
    const next = elements[index + 1] ?? last;
    // A value of another kind gives way: a text becomes an object.
    if (next.startsWith('f:') ? isObject(inner) : Array.isArray(inner)) {
      at = inner;
      return;
    }
    const made = next.startsWith('f:') ? {} : [];
    if (element.startsWith('k:')) {
      const item = JSON.parse(element.slice(2)) as JsonObject;
      (at as unknown[]).push(item);
      at = item;
    } else {
      put(at as JsonObject, element.slice(2), made);
      at = made;
    }
  });
  if (last.startsWith('v:')) {
    const list = at as unknown[];
    if (!list.includes(value)) list.push(value);
  } else {
    const name = last.slice(2);
    const isEmpty = isObject(value) && Object.keys(value).length === 0;
    if (!isEmpty || !isObject(ownOf(at, name))) put(at as JsonObject, name, value);
  }
}

/** Takes a field out of an object, and an item of a keyed list with its last field. */
export function removeField(object: JsonObject, field: string): void {
  const elements = field.split(SEPARATOR);
  const last = elements.pop() ?? '';
  let at: unknown = object;
  let around: unknown[] | undefined;
  for (const element of elements) {
    around = Array.isArray(at) ? at : undefined;
    at = childOf(at, element);
    if (at === undefined || at === null) return;
  }
  if (Array.isArray(at)) {
    const index = at.findIndex((item) => childOf([item], last) !== undefined);
    if (index >= 0) at.splice(index, 1);
  } else if (isObject(at)) {
    delete at[last.slice(2)];
    if (around && Object.keys(at).length === 0) around.splice(around.indexOf(at), 1);
  }
}

export function toFieldsV1(fields: FieldSet): FieldsV1 {
  // Without a prototype: an element called __proto__ would be what all objects share.
  const newNode = () => Object.create(null) as JsonObject;
  const root = newNode();
  for (const field of [...fields].sort()) {
    let node = root;
    for (const element of field.split(SEPARATOR)) {
      node[element] ??= newNode();
      node = node[element] as JsonObject;
    }
  }
  return markParents(root as FieldsV1, fields, '');
}

/** Clients send along what they like: what is none of FieldsV1's elements owns nothing. */
function isElement(element: string): boolean {
  if (element.includes(SEPARATOR)) return false;
  if (element.startsWith('f:')) return true;
  const said = parseJson(element.slice(2));
  if (said.error) return false;
  return element.startsWith('v:') || (element.startsWith('k:') && isObject(said.value));
}

export function fromFieldsV1(fieldsV1: unknown): FieldSet {
  const fields = new Set<string>();
  const collect = (node: unknown, at: string): void => {
    const children = (isObject(node) ? Object.entries(node) : []).filter(
      ([element]) => element === '.' || isElement(element),
    );
    if (at !== '' && children.every(([element]) => element === '.')) fields.add(at);
    for (const [element, inner] of children) {
      if (element === '.') fields.add(at);
      else collect(inner, at === '' ? element : path(at, element));
    }
  };
  collect(fieldsV1, '');
  fields.delete('');
  return fields;
}

/** As people write it: .spec.provider, .status.conditions[type="Ready"].status */
export function fieldText(field: string): string {
  return field
    .split(SEPARATOR)
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      const key = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${key.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

/** A field that is owned and has owned fields inside bears the mark ".". */
function markParents(node: FieldsV1, fields: FieldSet, at: string): FieldsV1 {
  const children = Object.entries(node).filter(([element]) => element !== '.');
  const inner = children.map(([element, child]): [string, FieldsV1] => [
    element,
    markParents(child, fields, at === '' ? element : path(at, element)),
  ]);
  const isOwned = children.length > 0 && fields.has(at);
  return Object.fromEntries([...(isOwned ? ([['.', {}]] as const) : []), ...inner]);
}

function childOf(value: unknown, element: string): unknown {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return ownOf(value, rest);
  if (!Array.isArray(value)) return undefined;
  if (element.startsWith('v:')) return value.find((item) => JSON.stringify(item) === rest);
  const key = Object.entries(JSON.parse(rest) as JsonObject);
  return value.find((item) => isObject(item) && key.every(([name, one]) => item[name] === one));
}

/** A field called __proto__ is a field like others: it must not reach what all objects share. */
const ownOf = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const put = (object: JsonObject, name: string, value: unknown): void => {
  const options = { writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, name, { value, ...options });
};

const keyElement = (key: string, item: unknown): string =>
  `k:${JSON.stringify({ [key]: isObject(item) ? item[key] : undefined })}`;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
