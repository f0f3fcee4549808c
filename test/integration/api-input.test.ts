import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NUMBER } from '../builders.ts';
import { type Answer, type Api, anApi, KEY } from './api-app.ts';

// What is no good is refused by name, and nothing is written.

let api: Api;
let before: unknown;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  before = await api.everything();
});
afterEach(async () => {
  expect(await api.everything()).toEqual(before);
  expect(api.errors).toEqual([]);
});

const create = (body: unknown, headers = {}): Promise<Answer> =>
  api.ask('POST', '/api/instance/create', body, headers);

/** One descriptive sentence in the facade's envelope. */
function expectRefusal(answer: Answer, status: number, words: readonly string[] = []): void {
  expect({ status: answer.status, ...answer.json }).toMatchObject({
    status,
    success: false,
    error: expect.stringMatching(/\p{L}{3,}/u),
  });
  for (const word of words) expect(answer.json.error).toContain(word);
}

describe('a phone number that is none', () => {
  test.each([
    ['6 digits', '573332'],
    ['16 digits', '5733322211110000'],
    ['letters', '57333222111x'],
    ['nothing', ''],
    ['spaces', '   '],
    ['a plus alone', '+'],
    ['two pluses', '++573332221111'],
    ['a plus inside', '57+3332221111'],
    ['dashes', '57-333-222-1111'],
    ['a dot', '57333222111.1'],
    ['Arabic digits', '٥٧٣٣٣٢٢٢١١١١'],
    ['one Arabic digit', '57333222111٣'],
    ['full-width digits', '５７３３３２２２１１１１'],
    ['a no-break space', '57\u00a03332221111'],
    ['a line end', '573332221111\n'],
    ['a NUL', '573332221111\u0000'],
    ['an exponent', '5e11'],
    ['hexadecimal', '0x573332221111'],
    ['a name', 'bot-573332221111'],
    ['a mile of digits', '5'.repeat(100_000)],
    ['a mile of spaces', `${' '.repeat(100_000)}${NUMBER}`],
    ['another path', '../../573332221111'],
  ])('%s', async (_, numberphone) => {
    expectRefusal(await create({ numberphone }), 400, ['numberphone']);
  });

  test.each([
    ['a number', 573332221111],
    ['null', null],
    ['true', true],
    ['a list', [NUMBER]],
    ['an empty list', []],
    ['an object', { number: NUMBER }],
    ['a number with a fraction', 5733322.5],
  ])('JSON %s', async (_, numberphone) => {
    expectRefusal(await create({ numberphone }), 400, ['numberphone', 'un texto']);
  });

  test.each([
    'abc',
    '573332',
    '5733322211110000',
    '%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3',
    '%2F573332221111',
    '573332221111%2F',
    '573332221111%00',
    '%E0%A4%A',
    '%',
    '%zz',
    '%25',
    '573332221111%252F',
    '5'.repeat(5_000),
    '__proto__',
    'constructor',
  ])('in a path: %s', async (written) => {
    for (const [method, path] of [
      ['GET', `/api/instance/status/${written}`],
      ['GET', `/api/instance/qr/${written}`],
      ['GET', `/api/instance/logs/${written}`],
      ['GET', `/api/instance/events/${written}`],
      ['POST', `/api/instance/restart/${written}`],
      ['DELETE', `/api/instance/${written}`],
      ['DELETE', `/api/instance/delete/${written}`],
    ] as const) {
      expectRefusal(await api.ask(method, path), 400, ['numberphone']);
    }
  });
});

describe('fields', () => {
  test.each([
    ['provider', 'pigeon', 'baileys, meta'],
    ['provider', 'Baileys', 'baileys, meta'],
    ['provider', null, 'provider'],
    ['provider', ['meta'], 'provider'],
    ['enableAppointments', 'true', 'true o false'],
    ['enableAppointments', 1, 'true o false'],
    ['enableAutoInvite', null, 'true o false'],
    ['className', 'Big Class', 'className'],
    ['className', '', 'className'],
    ['className', 7, 'un texto'],
    ['className', 'x'.repeat(254), 'className'],
    ['className', '__proto__', 'className'],
  ])('%s: %j', async (field, value, word) => {
    expectRefusal(await create({ numberphone: NUMBER, [field]: value }), 400, [
      `El campo ${field}`,
      word,
    ]);
  });

  test('a missing one is named', async () => {
    expectRefusal(await create({}), 400, ['Falta el campo numberphone']);
    expectRefusal(await create({ provider: 'meta' }), 400, ['Falta el campo numberphone']);
  });

  test('unknown ones are named, all of them', async () => {
    const answer = await create({ numberphone: NUMBER, enableApointments: true, color: 'red' });
    expectRefusal(answer, 400, ['enableApointments', 'color', 'no existe']);
  });

  test('a thousand unknown ones make no thousand sentences', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`field${i}`, i]));
    const answer = await create({ numberphone: NUMBER, ...many });
    expectRefusal(answer, 400, ['field0']);
    expect(answer.json.error.length).toBeLessThan(1_000);
  });

  test('an odd name of a field is shown harmlessly', async () => {
    const answer = await create({ numberphone: NUMBER, [`a\r\nb${'x'.repeat(5_000)}`]: 1 });
    expectRefusal(answer, 400, ['no existe']);
    expect(answer.json.error).not.toMatch(/[\r\n]/);
    expect(answer.json.error.length).toBeLessThan(300);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'of the prototype: %s',
    async (key) => {
      const text = `{"numberphone":"${NUMBER}",${JSON.stringify(key)}:{"provider":"meta"}}`;
      expectRefusal(await create(text), 400, [key]);
      expect(Object.prototype).not.toHaveProperty('provider');
    },
  );

  test('several wrong ones are told in one answer', async () => {
    const answer = await create({ numberphone: 'x', provider: 'y', enableAutoInvite: 'z' });
    expectRefusal(answer, 400, ['numberphone', 'provider', 'enableAutoInvite']);
  });

  test.each([
    ['name', 'web_1', 'nombre de host'],
    ['name', '-web', 'nombre de host'],
    ['name', 'web-', 'nombre de host'],
    ['name', '', 'nombre de host'],
    ['name', 'wéb', 'nombre de host'],
    ['name', 'web\u212a', 'nombre de host'],
    ['name', 'a'.repeat(64), 'nombre de host'],
    ['name', 'a.'.repeat(130), 'name'],
    ['name', 7, 'un texto'],
    ['name', null, 'un texto'],
    ['region', 'SFO 3', 'region'],
    ['region', null, 'region'],
    ['size', '../etc', 'size'],
    ['image', 'No Image!', 'identificador de DigitalOcean'],
    ['image', 1.5, 'image'],
    ['image', -1, 'image'],
    ['image', [], 'image'],
    ['tags', ['a'], 'no existe'],
  ])('of a droplet: %s %j', async (field, value, word) => {
    const answer = await api.ask('POST', '/api/droplet/create', { name: 'web', [field]: value });
    expectRefusal(answer, 400, [field, word]);
  });
});

describe('a body', () => {
  test.each([
    ['nothing', '', 'Falta el cuerpo'],
    ['spaces', ' \n ', 'Falta el cuerpo'],
    ['half an object', '{"numberphone": ', 'línea 1, columna 17'],
    ['a comma too many', `{"numberphone": "${NUMBER}",\n}`, 'línea 2, columna 1'],
    ['single quotes', `{'numberphone': '${NUMBER}'}`, 'JSON válido'],
    ['a list', `[{"numberphone":"${NUMBER}"}]`, 'objeto JSON'],
    ['null', 'null', 'objeto JSON'],
    ['a string', `"${NUMBER}"`, 'objeto JSON'],
    ['a number', NUMBER, 'objeto JSON'],
    ['YAML', `numberphone: "${NUMBER}"`, 'JSON válido'],
    ['a form', `numberphone=${NUMBER}`, 'JSON válido'],
    ['brackets without end', '['.repeat(1_000_000), 'JSON válido'],
    ['braces without end', '{"a":'.repeat(200_000), 'JSON válido'],
    ['a string without end', `{"numberphone":"${'5'.repeat(1_000_000)}`, 'JSON válido'],
    ['a number without end', `{"numberphone":${'5'.repeat(1_000_000)}`, 'JSON válido'],
    [
      'depths in a field',
      `{"numberphone":${'['.repeat(300_000)}${']'.repeat(300_000)}}`,
      'numberphone',
    ],
    [
      'depths in an unknown field',
      `{"numberphone":"${NUMBER}","a":${'['.repeat(300_000)}${']'.repeat(300_000)}}`,
      'no existe',
    ],
  ])('of %s', async (_, text, word) => {
    expectRefusal(await create(text), 400, [word]);
  });

  test('that is missing altogether', async () => {
    expectRefusal(await api.ask('POST', '/api/instance/create'), 400, ['Falta el cuerpo']);
    expectRefusal(await api.ask('POST', '/api/droplet/create'), 400, ['Falta el cuerpo']);
  });

  test.each([
    ['a lone byte', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an end in the middle', [0xe2, 0x82]],
  ])('that is no UTF-8: %s', async (_, bytes) => {
    const head = new TextEncoder().encode('{"numberphone":"');
    const answer = await create(Uint8Array.from([...head, ...bytes, 0x22, 0x7d]));
    expectRefusal(answer, 400, ['UTF-8']);
  });

  test('in UTF-16', async () => {
    const text = `{"numberphone":"${NUMBER}"}`;
    expectRefusal(await create(new Uint8Array(Buffer.from(text, 'utf16le'))), 400);
    const marked = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
    expectRefusal(await create(marked), 400, ['UTF-8']);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'json',
  ])('of the type %s', async (type) => {
    const answer = await create('{"numberphone":"1"}', { 'content-type': type });
    expectRefusal(answer, 415, ['application/json']);
  });

  test('that is compressed', async () => {
    const answer = await create('{}', { 'content-encoding': 'gzip' });
    expectRefusal(answer, 415, ['comprimido']);
  });

  const BIG = JSON.stringify({ numberphone: NUMBER, filler: 'x'.repeat(1_048_576) });

  test.each(['/api/instance/create', '/api/droplet/create', '/api/apply'])(
    'over 1 MiB for %s, announced or not',
    async (path) => {
      expectRefusal(await api.ask('POST', path, BIG), 413, ['1 MiB']);
      const announced = { 'content-length': String(BIG.length) };
      expectRefusal(await api.ask('POST', path, BIG, announced), 413, ['1 MiB']);
      const falsely = { 'content-length': '10' };
      expectRefusal(await api.ask('POST', path, BIG, falsely), 413, ['1 MiB']);
    },
  );

  test('without an end is not read to its end', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        if (sent > 64 * 1_048_576) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const response = await api.app.request('/api/instance/create', {
      method: 'POST',
      headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(17 * 1_048_576);
  });

  test('of exactly 1 MiB is read', async () => {
    const text = `{"numberphone":"x"${' '.repeat(1_048_576 - 19)}}`;
    expect(text.length).toBe(1_048_576);
    expectRefusal(await create(text), 400, ['numberphone']);
  });
});
