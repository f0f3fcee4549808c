import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instanceSpec, numberphone } from './instance.ts';
import { parseManifests } from './manifest.ts';
import { manifestErrorText } from './manifest-error.ts';
import { API_VERSION } from './meta.ts';

// Whatever the text: an answer, with places that lie in it, and in reasonable time.

/** A loaded machine may take its time. */
const PATIENT = { timeout: 60_000 };
const TYPES = ['application/yaml', 'application/json', undefined] as const;

/** Reads a text in every way and checks what holds of every answer. */
function read(text: string): void {
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const contentType of TYPES) {
    const { manifests, errors } = parseManifests(text, { contentType });
    if (manifests) {
      for (const { kind, name, document, line } of manifests) {
        expect(document).toBeGreaterThan(0);
        expect(line).toBeGreaterThan(0);
        expect(name).toMatch(/^[a-z0-9.-]+$/);
        expect(kind).toMatch(/^(Instance|InstanceClass|Droplet)$/);
      }
      continue;
    }
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error.line).toBeGreaterThan(0);
      expect(error.line).toBeLessThanOrEqual(lines);
      expect(error.column).toBeGreaterThan(0);
      expect(manifestErrorText(error)).toMatch(/^document \d+, line \d+: /);
    }
  }
}

const FRAGMENTS =
  `apiVersion:|${API_VERSION}|kind:|Instance|InstanceClass|List|items:|metadata:|name:|spec:|env:|features:
numberphone:|"573332221111"|573332221111|null|~|true|1|-1|1e9|0x1|.inf|2026-01-01|a|"a"|'a'|"\\u0041"|"\\x"|__proto__:|constructor:
- |? |: |, |[|]|{|}|&a |*a|&b |*b|<<: |!!map |!!str |!x |!<y> ||
|>-|# c|---|...|%YAML 1.2|%TAG ! x|  |    |\t|"|'|\u0000|\ufeff|\u0085|\u2028|é|😀|\ud800|@|\``
    .split('|')
    .flatMap((part) => part.split('\n'));

const soup = fc
  .array(
    fc.tuple(fc.constantFrom(...FRAGMENTS), fc.constantFrom('', ' ', '\n', '\n  ', '\r\n', '\r')),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.flat().join(''));

describe('any text', PATIENT, () => {
  test('of characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), read), { numRuns: 200 });
  });

  test('of fragments of YAML', () => {
    fc.assert(fc.property(soup, read), { numRuns: 1_000 });
  });

  test('of JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => read(text)),
      { numRuns: 200 },
    );
  });

  test('a manifest with one piece cut out or put in', () => {
    const whole = `apiVersion: ${API_VERSION}\nkind: Instance\nmetadata:\n  labels: {a: b}\nspec:\n  numberphone: "573332221111"\n  env:\n    A: &x |\n      y\n    B: *x\n`;
    const at = fc.nat(whole.length);
    fc.assert(
      fc.property(at, at, soup, (start, end, put) => {
        read(whole.slice(0, start) + put + whole.slice(Math.max(start, end)));
      }),
      { numRuns: 500 },
    );
  });

  test('what JSON says of an Instance, YAML says too', () => {
    const spec = fc.record(
      {
        numberphone: fc.stringMatching(/^[0-9]{7,15}$/),
        provider: fc.constantFrom('baileys', 'meta'),
        paused: fc.boolean(),
        env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), fc.string({ unit: 'grapheme' })),
      },
      { requiredKeys: ['numberphone'] },
    );
    fc.assert(
      fc.property(spec, (given) => {
        const text = JSON.stringify({ apiVersion: API_VERSION, kind: 'Instance', spec: given });
        for (const contentType of TYPES) {
          const { manifests } = parseManifests(text, { contentType });
          expect(manifests).toMatchObject([
            { name: `bot-${given.numberphone}`, spec: instanceSpec.parse(given) },
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('nesting that would end the stack', PATIENT, () => {
  const N = 100_000;
  const stairs = (step: string, lineEnd: string): string =>
    Array.from({ length: 1_000 }, (_, depth) => ' '.repeat(depth) + step).join(lineEnd);

  test.each<[string, string]>([
    ['compact sequences', '- '.repeat(N)],
    ['compact sequences with tabs', '-\t'.repeat(N)],
    ['explicit keys', '? '.repeat(N)],
    ['explicit keys and sequences', '? - '.repeat(N)],
    ['anchors between', '- &a '.repeat(N)],
    ['tags between', '- !!seq '.repeat(N)],
    ['tags before brackets', '!!seq ['.repeat(N)],
    ['comments between', '[ # x\n'.repeat(N)],
    ['explicit keys in brackets', '{? '.repeat(N)],
    ['keys in braces', '{a: '.repeat(N)],
    ['brackets in a block', 'a: ['.repeat(N)],
    ['a block in brackets', '[\n- '.repeat(N)],
    ['quoted keys', '"a": '.repeat(N)],
    ['a byte order mark', `\ufeff${'- '.repeat(N)}`],
    ['byte order marks', '\ufeff- '.repeat(N)],
    ['after a marker', `--- ${'- '.repeat(N)}`],
    ['in the second document', `a: b\n---\n${'['.repeat(N)}`],
    ['JSON', `${'{"a":['.repeat(N)}1${']}'.repeat(N)}`],
    ...['\n', '\r\n', '\r'].flatMap((lineEnd): [string, string][] =>
      ['-', 'a:', '? ', '- a:', '!!map a:'].map((step) => [
        `${JSON.stringify(step)} on lines that end with ${JSON.stringify(lineEnd)}`,
        stairs(step, lineEnd),
      ]),
    ),
  ])('%s', (_, text) => {
    const { errors } = parseManifests(text.slice(0, 1_048_576));
    expect(errors?.length).toBeGreaterThan(0);
  });
});

describe('numberphone', () => {
  const spaces = fc.array(fc.constantFrom(' ', '\t'), { maxLength: 3 }).map((all) => all.join(''));

  test('takes 7 to 15 digits, spaces among them and a plus before them', () => {
    const digits = fc.array(fc.tuple(fc.constantFrom(...'0123456789'), spaces), {
      minLength: 7,
      maxLength: 15,
    });
    fc.assert(
      fc.property(spaces, fc.boolean(), digits, (before, hasPlus, parts) => {
        const written = `${before}${hasPlus ? '+' : ''}${parts.flat().join('')}`;
        const parsed = numberphone.safeParse(written);
        const bare = parts.map(([digit]) => digit).join('');
        expect(parsed.data).toBe(written.length <= 64 ? bare : undefined);
      }),
    );
  });

  test('whatever it takes, it gives ASCII digits alone, and takes them again as they are', () => {
    const odd = fc.constantFrom(...'0123456789+ \t\n-.٣５x'.split(''), '\u00a0', '\u200b', '\0');
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 20 }), (characters) => {
        const { data } = numberphone.safeParse(characters.join(''));
        if (data === undefined) return;
        expect(data).toMatch(/^[0-9]{7,15}$/);
        expect(numberphone.parse(data)).toBe(data);
        expect(characters.filter((one) => !/[0-9 \t+]/.test(one))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
