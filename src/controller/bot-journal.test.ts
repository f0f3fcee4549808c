import { expect, test } from 'vitest';
import { blotted } from './bot-journal.ts';

test('values of variables are blotted out wherever they stand, short ones stay', () => {
  const text = 'token=abc-123-def url=https://u:abc-123-def@x\nok true\nline two of a key\n';
  expect(blotted(text, ['abc-123-def', 'true', 'line one\nline two of a key'])).toBe(
    'token=[redacted] url=https://u:[redacted]@x\nok true\n[redacted]\n',
  );
});

test('a value that holds another is blotted out whole', () => {
  expect(blotted('secret secret-and-more', ['secret', 'secret-and-more'])).toBe(
    '[redacted] [redacted]',
  );
});
