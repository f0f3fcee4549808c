import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instanceName, instanceSpec, numberphone } from './instance.ts';
import { instanceClassSpec } from './instance-class.ts';

// What looks like a number, a path, a mode or a tag and is none.

/** Unseen, turned round, or taken for a digit, a plus or a space by somebody else. */
const STRANGE = [
  ...'\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u200e\u200f\u202a\u202e\u2066\u2069',
  ...'\u0660\u0669\u06f1\u0967\uff10\uff19\u0be7\u{1d7ce}\u{1d7ff}\u00b2\u2460\u2080',
  ...'\uff0b\ufe62\u208a\u2795\u00a0\u2003\u3000\u2028\u2029\u0085\u000b\u000c\r\n\0\u007f',
  ...'\ud800\udfff-()./,;:eExX\'"`$\\%#',
];
const strange = fc.oneof(
  fc.constantFrom(...STRANGE),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => !/[0-9+ \t]/.test(c)),
);
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 7, maxLength: 15 });
/** `text` with something strange at any place, its ends among them. */
const spoilt = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, strange, fc.nat()).map(([whole, c, at]) => {
    const place = at % (whole.length + 1);
    return whole.slice(0, place) + c + whole.slice(place);
  });

describe('a number', () => {
  it('is ASCII digits; a plus before them and spaces between them fall away', () => {
    const spaced = fc
      .tuple(
        digits,
        fc.boolean(),
        fc.array(fc.constantFrom('', ' ', '\t', '  '), { minLength: 17, maxLength: 17 }),
      )
      .map(([number, hasPlus, gaps]) => {
        const text = [...number].map((digit, i) => digit + gaps[i]).join('');
        return { number, text: `${gaps[15]}${hasPlus ? '+' : ''}${gaps[16]}${text}`.slice(0, 64) };
      })
      .filter(({ number, text }) => text.replace(/[^0-9]/g, '') === number);
    fc.assert(
      fc.property(spaced, ({ number, text }) => {
        expect(numberphone.parse(text)).toBe(number);
      }),
    );
  });

  it('is nothing else, whatever else a reader may take for a digit, a plus or nothing at all', () => {
    fc.assert(
      fc.property(spoilt(digits), (text) => {
        expect(numberphone.safeParse(text).success).toBe(false);
      }),
      { numRuns: 2_000 },
    );
    for (const c of STRANGE) {
      for (const text of [
        `${c}573332221111`,
        `573332221111${c}`,
        `57333${c}2221111`,
        `+${c}573332221111`,
      ]) {
        expect([text, numberphone.safeParse(text).success]).toEqual([text, false]);
      }
    }
    for (const text of [
      '++573332221111',
      '573+332221111',
      '573332221111+',
      '',
      '+',
      '1'.repeat(6),
      '1'.repeat(16),
    ]) {
      expect(numberphone.safeParse(text).success).toBe(false);
    }
    for (const value of [573332221111, 5.7e11, null, true, ['573332221111'], { length: 12 }]) {
      expect(numberphone.safeParse(value).success).toBe(false);
    }
  });

  it('any text at all: refused, or a name that is safe as a key and a path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = numberphone.safeParse(text);
        if (read.success) expect(instanceName(read.data)).toMatch(/^bot-[0-9]{7,15}$/);
      }),
    );
  });
});

describe('a class', () => {
  const parts = (spec: object) => instanceClassSpec.safeParse(spec).success;
  const file = (over: object) =>
    parts({ bootstrap: { files: [{ path: '/a', content: '', ...over }] } });
  const tags = (tag: string) => parts({ droplet: { tags: [tag] } });
  const safe = fc.string({ unit: fc.constantFrom(...'abcXYZ0189'), minLength: 1, maxLength: 20 });
  const path = fc.array(safe, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join('/')}`);
  /** Parts that a path, a tag or the like may not hold at any place. */
  const bad = strange.filter((c) => !/^[A-Za-z0-9._@+:/-]$/.test(c));

  it('takes no tag by which Orquesta knows its droplets: another would be taken for the twin of one, and deleted', () => {
    for (const own of [
      'orquesta',
      'Orquesta',
      'orquesta-uid:1',
      'ORQUESTA-uid:',
      'orquesta-cluster:a',
      'orquesta-pool:b',
    ]) {
      expect(tags(own)).toBe(false);
    }
    for (const free of ['orquesta-bots', 'orquesta-uid', 'my-orquesta-uid:1', 'bots:orquesta']) {
      expect(tags(free)).toBe(true);
    }
  });

  it('takes paths, tags, users, services and modes that are safe in a shell, and no others', () => {
    const place = fc.tuple(fc.nat(), bad);
    const spoil = (text: string, [at, c]: readonly [number, string]) => {
      const i = at % (text.length + 1);
      return text.slice(0, i) + c + text.slice(i);
    };
    fc.assert(
      fc.property(path, safe, place, (good, word, where) => {
        expect(file({ path: good })).toBe(true);
        expect(file({ path: spoil(good, where) })).toBe(false);
        expect(parts({ session: { path: good } })).toBe(true);
        expect(parts({ session: { path: spoil(good, where) } })).toBe(false);
        expect(tags(word)).toBe(true);
        expect(tags(spoil(word, where))).toBe(false);
        expect(parts({ bot: { service: `${word}.service` } })).toBe(true);
        expect(parts({ bot: { service: spoil(`${word}.service`, where) } })).toBe(false);
        expect(parts({ bot: { service: `-${word}.service` } })).toBe(false);
        expect(parts({ ssh: { user: spoil('bot', where) } })).toBe(false);
        expect(file({ mode: spoil('0644', where) })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '/../a',
    '/a/..',
    '/a/../b',
    '/./a',
    '/a/.',
    'a',
    '',
    '/',
    '//a',
    '/a//b',
    '/a/',
    '~/a',
    '/a b',
    '-a',
  ])('takes no path %j', (wrong) => {
    expect([file({ path: wrong }), parts({ session: { path: wrong } })]).toEqual([false, false]);
  });

  it.each([
    '644',
    '00644',
    '0o644',
    '0888',
    '4755',
    '07777',
    '-644',
    ' 0644',
    '0644 ',
    'u+s',
    '٠٦٤٤',
    420,
    '',
  ])('takes no mode %j', (mode) => expect(file({ mode })).toBe(false));
});

describe('the environment of a bot', () => {
  const env = (name: string, value: unknown) =>
    instanceSpec.safeParse({ numberphone: '573332221111', env: { [name]: value } }).success;
  it('has names of letters, digits and "_", and nothing strange among them', () => {
    fc.assert(
      fc.property(
        spoilt(fc.constant('A_NAME')).filter((text) => /\W/.test(text)),
        (name) => {
          expect(env(name, 'x')).toBe(false);
        },
      ),
    );
    expect([env('', 'x'), env('1A', 'x'), env('A', 'x'), env('A=B', 'x')]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
  it('has values of any text but NUL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(env('A', value)).toBe(!value.includes('\0'));
      }),
    );
  });
});
