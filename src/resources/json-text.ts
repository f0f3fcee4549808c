import { positionAt, type TextPosition } from './text-position.ts';

export type ParsedJson =
  | { readonly value: unknown; readonly error?: undefined }
  /** The first place that can't be JSON. */
  | { readonly error: TextPosition };

/** JSON.parse that says where the text goes wrong; V8 says so only for some mistakes. */
export function parseJson(text: string): ParsedJson {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { error: positionAt(text, errorOffset(text)) };
  }
}

/** Whether a value holds others in more than so many levels: code that walks through it by recursion would end the stack. */
export const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1)));

const SPACE = /[ \t\r\n]*/y;
const SCALAR =
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Without recursion: a body of a million brackets must not end the stack. */
function errorOffset(text: string): number {
  const closers: ('}' | ']')[] = [];
  let offset = 0;
  let expect: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' = 'value';

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    const found = pattern.test(text);
    if (found) offset = pattern.lastIndex;
    return found;
  };

  while (true) {
    skip(SPACE);
    const char = text[offset];
    const closer = closers.at(-1);
    if (expect === 'comma-or-end' && closer === undefined) return offset;
    if (expect.endsWith('or-end') && char === closer) {
      closers.pop();
      offset++;
      expect = 'comma-or-end';
    } else if (expect === 'comma-or-end') {
      if (char !== ',') return offset;
      offset++;
      expect = closer === '}' ? 'key' : 'value';
    } else if (expect === 'colon') {
      if (char !== ':') return offset;
      offset++;
      expect = 'value';
    } else if (expect === 'key' || expect === 'key-or-end') {
      if (char !== '"' || !skip(SCALAR)) return offset;
      expect = 'colon';
    } else if (char === '{' || char === '[') {
      closers.push(char === '{' ? '}' : ']');
      offset++;
      expect = char === '{' ? 'key-or-end' : 'value-or-end';
    } else if (skip(SCALAR)) {
      expect = 'comma-or-end';
    } else {
      return offset;
    }
  }
}
