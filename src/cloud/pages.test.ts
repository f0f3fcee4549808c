import { expect, test } from 'vitest';
import { type Page, readPages } from './pages.ts';

/** Reads pages that are made so, and tells how many were asked for. */
async function reading(page: (number: number) => Page<number>) {
  let asked = 0;
  const { items, isSteady } = await readPages(async (number) => {
    asked += 1;
    if (asked > 1_000) throw new Error('There is no end');
    return page(number);
  });
  return { asked, items, isSteady };
}

test.each<[string, Partial<Page<number>>]>([
  ['a count', { total: 1e15 }],
  ['links', { lastLinked: 999_999 }],
])('an empty page ends a list, whatever %s promises', async (_, promised) => {
  const { asked, items, isSteady } = await reading((number) => ({
    items: number <= 2 ? [number] : [],
    ...promised,
  }));
  expect(items).toEqual([1, 2]);
  expect(asked).toBeLessThan(10);
  expect(isSteady).toBe(false);
});

test('a list without an empty page is read to its end', async () => {
  const { items, isSteady } = await reading((number) => ({ items: [number], lastLinked: 30 }));
  expect([items.length, isSteady]).toEqual([30, true]);
});
