import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { linesOf } from './lines.ts';

async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  let at = 0;
  for (const size of sizes) {
    yield text.slice(at, at + size);
    at += size;
  }
  yield text.slice(at);
}

test('lines are the same however a stream is cut into pieces', async () => {
  const texts = fc.array(fc.stringMatching(/^[^\n]{1,20}$/));
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(9)), async (lines, sizes) => {
      const text = lines.map((line) => `${line}\n`).join('');
      const found: string[] = [];
      for await (const line of linesOf(inPieces(`${text}an open end`, sizes))) found.push(line);
      expect(found).toEqual(lines);
    }),
  );
});

test('waits double from a second to half a minute, spread over their upper half', () => {
  expect([1, 2, 3, 9].map((failures) => backoffMs(failures, 1))).toEqual([
    1_000, 2_000, 4_000, 30_000,
  ]);
  expect(backoffMs(1, 0)).toBe(500);
});
