import { expect, test } from 'vitest';
import { en } from './en.ts';
import { es } from './es.ts';

type Texts = { readonly [key: string]: string | ((...words: never[]) => string) | Texts };

/** Every text by its path, as what it is made of. */
function flat(texts: Texts, path = ''): readonly (readonly [string, string | number])[] {
  return Object.entries(texts).flatMap(([key, text]) => {
    const place = path === '' ? key : `${path}.${key}`;
    if (typeof text === 'string') return [[place, text] as const];
    if (typeof text === 'function') return [[place, text.length] as const];
    return flat(text, place);
  });
}

const english = flat(en);
const spanish = flat(es);

test('both languages have the same texts, made of the same words', () => {
  const shape = (texts: typeof english) =>
    texts.map(([place, text]) => [place, typeof text === 'number' ? text : 'text']);
  expect(shape(spanish)).toEqual(shape(english));
});

test('no text is empty, and few are the same in both', () => {
  for (const [place, text] of [...english, ...spanish]) expect(text, place).not.toBe('');
  const spanishTexts = new Map(spanish);
  const same = english.filter(
    ([place, text]) => typeof text === 'string' && spanishTexts.get(place) === text,
  );
  expect(new Set(same.map(([, text]) => text))).toEqual(SAME_IN_BOTH);
});

/** Names, and words that both languages share. */
const SAME_IN_BOTH = new Set(['Droplet', 'Droplets', 'No', 'Normal', 'SSH', 'WhatsApp', 'YAML']);
