// Proves that a run's judge tells a second create from the cloud's own doubling.
import { expect, it } from 'vitest';
import type { DropletLife } from '../../src/simulator/ledger.ts';
import { overlaps } from './judgement.ts';

const NOW = 100_000;

const aLife = (id: number, createdAt: number, over: Partial<DropletLife> = {}): DropletLife => ({
  id,
  name: 'bot-573332221111',
  tags: ['orquesta-uid:1b4e28ba-2fa1-41d2-883f-0016d3cca427'],
  createdAt,
  deleteRequestedAt: [],
  ...over,
});

it('sees two droplets of one name that lived at a time, and for how long', () => {
  const lives = [aLife(1, 1_000, { goneAt: 9_000 }), aLife(2, 7_500)];
  expect(overlaps(lives, NOW)).toMatchObject([{ ids: [1, 2], ms: 1_500, isTwin: false }]);
});

it('minds neither one after the other nor other names', () => {
  const lives = [
    aLife(1, 1_000, { goneAt: 9_000 }),
    aLife(2, 9_000),
    aLife(3, 1_000, { name: 'bot-573332221112' }),
  ];
  expect(overlaps(lives, NOW)).toEqual([]);
});

it('takes for twins what the ledger says is one, whenever it came', () => {
  const lives = [aLife(1, 1_000), aLife(3, 1_001, { twinOf: 1 })];
  expect(overlaps(lives, NOW)).toMatchObject([{ isTwin: true }]);
});

it('takes two creates at once for two creates', () => {
  const lives = [aLife(1, 1_000), aLife(3, 1_000), aLife(4, 1_000, { twinOf: 3 })];
  expect(overlaps(lives, NOW).map(({ ids, isTwin }) => [...ids, isTwin])).toEqual([
    [1, 3, false],
    [1, 4, false],
    [3, 4, true],
  ]);
});
