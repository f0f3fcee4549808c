import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentFile } from '../controller/bootstrap/environment.ts';
import {
  commandWords,
  parseEnvironmentFile,
  parseSeconds,
  parseUnit,
  splitWords,
  valuesOf,
} from './guest/unit-file.mjs';

describe('unit files', () => {
  it('keep the order of their keys, join continued lines, and an empty value clears those before', () => {
    const unit = parseUnit(
      '# comment\n[Unit]\nDescription=a=b\n[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\\\n  C=3\n',
    );
    expect(valuesOf(unit['Unit'], 'Description')).toEqual(['a=b']);
    expect(valuesOf(unit['Service'], 'Environment')).toEqual(['B=2 C=3']);
  });

  it('split words at spaces outside quotes, with escapes', () => {
    expect(splitWords(`a "b c" 'd "e' f\\ g "x\\"y" A="1 2" \\x41 ""`)).toEqual([
      'a',
      'b c',
      'd "e',
      'f g',
      'x"y',
      'A=1 2',
      'A',
      '',
    ]);
  });

  it('put variables into the command line', () => {
    const env = { NAME: 'a b', EMPTY: '' };
    expect(commandWords('-/bin/x ${NAME}y $NAME $EMPTY $$z', env)).toEqual([
      '/bin/x',
      'a by',
      'a',
      'b',
      '$z',
    ]);
  });

  it('tell times in ms', () => {
    expect(['1', '500ms', '2s', '1min', 'x'].map((text) => parseSeconds(text))).toEqual([
      1000,
      500,
      2000,
      60_000,
      undefined,
    ]);
  });
});

describe('environment files', () => {
  it.each([
    ['A=plain', { A: 'plain' }],
    ['A="two words"  \n# B=no\n\nC=3', { A: 'two words', C: '3' }],
    ['A="q\\"q \\\\ \\$ \\` \\n"', { A: 'q"q \\ $ ` \\n' }],
    ["A='single \"\\n'", { A: 'single "\\n' }],
    ['A="first\nsecond"\nB=x', { A: 'first\nsecond', B: 'x' }],
    ['A=trailing   \nB=', { A: 'trailing', B: '' }],
    ['A=a\\\nb', { A: 'ab' }],
    ['not a line\nA=$NOT_EXPANDED', { A: '$NOT_EXPANDED' }],
  ])('%j', (text, expected) => {
    expect(parseEnvironmentFile(text)).toEqual(expected);
  });

  it('give back any value that the controller writes, and nothing else', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', "'", '\\', '$', '`', '\n', '=', '#', ' ', 'A') }),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (env) => {
        expect(parseEnvironmentFile(environmentFile(env))).toEqual(env);
      }),
    );
  });
});
