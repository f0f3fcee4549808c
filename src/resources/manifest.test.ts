import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseManifests } from './manifest.ts';
import { manifestErrorText } from './manifest-error.ts';

const HEAD = 'apiVersion: orquesta.clientfy.io/v1\nkind: Instance\n';

const documentsOf = (text: string, contentType?: string) => {
  const parsed = parseManifests(text, { contentType });
  if (parsed.errors) throw new Error(parsed.errors.map(manifestErrorText).join('\n'));
  return parsed.manifests;
};

/** Field, place and sentence of every error, shortly. */
const errorsOf = (text: string, contentType?: string) =>
  (parseManifests(text, { contentType }).errors ?? []).map((error) => ({
    document: error.document,
    line: error.line,
    column: error.column,
    field: error.field ?? '',
    kind: error.problem.kind,
    text: manifestErrorText(error),
  }));

describe('what is read', () => {
  test('an Instance gets its name from the number, and every default', () => {
    const [instance] = documentsOf(`${HEAD}spec: {numberphone: "+57 333 222 1111"}\n`);
    expect(instance).toMatchObject({
      document: 1,
      line: 1,
      kind: 'Instance',
      name: 'bot-573332221111',
      metadata: {},
      spec: {
        numberphone: '573332221111',
        provider: 'baileys',
        features: { appointments: false, autoInvite: false },
        className: 'default',
        env: {},
        paused: false,
        restartedAt: null,
      },
    });
    expect([...(instance?.given ?? [])]).toEqual(['numberphone']);
  });

  test('empty documents are skipped and not counted; nothing at all is no document', () => {
    const one = `${HEAD}spec: {numberphone: "573332221111"}\n`;
    expect(documentsOf(`---\n---\n# a comment\n---\n${one}---\n`)).toMatchObject([
      { document: 1, line: 5 },
    ]);
    for (const nothing of ['', '\n\n', '---\n---\n', '# only words\n', 'null'])
      expect(documentsOf(nothing)).toEqual([]);
  });

  test.each([
    ['an object', (one: string) => one, 1],
    ['an array', (one: string) => `[${one}]`, 1],
    ['a List', (one: string) => `{"kind":"List","apiVersion":"v1","items":[${one}]}`, 1],
  ])('JSON: %s', (_, wrap, count) => {
    const one = `{"apiVersion":"orquesta.clientfy.io/v1","kind":"InstanceClass","metadata":{"name":"b\\u0069g"},\n\t"spec":{"bot":{"env":{"SMILE":"\\ud83d\\ude00"}}}}`;
    for (const contentType of ['application/json', 'application/yaml', undefined]) {
      const documents = documentsOf(wrap(one), contentType);
      expect(documents).toHaveLength(count);
      expect(documents[0]).toMatchObject({ name: 'big', spec: { bot: { env: { SMILE: '😀' } } } });
    }
  });

  test('items of a list are documents of their own, each with its line', () => {
    const item = (name: string) =>
      `- {apiVersion: orquesta.clientfy.io/v1, kind: Droplet, metadata: {name: ${name}}}\n`;
    expect(documentsOf(item('a') + item('b'))).toMatchObject([
      { document: 1, line: 1, name: 'a' },
      { document: 2, line: 2, name: 'b' },
    ]);
  });

  test('what a server sets, and status, are accepted and ignored', () => {
    const [droplet] = documentsOf(
      `apiVersion: orquesta.clientfy.io/v1
kind: Droplet
metadata:
  name: web
  uid: 1-2-3
  resourceVersion: "7"
  generation: 3
  creationTimestamp: null
  managedFields: [{}]
spec:
status: {phase: active}
`,
    );
    expect(droplet).toMatchObject({ kind: 'Droplet', name: 'web', spec: { region: 'sfo3' } });
    expect(droplet).not.toHaveProperty('status');
  });

  test('the files that ship with the program are valid', () => {
    for (const folder of ['manifests/classes', 'manifests/examples']) {
      for (const file of readdirSync(folder)) {
        expect(documentsOf(readFileSync(`${folder}/${file}`, 'utf8')).length).toBeGreaterThan(0);
      }
    }
  });
});

describe('what is refused, and where', () => {
  test('every error of every document, with document, line and field', () => {
    const text = `${HEAD}spec:
  numberphone: 573332221111
  provider: pigeon
  features:
    appointments: "yes"
    apointments: true
---
apiVersion: v1
kind: Pod
---
${HEAD}metadata: {name: bot-1}
spec: {numberphone: "573332221112"}
---
${HEAD}metadata:
  labels: {"a b": c}
spec: {}
`;
    expect(errorsOf(text)).toMatchObject([
      { document: 1, line: 4, field: 'spec.numberphone', kind: 'wrong-type' },
      { document: 1, line: 5, field: 'spec.provider', kind: 'not-one-of' },
      { document: 1, line: 7, field: 'spec.features.appointments', kind: 'wrong-type' },
      { document: 1, line: 8, field: 'spec.features.apointments', kind: 'unknown-field' },
      { document: 2, line: 10, field: 'apiVersion', kind: 'not-one-of' },
      { document: 2, line: 11, field: 'kind', kind: 'not-one-of' },
      { document: 3, line: 15, field: 'metadata.name', kind: 'wrong-name' },
      { document: 4, line: 21, field: 'metadata.labels["a b"]', kind: 'rule' },
      { document: 4, line: 22, field: 'spec.numberphone', kind: 'required' },
    ]);
  });

  test('a number without quotes is told in words that help', () => {
    expect(errorsOf(`${HEAD}spec: {numberphone: 573332221111}`)[0]?.text).toBe(
      'document 1, line 3: spec.numberphone must be a string, but a number was given: put it in quotes',
    );
  });

  test.each([
    ['a tab', `${HEAD}spec:\n\tnumberphone: "1"`, 4, 'tab'],
    ['a doubled key', `${HEAD}spec: {}\nspec: {}`, 4, 'duplicate-key'],
    ['a broken flow', `${HEAD}spec: {numberphone: "573332221111"\n`, 4, 'syntax'],
    ['an unknown tag', `${HEAD}spec: !!js/function "x"`, 3, 'syntax'],
    ['an unknown alias', `${HEAD}spec: *nobody`, 3, 'aliases'],
    ['no object', '- 1\n- 2', 1, 'wrong-type'],
    ['a text', 'hello', 1, 'wrong-type'],
  ])('%s', (_, text, line, kind) => {
    expect(errorsOf(text)[0]).toMatchObject({ document: 1, line, kind });
  });

  test.each([
    ['a comma too many', '{"a": 1,\n}', 2, 1],
    ['a word', '{"a":\n  nope}', 2, 3],
    ['an end too early', '{"a": [1, 2', 1, 12],
    ['nothing', '', 1, 1],
    ['YAML', 'a: 1', 1, 1],
    ['something behind it', '{} x', 1, 4],
    ['a control character', '{"a":"\u0001"}', 1, 6],
  ])('JSON with %s: line and column', (_, text, line, column) => {
    expect(errorsOf(text, 'application/json; charset=utf-8')).toMatchObject([
      { line, column, kind: 'json-syntax' },
    ]);
  });

  test('a doubled key of JSON, which JSON.parse would let pass', () => {
    const text = `{"apiVersion":"orquesta.clientfy.io/v1","kind":"Droplet",\n"kind":"Instance"}`;
    expect(errorsOf(text, 'application/json')).toMatchObject([{ line: 2, kind: 'duplicate-key' }]);
  });

  test('the same object twice in one text', () => {
    const one = `${HEAD}spec: {numberphone: "573332221111"}\n`;
    expect(errorsOf(`${one}---\n${one.replace('"5', '"+5')}`)).toMatchObject([
      { document: 2, line: 5, kind: 'declared-twice' },
    ]);
  });

  test('at most 50 errors', () => {
    const bad = Array.from({ length: 300 }, () => 'kind: Nothing\n').join('---\n');
    expect(errorsOf(bad)).toHaveLength(50);
  });
});

describe('what would hurt', () => {
  test.each([
    ['levels of blocks', '- '.repeat(100_000), 'too-deep'],
    ['levels of brackets', '['.repeat(500_000), 'too-deep'],
    ['levels of questions', '? '.repeat(100_000), 'too-deep'],
    [
      'keys in one mapping',
      Array.from({ length: 50_000 }, (_, i) => `k${i}: v`).join('\n'),
      'too-wide',
    ],
    ['items in one list', `[${'1,'.repeat(100_000)}]`, 'too-wide'],
    ['documents', '--- {}\n'.repeat(1_002), 'too-many-documents'],
    [
      'words',
      `a: [${Array.from({ length: 900 }, () => `[${'1,'.repeat(250)}]`).join(',')}]`,
      'too-long',
    ],
    ['characters', `a: ${'x'.repeat(1_048_576)}`, 'too-large'],
  ])('too many %s', (_, text, kind) => {
    expect(errorsOf(text)).toMatchObject([{ kind }]);
  });

  test('aliases that grow exponentially', () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `  l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}]`,
    );
    const text = `${HEAD}spec:\n  l0: &l0 [x]\n${levels.join('\n')}\n`;
    expect(errorsOf(text)).toMatchObject([{ kind: 'aliases' }]);
  });

  test('aliases that multiply one long text', () => {
    const uses = Array.from({ length: 40 }, (_, i) => `    K${i}: *big`).join('\n');
    const text = `${HEAD}spec:\n  numberphone: "573332221111"\n  env:\n    BIG: &big ${'x'.repeat(32_000)}\n${uses}\n`;
    expect(errorsOf(text)).toMatchObject([{ field: 'spec', kind: 'too-large' }]);
  });

  test.each([
    ['a spec in itself', `${HEAD}spec: &a {env: *a}`, 3],
    ['deep down', `${HEAD}spec: {numberphone: "1234567", features: &f {appointments: *f}}`, 3],
    ['the whole document', `&r\n${HEAD}spec: *r`, 4],
    ['a list', 'kind: List\nitems: &a\n- *a', 3],
    ['what is ignored', `${HEAD}spec: {numberphone: "1234567"}\nstatus: &s {x: *s}`, 4],
    ['through another', `${HEAD}spec: &a {env: &b {A: [*a, *b]}}`, 3],
  ])('an alias that stands for what holds it: %s', (_, text, line) => {
    expect(errorsOf(text)).toMatchObject([{ kind: 'aliases', line }]);
  });

  test.each(['? {a: b}\n: c', '? [a]\n: c', '&a {*a : b}'])(
    'a key that is no text, and would be made one: %j',
    (text) => {
      expect(errorsOf(text)).toMatchObject([{ kind: 'syntax', line: 1 }]);
    },
  );

  test('a few aliases are fine', () => {
    const text = `${HEAD}spec:\n  numberphone: &n "573332221111"\n  env: {NUMBER: *n}\n`;
    expect(documentsOf(text)).toMatchObject([{ spec: { env: { NUMBER: '573332221111' } } }]);
  });

  test.each(['application/json', 'application/yaml'])(
    'keys of the prototype (%s)',
    (contentType) => {
      const text = (spec: string) =>
        `{"apiVersion":"orquesta.clientfy.io/v1","kind":"Instance","spec":{"numberphone":"573332221111",${spec}}}`;
      expect(errorsOf(text('"__proto__":{"paused":true}'), contentType)).toMatchObject([
        { field: 'spec.__proto__', kind: 'unknown-field' },
      ]);
      expect(errorsOf(text('"env":{"__proto__":"x"}'), contentType)).toMatchObject([
        { field: 'spec.env.__proto__', kind: 'unknown-field' },
      ]);
      expect(errorsOf(text('"constructor":{}'), contentType)).toMatchObject([
        { field: 'spec.constructor', kind: 'unknown-field' },
      ]);
      const [kept] = documentsOf(text('"env":{"constructor":"x"}'), contentType);
      expect(kept?.spec).toHaveProperty('env', { constructor: 'x' });
      expect(Object.prototype).not.toHaveProperty('paused');
      expect(
        errorsOf('{"apiVersion":"orquesta.clientfy.io/v1","kind":"__proto__"}', contentType),
      ).toMatchObject([{ field: 'kind', kind: 'not-one-of' }]);
    },
  );
});
