import { isAlias, isMap, isNode, isPair, isScalar, Lexer, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import { z } from 'zod';
import { instanceName } from './instance.ts';
import { isKind, type Kind, kinds, type ObjectOf } from './kinds.ts';
import { API_VERSION, type ManifestMeta, manifestMeta } from './meta.ts';

/** One object as a user declares it: valid, defaults filled in. */
export interface Manifest<K extends Kind = Kind> {
  /** Counted from 1, empty documents included. */
  readonly document: number;
  readonly kind: K;
  readonly name: string;
  readonly metadata: ManifestMeta;
  readonly spec: ObjectOf[K]['spec'];
}

/** What is wrong with one document. */
export interface ManifestError {
  readonly document: number;
  /** Counted from 1, in the text that was given; absent where no line can be named. */
  readonly line?: number | undefined;
  /** In dots, like spec.features.appointments; absent where the whole document is meant. */
  readonly field?: string | undefined;
  /** A sentence without a full stop. */
  readonly message: string;
}

export type Manifests =
  | { readonly manifests: readonly Manifest[]; readonly errors?: undefined }
  | { readonly errors: readonly ManifestError[]; readonly manifests?: undefined };

const MAX_DOCUMENTS = 1_000;
const MAX_ERRORS = 50;
const MAX_DEPTH = 32;
const MAX_INDENT = 256;
/** Manifests have no use for aliases; a few are let through, so many that no text can grow by them. */
const MAX_ALIASES = 20;

/**
 * Reads YAML (many documents) or JSON, which is YAML too. `kind: List` and a top-level list are taken apart. Every document is checked, and
 * all that is wrong is told (50 things at the most); then nothing of the text is to be used.
 */
export function parseManifests(text: string): Manifests {
  const deepLine = lineNestedTooDeep(text);
  if (deepLine !== undefined) {
    return {
      errors: [{ document: 1, line: deepLine, message: `is nested more than ${MAX_DEPTH} levels deep` }],
    };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: '1.2',
    merge: false,
    stringKeys: true,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return { manifests: [] };
  if (documents.length > MAX_DOCUMENTS) {
    return { errors: [{ document: MAX_DOCUMENTS + 1, message: `there are more than ${MAX_DOCUMENTS} documents; split the file` }] };
  }
  const manifests: Manifest[] = [];
  const errors: ManifestError[] = [];
  documents.forEach((yaml, index) => {
    const document = index + 1;
    const lineOf = (offset: number | undefined): number | undefined =>
      offset === undefined ? undefined : lines.linePos(offset).line || undefined;
    if (yaml.errors.length > 0) {
      for (const error of yaml.errors) {
        const message = `is not valid YAML: ${error.message.split(' at line')[0]}`;
        errors.push({ document, line: lineOf(error.pos[0]), message });
      }
      return;
    }
    const trouble = tooMuch(yaml.contents);
    if (trouble) {
      errors.push({ document, message: trouble });
      return;
    }
    const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES });
    if (value === null || value === undefined) return;
    const items = listItems(value) ?? [{ value, path: [] }];
    for (const item of items) {
      const checked = check(item.value, document);
      if ('manifest' in checked) manifests.push(checked.manifest);
      else {
        for (const { path, message } of checked.problems) {
          const full = [...item.path, ...path];
          const line = lineOf(nodeAt(yaml.contents, full)?.range?.[0]);
          errors.push({ document, line, field: path.join('.') || undefined, message });
        }
      }
    }
  });
  const seen = new Set<string>();
  for (const { kind, name, document } of manifests) {
    if (seen.has(`${kind}/${name}`)) {
      errors.push({ document, field: 'metadata.name', message: `${kind} "${name}" is declared twice` });
    }
    seen.add(`${kind}/${name}`);
  }
  return errors.length > 0 ? { errors: errors.slice(0, MAX_ERRORS) } : { manifests };
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Checks one declared object against the schema of its kind. */
function check(
  value: unknown,
  document: number,
): { readonly manifest: Manifest } | { readonly problems: readonly Problem[] } {
  const envelope = z
    .strictObject({
      apiVersion: z.literal(API_VERSION, `must be ${API_VERSION}`),
      kind: z.string(`must be one of ${Object.keys(kinds).join(', ')}`).refine(isKind, `must be one of ${Object.keys(kinds).join(', ')}`),
      metadata: manifestMeta.default({}),
      spec: z.unknown().optional(),
      status: z.unknown().optional(),
    })
    .safeParse(value, { error: sentence });
  if (!envelope.success) return { problems: problemsOf(envelope.error) };
  const { kind, metadata, spec } = envelope.data;
  const checked = kinds[kind].spec.safeParse(spec ?? {}, { error: sentence });
  if (!checked.success) {
    return { problems: problemsOf(checked.error).map((p) => ({ ...p, path: ['spec', ...p.path] })) };
  }
  const name = nameOf(kind, metadata.name, checked.data);
  if ('message' in name) return { problems: [{ path: ['metadata', 'name'], message: name.message }] };
  return {
    manifest: { document, kind, name: name.name, metadata, spec: checked.data as ObjectOf[Kind]['spec'] },
  };
}

function nameOf(
  kind: Kind,
  given: string | undefined,
  spec: unknown,
): { readonly name: string } | { readonly message: string } {
  if (kind === 'Instance') {
    const wanted = instanceName((spec as ObjectOf['Instance']['spec']).numberphone);
    if (given === undefined || given === wanted) return { name: wanted };
    return { message: `must be "${wanted}", after spec.numberphone; leave it out to have it filled in` };
  }
  return given === undefined ? { message: 'is required' } : { name: given };
}

/** zod's issues as sentences about a field. Unknown fields are named one by one. */
export function problemsOf(error: z.ZodError): readonly Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], message: 'is not a field that exists here' }))
      : [{ path, message: issue.message }];
  });
}

/** English sentences for what the schemas leave to zod. */
export function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is required';
    return `must be ${article(issue.expected)}, not ${describe(issue.input)}`;
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  return undefined;
}

const article = (type: string): string => {
  const noun = { record: 'map', object: 'map', array: 'list', int: 'whole number' }[type] ?? type;
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
};

function describe(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  return typeof input === 'string' ? 'a string' : `the ${typeof input} ${String(input)}`;
}

/** `kind: List`, as kubectl writes several objects, and a plain JSON list. */
function listItems(
  value: unknown,
): readonly { readonly value: unknown; readonly path: readonly (string | number)[] }[] | undefined {
  if (Array.isArray(value)) return value.map((item, index) => ({ value: item, path: [index] }));
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  return kind === 'List' && Array.isArray(items)
    ? items.map((item, index) => ({ value: item, path: ['items', index] }))
    : undefined;
}

/**
 * The line (from 1) on which a text goes deeper than any manifest does. Asked of the lexer, which does not recurse: the parser would run
 * out of stack, and a regular expression compiled at the very end of the stack ends the process.
 */
function lineNestedTooDeep(text: string): number | undefined {
  let line = 1;
  let flows = 0;
  let blocksOnLine = 0;
  let isLineStart = true;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flows++;
    else if (lexeme === ']' || lexeme === '}') flows = Math.max(0, flows - 1);
    else if ((lexeme === '-' || lexeme === '?') && flows === 0) blocksOnLine++;
    // Every level of a block is indented by a column at least.
    const isIndent = isLineStart && flows === 0 && /^ +$/.test(lexeme);
    if (flows > MAX_DEPTH || blocksOnLine > MAX_DEPTH) return line;
    if (isIndent && lexeme.length > MAX_INDENT) return line;
    const newLines = lexeme.split('\n').length - 1;
    line += newLines;
    isLineStart = lexeme.endsWith('\n');
    if (newLines > 0) blocksOnLine = 0;
  }
  return undefined;
}

/** Nesting and aliases beyond any manifest's need: such a text is made to harm. */
function tooMuch(contents: unknown): string | undefined {
  let aliases = 0;
  let trouble: string | undefined;
  if (!isNode(contents)) return undefined;
  visit(contents, (_, node, path) => {
    if (isAlias(node)) aliases++;
    if (path.length > MAX_DEPTH * 2) trouble = `is nested more than ${MAX_DEPTH} levels deep`;
    if (aliases > MAX_ALIASES) trouble = `uses more than ${MAX_ALIASES} aliases`;
    return trouble ? visit.BREAK : undefined;
  });
  return trouble;
}

/** The node nearest to a path: that of the field, or of what should hold it. For a field of a map, its key. */
function nodeAt(contents: unknown, path: readonly (string | number)[]): Node | undefined {
  let found = isNode(contents) ? contents : undefined;
  let node: unknown = contents;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!isPair(pair)) break;
      if (isNode(pair.key)) found = pair.key;
      node = pair.value;
    } else {
      const items: unknown = (node as { items?: unknown } | null)?.items;
      if (!Array.isArray(items)) break;
      node = items[Number(part)];
      if (isNode(node)) found = node;
    }
  }
  return found;
}
