import { expect, test } from 'vitest';
import { preferredLanguage } from './language.ts';

test.each([
  [undefined, 'es'],
  ['', 'es'],
  ['en', 'en'],
  ['en-GB,en;q=0.9', 'en'],
  ['es-CO,es;q=0.9,en;q=0.8', 'es'],
  ['fr, en;q=0.5', 'en'],
  ['es;q=0.1, EN;q=0.2', 'en'],
  ['en;q=0', 'es'],
  ['*', 'es'],
  ['de', 'es'],
  [';;;,q=1', 'es'],
])('Accept-Language %j is answered in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
