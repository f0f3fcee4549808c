import { z } from 'zod';
import { checkFields, type FieldError, type FieldPath } from './field-errors.ts';
import { instanceName } from './instance.ts';
import { parseJson } from './json-text.ts';
import { type Kind, kinds, type ObjectOf } from './kinds.ts';
import { type ManifestError, type ManifestFault, manifestError } from './manifest-error.ts';
import { API_VERSION, type ManifestMeta, manifestMeta } from './meta.ts';
import type { TextPosition } from './text-position.ts';
import { parseYaml, type YamlDocument } from './yaml-text.ts';

/** One declared object, valid, with its defaults filled in. */
interface ManifestOf<K extends Kind> extends TextPosition {
  /** From 1, empty documents not counted; each item of a list counts. */
  readonly document: number;
  readonly kind: K;
  readonly name: string;
  readonly metadata: ManifestMeta;
  readonly spec: ObjectOf[K]['spec'];
  /** The fields of the spec that the document itself names; the others are defaults. */
  readonly given: ReadonlySet<string>;
  /** Where a field stands in the text. */
  locate(path: FieldPath): TextPosition;
}
export type Manifest = { [K in Kind]: ManifestOf<K> }[Kind];

export type ParsedManifests =
  | { readonly manifests: readonly Manifest[]; readonly errors?: undefined }
  | { readonly errors: readonly ManifestError[]; readonly manifests?: undefined };

const MAX_CHARACTERS = 1_048_576;
const MAX_ERRORS = 50;
const IS_JSON = /^application\/([a-z0-9.-]+\+)?json\b/i;
const START: TextPosition = { line: 1, column: 1 };
const KINDS = Object.keys(kinds) as [Kind, ...Kind[]];

const envelope = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.enum(KINDS),
  metadata: manifestMeta.prefault({}),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});

/**
 * Reads objects from YAML of one or many documents, or from JSON: one object, an array, or a `kind: List`. Every document is
 * checked; the first 50 errors are told. JSON content is held to JSON's own rules. Never throws.
 */
export function parseManifests(
  text: string,
  { contentType = '' }: { readonly contentType?: string | undefined } = {},
): ParsedManifests {
  if (text.length > MAX_CHARACTERS) {
    return failure(START, { kind: 'too-large', limit: MAX_CHARACTERS });
  }
  const json = IS_JSON.test(contentType) ? parseJson(text) : undefined;
  if (json?.error) return failure(json.error, { kind: 'json-syntax' });
  const yaml = parseYaml(text);
  if (yaml.problem) return failure(yaml.problem, yaml.problem);
  const texts = json
    ? yaml.documents.slice(0, 1).map((document) => jsonDocument(json.value, document))
    : yaml.documents;

  const faults: ManifestFault[] = [];
  const manifests: Manifest[] = [];
  let count = 0;
  for (const document of texts) {
    if (document.isEmpty && document.problems.length === 0) continue;
    for (const item of itemsOf(document)) {
      count++;
      const checked = Array.isArray(item) ? item : checkManifest(item, count);
      if (!Array.isArray(checked)) manifests.push(checked);
      else for (const fault of checked) faults.push({ ...fault, document: count });
    }
  }
  faults.push(...declaredTwice(manifests));
  if (faults.length === 0) return { manifests };
  faults.sort((a, b) => a.document - b.document);
  return { errors: faults.slice(0, MAX_ERRORS).map(manifestError) };
}

/** The parser of YAML tells where fields of JSON stand and which are doubled; what they hold and what is allowed is JSON's to say. */
const jsonDocument = (value: unknown, yaml: YamlDocument): YamlDocument => ({
  isEmpty: value === null,
  problems: yaml.problems.filter((problem) => problem.kind === 'duplicate-key'),
  value: () => ({ value }),
  locate: (path) => yaml.locate(path),
});

interface Item {
  readonly value: unknown;
  locate(path: FieldPath): TextPosition;
}
type Fault = Omit<ManifestFault, 'document'>;

/** A document is one object, an array of them, or Kubernetes' List. One that can't be read is one item of faults. */
function itemsOf(document: YamlDocument): readonly (Item | Fault[])[] {
  const { problems } = document;
  const read = problems.length > 0 ? { problems } : document.value();
  if ('problems' in read) {
    return [read.problems.map((problem) => ({ path: [], problem, ...positionOf(problem) }))];
  }
  const { value } = read;
  const within = (values: readonly unknown[], prefix: FieldPath): Item[] =>
    values.map((one, index) => ({
      value: one,
      locate: (path) => document.locate([...prefix, index, ...path]),
    }));
  if (Array.isArray(value)) return within(value, []);
  if (isObject(value) && value['kind'] === 'List' && Array.isArray(value['items'])) {
    return within(value['items'], ['items']);
  }
  return [{ value, locate: (path) => document.locate(path) }];
}

/** The manifest, or all that is wrong with it. */
function checkManifest(item: Item, document: number): Manifest | Fault[] {
  const faults = (errors: readonly FieldError[]): Fault[] =>
    errors.map(({ path, problem }) => ({ path, problem, ...item.locate(path) }));
  if (!isObject(item.value)) return faults(checkFields(z.looseObject({}), item.value).errors ?? []);

  // "metadata:" and "spec:" with nothing after them are null in YAML.
  const { metadata, spec: given, ...rest } = item.value;
  const head = checkFields(envelope, { ...rest, ...(metadata == null ? {} : { metadata }) });
  const { kind } = item.value;
  const info =
    typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind as Kind] : undefined;
  const spec = info ? checkFields(info.spec, given ?? {}, ['spec']) : undefined;
  const found = faults([...(head.errors ?? []), ...(spec?.errors ?? [])]);
  const size = JSON.stringify(given ?? {}).length;
  if (size > MAX_CHARACTERS) {
    found.push({
      path: ['spec'],
      problem: { kind: 'too-large', limit: MAX_CHARACTERS },
      ...item.locate(['spec']),
    });
  }
  if (found.length > 0 || !info || head.errors || !spec || spec.errors) return found;

  const { name } = head.value.metadata;
  const named = nameOf(info.kind, name, spec.value);
  if (typeof named !== 'string') return [{ ...named, ...item.locate(named.path) }];
  return {
    document,
    ...item.locate([]),
    kind: info.kind,
    name: named,
    metadata: head.value.metadata,
    spec: spec.value,
    given: new Set(Object.keys(given ?? {})),
    locate: (path) => item.locate(path),
  } as Manifest;
}

/** An Instance's name follows from its number, so that a number can't be declared twice. */
function nameOf(
  kind: Kind,
  name: string | undefined,
  spec: unknown,
): string | { readonly path: FieldPath; readonly problem: ManifestFault['problem'] } {
  const path = ['metadata', 'name'];
  if (kind !== 'Instance') return name ?? { path, problem: { kind: 'required' } };
  const expected = instanceName((spec as ObjectOf['Instance']['spec']).numberphone);
  if (name === undefined || name === expected) return expected;
  return { path, problem: { kind: 'wrong-name', expected } };
}

function declaredTwice(manifests: readonly Manifest[]): ManifestFault[] {
  const first = new Map<string, number>();
  return manifests.flatMap(({ document, kind, name, locate }) => {
    const key = `${kind}/${name}`;
    const firstDocument = first.get(key);
    first.set(key, firstDocument ?? document);
    if (firstDocument === undefined) return [];
    const problem = { kind: 'declared-twice', name, firstDocument } as const;
    const path = ['metadata', 'name'];
    return [{ document, ...locate(path), path, problem }];
  });
}

const failure = (position: TextPosition, problem: ManifestFault['problem']): ParsedManifests => ({
  errors: [manifestError({ document: 1, ...positionOf(position), path: [], problem })],
});

const positionOf = ({ line, column }: TextPosition): TextPosition => ({ line, column });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
