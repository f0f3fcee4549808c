// Random wishes, faults, crashes and freezes on a virtual clock: whatever happened on the way, all ends as wished, and no promise is broken.
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = 200;
const PER_TEST = 25;

describe('the world of a seed', () => {
  const firsts = Array.from({ length: SEEDS / PER_TEST }, (_, part) => part * PER_TEST + 1);

  it.each(firsts)('comes to rest as wished: seeds from %i on', async (first) => {
    for (let seed = first; seed < first + PER_TEST; seed++) {
      const { problem, trace } = await simulate(seed);
      const story = () => `seed ${seed}: ${problem}\nreplay: npm run simulate -- --seed ${seed}\n`;
      expect(problem, problem && `${story()}${trace.join('\n')}`).toBeUndefined();
    }
  });

  it('is the same each time', async () => {
    const first = await simulate(3, { everyEffect: true });
    const again = await simulate(3, { everyEffect: true });
    expect(again.trace).toEqual(first.trace);
    expect(first.effects).toBeGreaterThan(100);
  });
});
