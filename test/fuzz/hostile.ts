import type { Chance } from './chance.ts';

/** What has broken programs before: numbers that are none, digits that are none, names that objects are born with. */
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\n',
  '\r\nx-evil: 1',
  '\u001b[31m',
  '\u202e123',
  '\u200b573332221111',
  '\ufeff573332221111',
  '\ud800',
  '\udc00\ud800',
  '٣٣٣٣٣٣٣٣٣',
  '５７３３３２２２１１１１',
  '𝟓𝟕𝟑𝟑𝟑𝟐𝟐𝟐𝟏𝟏𝟏𝟏',
  '+573332221111+',
  '++573332221111',
  '5733322211111111',
  '1e11',
  '0x55',
  '-573332221111',
  'NaN',
  'Infinity',
  'true',
  'null',
  '~',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '/etc/passwd',
  'file:///etc/passwd',
  '$(reboot)',
  '`reboot`',
  '; rm -rf /',
  '"; DROP TABLE',
  "'",
  '"',
  '\\',
  '{{7*7}}',
  '${7*7}',
  '%s%n',
  '<script>alert(1)</script>',
  'bot-573332221111',
  'default',
  '-'.repeat(300),
  'a'.repeat(300),
  'é'.repeat(40_000),
  '2026-13-45T99:99:99Z',
  'orquesta.clientfy.io/cloud',
] as const;

const NUMBERS = [0, -0, -1, 1.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 53, Number.MIN_VALUE, 65_536];

/** Keys of their own, as JSON.parse makes them: a literal `__proto__` would set the prototype. */
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
  '',
  '\0',
  '$ref',
];

export const hostileText = (chance: Chance): string =>
  chance.is(0.8)
    ? chance.one(TEXTS)
    : chance.times(12, () => String.fromCharCode(chance.below(0x10000))).join('');

/** Any JSON value, of the wrong type as a rule. */
function hostileValue(chance: Chance, depth = 0): unknown {
  return chance.one<() => unknown>([
    () => hostileText(chance),
    () => chance.one(NUMBERS),
    () => null,
    () => chance.is(0.5),
    () => (depth > 3 ? [] : chance.times(4, () => hostileValue(chance, depth + 1))),
    () => (depth > 3 ? {} : hostileObject(chance, depth + 1)),
    () => nested(chance.one([10, 100, 2_000])),
  ])();
}

const hostileObject = (chance: Chance, depth: number): object =>
  Object.fromEntries(
    chance.times(4, () => [
      chance.is(0.5) ? chance.one(KEYS) : hostileText(chance),
      hostileValue(chance, depth),
    ]),
  );

const nested = (depth: number): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** A value with something wrong in it, somewhere. Does not change its argument. */
export function spoiled(value: unknown, chance: Chance): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 || chance.is(0.2)) return hostileValue(chance);
    const at = chance.below(value.length);
    return value.map((item: unknown, index) => (index === at ? spoiled(item, chance) : item));
  }
  if (typeof value !== 'object' || value === null) return hostileValue(chance);
  const entries = Object.entries(value);
  return chance.one<() => unknown>([
    () => hostileValue(chance),
    () => Object.fromEntries([...entries, [chance.one(KEYS), hostileValue(chance)]]),
    () => Object.fromEntries([...entries, [hostileText(chance), hostileValue(chance)]]),
    () => without(entries, chance.below(entries.length)),
    ...Array.from({ length: 4 }, () => () => {
      const at = chance.below(entries.length);
      return Object.fromEntries(
        entries.map(([key, item], index) => [key, index === at ? spoiled(item, chance) : item]),
      );
    }),
  ])();
}

const without = (entries: readonly [string, unknown][], at: number): object =>
  Object.fromEntries(entries.filter((_, index) => index !== at));

/** Bodies that are no value at all, or one that costs more than it should. */
export function hostileBody(chance: Chance, sound: string): string | Uint8Array<ArrayBuffer> {
  return chance.one<() => string | Uint8Array<ArrayBuffer>>([
    () => '',
    () => sound.slice(0, chance.below(sound.length)),
    () => sound + sound,
    () => `${sound}\n---\n${sound}`,
    () => `{"kind":"List","items":[${sound},${sound}]}`,
    () => chance.times(30, () => chance.one(YAML_PIECES)).join(chance.one(['', '\n', ' '])),
    () => `\ufeff${sound}`,
    () => sound.replace('{', '{"__proto__":{"role":"admin"},'),
    // Said twice: which one counts must not depend on who reads it.
    () => sound.replace(/\{("[^"]*":[^,{}[\]]*)/, '{$1,$1'),
    () => new Uint8Array(Buffer.from(sound, 'utf16le')),
    () => new Uint8Array(Buffer.concat([Buffer.from(sound), Buffer.from([0xff, 0xfe, 0xc0])])),
    () => Uint8Array.from(chance.times(300, () => chance.below(256))),
    () =>
      chance
        .one(['[', '{"a":', '- ', '? ', '&a ', '"', '\\', ' ', '\t'])
        .repeat(chance.below(9_000)),
    () => 'x'.repeat(chance.one([1_048_575, 1_048_577, 3_145_729])),
    () => deep(chance.one([100, 3_000, 20_000, 100_000]), chance),
    () => {
      const value = deep(chance.one([100, 3_000, 20_000, 100_000]), chance);
      return sound.replace(chance.one([/(?<=:)"[^"]*"/, /(?<=:)[{[]/]), (found) =>
        found.startsWith('"') ? value : `{"a":${value}},"b":${found}`,
      );
    },
    () => sound.replace('{', `{${Array.from({ length: 900 }, (_, key) => `"x${key}":1`).join()},`),
    () => `[${'9'.repeat(chance.one([20, 400, 50_000]))}]`,
    () => yamlBomb(chance.one([3, 9, 12])),
    () => 'a: &a [*a, *a]\n',
    () => 'a: !!js/function "function(){}"\nb: !!python/object:os.system x\n',
    () => '<<: {kind: Instance}\nspec: {numberphone: 0x1F}\n',
    () => hostileText(chance),
  ])();
}

/** Sound JSON, so deep that whoever goes through it by recursion runs out of stack. */
function deep(levels: number, chance: Chance): string {
  const [open, close] = chance.one([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"metadata":', '}]'],
  ] as const);
  return open.repeat(levels) + 1 + close.repeat(levels);
}

const YAML_PIECES = [
  ...[
    'a: b',
    '- ',
    '? ',
    ': ',
    '&a ',
    '*a',
    '<<: *a',
    '\n',
    '  ',
    '\t',
    '|',
    '>-',
    '!!map ',
    '!<x> ',
  ],
  ...['---', '...', '%YAML 1.2', '[', '{', '}', ',', "'", '"', '# x'],
];

/** A billion laughs: each level names the one before nine times. */
function yamlBomb(levels: number): string {
  const lines = ['a0: &a0 [lol]'];
  for (let level = 1; level <= levels; level++) {
    const above = `*a${level - 1}`;
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => above).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

export const TYPES = [
  'application/json',
  'application/json',
  'application/yaml',
  'text/plain',
  'application/json; charset=utf-16',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
  'application/strategic-merge-patch+json',
  'application/vnd.kubernetes.protobuf',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  ';;;',
  '/',
  '',
] as const;

/** Headers by which something is to be smuggled past a check. */
export const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { 'x-http-method-override': 'DELETE' },
  { 'x-original-url': '/api/audit', 'x-rewrite-url': '/api/audit' },
  { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', forwarded: 'for=127.0.0.1' },
  { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' },
  { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' },
  { 'x-request-id': 'a'.repeat(5_000) },
  { 'content-encoding': 'gzip' },
  { 'content-length': '1e3' },
  { expect: '100-continue' },
  { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
  { accept: `${'*/*;q=0.1,'.repeat(300)}*/*` },
  { 'accept-language': `${'en-US;q=0.9,'.repeat(300)}xx` },
  { 'if-none-match': '*', 'if-match': '"x"' },
  { range: 'bytes=0-1,5-9' },
  { 'last-event-id': '-1' },
  { cookie: 'x-api-key=1' },
  { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' },
  { 'user-agent': '' },
];

/** Ways to write a path so that a check and whoever serves it may read different things. */
export function twisted(path: string, chance: Chance): string {
  const anywhere = (put: string): string => {
    const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
    const at = chance.one(slashes.length > 0 ? slashes : [0]);
    return path.slice(0, at) + put + path.slice(at);
  };
  const letter = 1 + chance.below(path.length - 1);
  const put = chance.one<() => string>([
    () => `${path}/`,
    () => `${path}//`,
    () => anywhere('/'),
    () => anywhere('/.'),
    () => anywhere('/x/..'),
    () => anywhere('/%2e%2e'),
    () => anywhere('%2f'),
    () => anywhere('%00'),
    () => anywhere(';x=1'),
    () => anywhere('%3f'),
    () => path.replaceAll('/', chance.one(['%2f', '%5c', '//'])),
    () => path.toUpperCase(),
    () => `${path}%`,
    () => `${path}%E0%A4%A`,
    () => `${path}%0d%0aset-cookie:%20a`,
    () => `${path}.json`,
    () =>
      `${path.slice(0, letter)}%${path.charCodeAt(letter).toString(16)}${path.slice(letter + 1)}`,
    () =>
      `${path.slice(0, letter)}%25${path.charCodeAt(letter).toString(16)}${path.slice(letter + 1)}`,
  ])();
  return put.startsWith('/') ? put : `/${put}`;
}
