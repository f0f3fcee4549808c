import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NUMBER } from '../builders.ts';
import { type Api, anApi } from './api-app.ts';

// What is read and refused is proved beside the parser; here: what comes to be stored, and what the caller is told.

let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const YAML = { 'content-type': 'application/yaml' };
const apply = (text: string, query = '', headers: Record<string, string> = YAML) =>
  api.ask('POST', `/api/apply${query}`, text, headers);

const HEAD = 'apiVersion: orquesta.clientfy.io/v1\n';
const instance = (number: string, spec = '', metadata = '{}') =>
  `${HEAD}kind: Instance\nmetadata: ${metadata}\nspec:\n  numberphone: "${number}"\n${spec}`;
const FLEET = `# a class and two bots
${HEAD}kind: InstanceClass
metadata: {name: big}
spec:
  droplet: {size: s-2vcpu-2gb}
---
${instance('+57 333 222 1111', '  className: big\n')}---
---
${instance('1234567')}`;

describe('what is declared', () => {
  test('created, then unchanged, then configured: each document is told', async () => {
    const results = (result: string) => ({
      success: true,
      data: {
        dryRun: false,
        results: [
          { document: 1, kind: 'InstanceClass', name: 'big', result },
          { document: 2, kind: 'Instance', name: `bot-${NUMBER}`, result },
          { document: 3, kind: 'Instance', name: 'bot-1234567', result },
        ],
      },
    });
    const first = await apply(FLEET);
    expect([first.status, first.json]).toEqual([200, results('created')]);
    const before = await api.everything();
    const again = await apply(FLEET);
    expect([again.status, again.json]).toEqual([200, results('unchanged')]);
    expect(await api.everything()).toEqual(before);

    const changed = await apply(FLEET.replace('s-2vcpu-2gb', 's-1vcpu-1gb'));
    const told = changed.json.data.results.map(({ result }: { result: string }) => result);
    expect(told).toEqual(['configured', 'unchanged', 'unchanged']);
    const klass = await api.store.get('InstanceClass', 'big');
    expect(klass).toMatchObject({
      metadata: { generation: 2 },
      spec: { droplet: { size: 's-1vcpu-1gb', region: 'sfo3' } },
    });
  });

  test('JSON: an object, an array, a List', async () => {
    const one = (name: string) => ({
      apiVersion: 'orquesta.clientfy.io/v1',
      kind: 'InstanceClass',
      metadata: { name },
    });
    for (const body of [one('a'), [one('b')], { kind: 'List', items: [one('c'), one('d')] }]) {
      const answer = await api.ask('POST', '/api/apply', body);
      expect([answer.status, answer.json]).toMatchObject([200, { success: true }]);
    }
    const { items } = await api.store.list('InstanceClass');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'default']);
  });

  test('the spec is the file’s; labels and annotations that it does not name stay', async () => {
    await apply(instance(NUMBER, '  provider: meta\n', '{labels: {a: "1", b: "1"}}'));
    await apply(instance(NUMBER, '', '{labels: {b: "2"}, annotations: {note: x}}'));
    expect(await api.store.get('Instance', `bot-${NUMBER}`)).toMatchObject({
      metadata: { labels: { a: '1', b: '2' }, annotations: { note: 'x' }, generation: 2 },
      spec: { provider: 'baileys' },
    });
  });

  test('a restart that was asked for elsewhere is not taken back', async () => {
    await apply(instance(NUMBER));
    await api.ask('POST', `/api/instance/restart/${NUMBER}`);
    const { spec } = (await api.store.get('Instance', `bot-${NUMBER}`)) ?? {};
    expect((await apply(instance(NUMBER))).json.data.results[0].result).toBe('unchanged');
    expect((await api.store.get('Instance', `bot-${NUMBER}`))?.spec).toEqual(spec);
    await apply(instance(NUMBER, '  restartedAt: null\n'));
    expect((await api.store.get('Instance', `bot-${NUMBER}`))?.spec.restartedAt).toBeNull();
  });

  test('the files that ship with the program', async () => {
    const folders = ['manifests/classes', 'manifests/examples', 'examples/classes'];
    const files = folders.flatMap((folder) =>
      readdirSync(folder).map((file) => `${folder}/${file}`),
    );
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const before = await api.everything();
      const rehearsed = await apply(text, '?dryRun=true');
      expect([file, rehearsed.status]).toEqual([file, 200]);
      expect(await api.everything()).toEqual(before);
      const answer = await apply(text);
      expect(answer.json.data.results).toEqual(rehearsed.json.data.results);
      expect([file, answer.status]).toEqual([file, 200]);
    }
  });

  test('ten applies at once leave one object, and each is answered', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => apply(FLEET)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    const results = answers.map(({ json }) => json.data.results[1].result);
    expect(results.filter((result) => result === 'created')).toHaveLength(1);
    expect((await api.store.list('Instance')).items).toHaveLength(2);
  });
});

describe('what is refused, and nothing written', () => {
  test.each<[string, string, { document: number; line: number; field: string | null }[]]>([
    [
      'several mistakes in several documents',
      `${FLEET}\n---\n${instance('12', '  features: {appointments: "no"}\n  extra: 1\n')}`,
      [
        { document: 4, line: 27, field: 'spec.numberphone' },
        { document: 4, line: 28, field: 'spec.features.appointments' },
        { document: 4, line: 29, field: 'spec.extra' },
      ],
    ],
    [
      'a number without quotes',
      `${HEAD}kind: Instance\nspec:\n  numberphone: 573332221111\n`,
      [{ document: 1, line: 4, field: 'spec.numberphone' }],
    ],
    [
      'another name than the number’s',
      instance(NUMBER, '', '{name: bot-1}'),
      [{ document: 1, line: 3, field: 'metadata.name' }],
    ],
    [
      'a tab',
      `${HEAD}kind: Instance\nspec:\n\tnumberphone: "1"\n`,
      [{ document: 1, line: 4, field: null }],
    ],
    [
      'a doubled key',
      `${HEAD}kind: Instance\nkind: Instance\n`,
      [{ document: 1, line: 3, field: null }],
    ],
    [
      'an alias that stands for what holds it',
      `${HEAD}kind: Instance\nspec: &a\n  env: *a\n`,
      [{ document: 1, line: 4, field: null }],
    ],
    [
      'exponential aliases',
      `${HEAD}kind: Instance\nspec:\n  a: &a [x]\n  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n  c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n  d: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n`,
      [{ document: 1, line: 5, field: null }],
    ],
    [
      'more than 1,000 documents',
      `${instance('1234567')}---\n`.repeat(1_001),
      [{ document: 1, line: 6_006, field: null }],
    ],
    ['deep nesting', '['.repeat(100_000), [{ document: 1, line: 1, field: null }]],
  ])('%s: with document, line and field', async (_, text, errors) => {
    const before = await api.everything();
    const { status, json } = await apply(text);
    expect([status, json]).toMatchObject([400, { success: false, details: errors }]);
    for (const detail of json.details) expect(detail.message).toMatch(/^[A-ZÁÉÍÓÚ]/);
    expect(json.error).toContain(`línea ${errors[0]?.line}`);
    expect(await api.everything()).toEqual(before);
  });

  test('a field that can’t change, found before anything else is written', async () => {
    const droplet = (region: string) =>
      `${HEAD}kind: Droplet\nmetadata: {name: web}\nspec:\n  region: ${region}\n`;
    await apply(droplet('sfo3'));
    const before = await api.everything();
    const { status, json } = await apply(`${instance(NUMBER)}---\n${droplet('nyc1')}`);
    expect([status, json]).toMatchObject([
      400,
      { details: [{ document: 2, line: 11, field: 'spec.region' }] },
    ]);
    expect(await api.everything()).toEqual(before);
  });

  test('an object that is being deleted is 409', async () => {
    await apply(instance(NUMBER));
    await api.ask('DELETE', `/api/instance/${NUMBER}`);
    const before = await api.everything();
    const { status, json } = await apply(`${instance('1234567')}---\n${instance(NUMBER)}`);
    expect([status, json]).toMatchObject([409, { success: false, details: [{ document: 2 }] }]);
    expect(await api.everything()).toEqual(before);
  });

  test('a rehearsal tells all and writes nothing', async () => {
    const before = await api.everything();
    const { status, json } = await apply(FLEET, '?dryRun=true');
    const told = json.data.results.map(({ result }: { result: string }) => result);
    expect([status, json.data.dryRun, told]).toEqual([
      200,
      true,
      ['created', 'created', 'created'],
    ]);
    expect(await api.everything()).toEqual(before);
  });

  test.each(['?dryRun=yes', '?dryrun=true'])('%s is no rehearsal and no apply', async (query) => {
    const before = await api.everything();
    expect((await apply(FLEET, query)).status).toBe(400);
    expect(await api.everything()).toEqual(before);
  });

  test.each([
    ['nothing', '', YAML, 400],
    ['only comments', '# nothing\n---\n', YAML, 400],
    ['a form', FLEET, { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['YAML that says it is JSON', FLEET, { 'content-type': 'application/json' }, 400],
    ['more than 1 MiB', `# ${'x'.repeat(1_048_576)}\n${FLEET}`, YAML, 413],
  ])('%s', async (_, text, headers, status) => {
    const before = await api.everything();
    const answer = await apply(text, '', headers);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ success: false, error: expect.any(String) });
    expect(await api.everything()).toEqual(before);
  });
});
