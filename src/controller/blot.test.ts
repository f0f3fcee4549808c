import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blotted, blottedStream } from './blot.ts';

describe('a text', () => {
  it('loses the values wherever they stand, and keeps short ones', () => {
    const text = 'token=abc-123-def url=https://u:abc-123-def@x\nok true\nline two of a key\n';
    expect(blotted(text, ['abc-123-def', 'true', 'line one\nline two of a key'])).toBe(
      'token=[redacted] url=https://u:[redacted]@x\nok true\n[redacted]\n',
    );
  });

  it('loses a value that holds another whole', () => {
    expect(blotted('secret secret-and-more', ['secret', 'secret-and-more'])).toBe(
      '[redacted] [redacted]',
    );
  });

  it('takes a value for what it is, and not for a pattern', () => {
    expect(blotted('a $&$1.* b', ['$&$1.*'])).toBe('a [redacted] b');
  });
});

describe('a text that comes piece by piece', () => {
  const piecesOf = async (
    pieces: readonly string[],
    values: readonly string[],
    cut = new AbortController().signal,
  ) => {
    const heard: string[] = [];
    const source = (async function* () {
      yield* pieces;
    })();
    for await (const piece of blottedStream(source, values, cut)) heard.push(piece);
    return heard;
  };

  it('loses a value that was cut in two, and keeps its length in bytes', async () => {
    const heard = await piecesOf(['the key is cláv', 'e-123\nnext\n'], ['cláve-123']);
    expect(heard.join('')).toBe(`the key is ${'*'.repeat(10)}\nnext\n`);
  });

  it('comes at once where nothing can be the beginning of a value', async () => {
    expect(await piecesOf(['one ', 'two '], ['secret'])).toEqual(['one ', 'two ']);
  });

  it('keeps what only looked like the beginning of one', async () => {
    expect((await piecesOf(['se', 'cre', 't of life', 'sec'], ['secret-1'])).join('')).toBe(
      'secret of lifesec',
    );
  });

  it('keeps half a value back when it is cut off, for whoever goes on from there', async () => {
    expect(await piecesOf(['key: sec'], ['secret-1'], AbortSignal.abort())).toEqual(['key: ']);
  });

  it('is the same wherever it is cut', async () => {
    const secret = 'abcabcabd';
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'abc', secret, '\n'), { maxLength: 30 }),
        async (pieces) => {
          const text = (await piecesOf(pieces, [secret])).join('');
          expect(text).toBe(pieces.join('').replaceAll(secret, '*'.repeat(secret.length)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
