import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  visit,
  type YAMLError,
  type YAMLWarning,
} from 'yaml';
import type { FieldPath } from './field-errors.ts';
import type { TextPosition } from './text-position.ts';

/**
 * Bounds on what is parsed at all. The parser's recursion past some thousand levels would end the process, not just the
 * request; wide collections cost time that grows with the square of their width.
 */
export const YAML_LIMITS = {
  depth: 50,
  entries: 1_024,
  /** Words, marks, spaces and line ends together. */
  lexemes: 200_000,
  documents: 1_000,
  /** How often aliases may be used, weighted by the aliases inside what they stand for. */
  aliases: 50,
} as const;

export interface YamlProblem extends TextPosition {
  /** `detail` is the parser's own English sentence. */
  readonly kind: 'tab' | 'duplicate-key' | 'aliases' | 'syntax' | keyof typeof LIMIT_KINDS;
  readonly detail: string;
}
const LIMIT_KINDS = {
  'too-deep': 'depth',
  'too-wide': 'entries',
  'too-long': 'lexemes',
  'too-many-documents': 'documents',
} as const;

export interface YamlDocument {
  readonly isEmpty: boolean;
  readonly problems: readonly YamlProblem[];
  /** Plain data. Problems instead when aliases would blow it up. */
  value(): { readonly value: unknown } | { readonly problems: readonly YamlProblem[] };
  /** Of the field's key; of the nearest field around it when it is not there. */
  locate(path: FieldPath): TextPosition;
}

/** The documents of a YAML text (JSON is YAML too), or why it is not read at all. Throws nothing, whatever the text. */
export function parseYaml(
  text: string,
):
  | { readonly documents: readonly YamlDocument[]; readonly problem?: undefined }
  | { readonly problem: YamlProblem } {
  const lines = new LineCounter();
  const tokens = tokenize(text, lines);
  if ('problem' in tokens) return tokens;
  const composer = new Composer({
    prettyErrors: false,
    strict: true,
    version: '1.2',
    // A key that is a list or a mapping would become a text that nobody wrote.
    stringKeys: true,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens.tokens)];
  return { documents: documents.map((document) => yamlDocument(document, lines)) };
}

type Token = ReturnType<Parser['end']> extends Generator<infer T> ? T : never;

function tokenize(
  text: string,
  lines: LineCounter,
): { readonly tokens: readonly Token[] } | { readonly problem: YamlProblem } {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens: Token[] = [];
  let [lexemes, documents] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'document') documents++;
    }
    lexemes++;
    const top = parser.stack.at(-1);
    const width = top && 'items' in top ? top.items.length : 0;
    const exceeded =
      parser.stack.length > YAML_LIMITS.depth
        ? 'too-deep'
        : width > YAML_LIMITS.entries
          ? 'too-wide'
          : lexemes > YAML_LIMITS.lexemes
            ? 'too-long'
            : documents > YAML_LIMITS.documents
              ? 'too-many-documents'
              : undefined;
    if (exceeded) {
      const limit = YAML_LIMITS[LIMIT_KINDS[exceeded]];
      const detail = `more than ${limit} ${LIMIT_TEXTS[exceeded]}`;
      return { problem: { kind: exceeded, detail, ...place(lines, parser.offset) } };
    }
  }
  tokens.push(...parser.end());
  return { tokens };
}

const LIMIT_TEXTS = {
  'too-deep': 'levels of nesting',
  'too-wide': 'entries in one list or mapping',
  'too-long': 'words and marks',
  'too-many-documents': 'documents',
} as const;

function yamlDocument(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const { contents } = document;
  // A warning is a tag or an escape that would be read as something else than it says.
  const faults: (YAMLError | YAMLWarning)[] = [...document.errors, ...document.warnings];
  const start = isNode(contents) ? contents.range[0] : 0;
  return {
    isEmpty: contents === null || (isScalar(contents) && contents.value === null),
    problems: faults.map((fault) => ({
      kind: KINDS_OF_FAULT[fault.code] ?? 'syntax',
      detail: fault.message,
      ...place(lines, fault.pos[0]),
    })),
    value() {
      const refusal = (detail: string) => {
        const offset = doubtfulAlias(document)?.range?.[0] ?? start;
        return { problems: [{ kind: 'aliases', detail, ...place(lines, offset) }] } as const;
      };
      try {
        const value: unknown = document.toJS({ maxAliasCount: YAML_LIMITS.aliases });
        return holdsItself(value) ? refusal('an alias stands for what holds it') : { value };
      } catch (error) {
        return refusal(error instanceof Error ? error.message : String(error));
      }
    },
    locate: (path) => place(lines, offsetOf(document, path, start)),
  };
}

/** No JSON could be made of such a value. `done` keeps what is used many times from being walked as often. */
function holdsItself(
  value: unknown,
  above: ReadonlySet<unknown> = new Set(),
  done = new Set<unknown>(),
): boolean {
  if (typeof value !== 'object' || value === null || done.has(value)) return false;
  if (above.has(value)) return true;
  const path = new Set([...above, value]);
  const found = Object.values(value).some((inner) => holdsItself(inner, path, done));
  done.add(value);
  return found;
}

/** The first alias that stands for nothing, else the first of all. */
function doubtfulAlias(document: Document.Parsed): Alias | undefined {
  const found: Alias[] = [];
  visit(document, {
    Alias: (_, alias) => {
      found.push(alias);
      return found.length < YAML_LIMITS.aliases ? undefined : visit.BREAK;
    },
  });
  return found.find((alias) => alias.resolve(document) === undefined) ?? found[0];
}

const KINDS_OF_FAULT: Readonly<Record<string, YamlProblem['kind']>> = {
  TAB_AS_INDENT: 'tab',
  DUPLICATE_KEY: 'duplicate-key',
};

function place(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function offsetOf(document: Document.Parsed, path: FieldPath, start: number): number {
  let offset = start;
  let node: unknown = document.contents;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap<Node, unknown>(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (!pair) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
}
