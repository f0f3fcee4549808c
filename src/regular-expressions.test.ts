import { readdirSync, readFileSync } from 'node:fs';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

// No text can keep the program busy with one regular expression: every one of them is tried with hostile texts.

const LENGTH = 100_000;
/** A linear one takes a millisecond; one that looks at each pair of places takes seconds. */
const LIMIT_MS = 400;

interface Found {
  readonly where: string;
  readonly regex: RegExp;
}

function regexesOf(file: string): readonly Found[] {
  const { program } = parseSync(file, readFileSync(file, 'utf8'));
  const found: Found[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { regex } = node as { readonly regex?: { pattern: string; flags: string } };
    if (regex) {
      found.push({
        where: `${file} /${regex.pattern}/${regex.flags}`,
        regex: new RegExp(regex.pattern, regex.flags),
      });
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(program);
  return found;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .filter((file) => /(?<!\.test)\.ts$/.test(file) && !/^src\/(simulator|cli)\//.test(file));
const all = files.flatMap(regexesOf);

/** What it speaks of, in runs and in turns, and at the end something that it can't want. */
function* hostile(pattern: string): Generator<string> {
  const said = pattern.replace(/\\[dwsbDWSB]/g, '');
  const own = [...new Set(said)].filter((c) => /[\x20-\x7e]/.test(c)).slice(0, 10);
  const chars = [...new Set([...said, ...'a0 \n\t/.-,:%"'])];
  for (const c of chars) for (const end of ['', '\u0001', '\n!']) yield c.repeat(LENGTH) + end;
  for (const c of own) for (const d of own) yield `${(c + d).repeat(LENGTH / 2)}\u0001`;
}

function slowest(regex: RegExp): { readonly ms: number; readonly text: string } {
  let worst = { ms: 0, text: '' };
  for (const text of hostile(regex.source)) {
    const once = () => {
      const began = performance.now();
      // All that replace, split and matchAll would look at, too.
      regex.lastIndex = 0;
      if (regex.global) text.replace(regex, '');
      else regex.test(text);
      return performance.now() - began;
    };
    let ms = once();
    // Another's work on this machine may have got between.
    for (let i = 0; i < 3 && ms > LIMIT_MS; i++) ms = Math.min(ms, once());
    if (ms > worst.ms)
      worst = { ms, text: `${JSON.stringify(text.slice(0, 6))}…${JSON.stringify(text.slice(-2))}` };
    if (ms > LIMIT_MS) return worst;
  }
  return worst;
}

describe('every regular expression', () => {
  it('is found', () => expect(all.length).toBeGreaterThan(100));

  it.each(all.map(({ where, regex }) => [where, regex] as const))('%s', (_, regex) => {
    const { ms, text } = slowest(regex);
    expect(ms, text).toBeLessThan(LIMIT_MS);
  });
});
