import { describe, expect, it } from 'vitest';
import { anInstance, T0, time } from '../../test/builders.ts';
import { brakesOf } from './brakes.ts';

const bot = { failures: 0, lastHealthyAt: time(0) };
const well = anInstance({ status: { phase: 'completed', bot } });
const sick = anInstance({ status: { phase: 'completed', bot: { ...bot, failures: 1 } } });
const replacing = anInstance({
  status: { repairs: { replacements: 1, replacedUid: 'x', at: time(0) } },
});
const fleet = (count: number, one = well) => Array.from({ length: count }, () => one);

describe('the brakes', () => {
  it.each([
    ['no bot is sick', fleet(10), false],
    ['one of three is sick', [...fleet(2), sick], false],
    ['20 % are sick', [...fleet(16), ...fleet(4, sick)], false],
    ['30 % are sick', [...fleet(7), ...fleet(3, sick)], true],
    ['all are sick', fleet(100, sick), true],
    ['nobody is there', [], false],
  ])('when %s, hold repairs: %o', (_, instances, isHeld) => {
    expect(brakesOf(instances, undefined, T0).repairs !== undefined).toBe(isHeld);
  });

  it('say how many are sick', () => {
    const { repairs } = brakesOf([...fleet(7), ...fleet(3, sick)], undefined, T0);
    expect(repairs).toContain('3 of 10');
  });

  it('hold repairs after an outage of our own', () => {
    expect(brakesOf(fleet(10), 'Redis was away', T0).repairs).toBe('Redis was away');
  });

  it('let one of each ten be replaced at a time, and one in a small fleet', () => {
    const at = T0 + 1000;
    expect(brakesOf(fleet(5), undefined, at).replacements).toBeUndefined();
    expect(brakesOf([...fleet(5), replacing], undefined, at).replacements).toContain('1 of 6');
    expect(brakesOf([...fleet(19), replacing], undefined, at).replacements).toBeUndefined();
    expect(brakesOf([...fleet(18), ...fleet(2, replacing)], undefined, at).replacements).toContain(
      'no more than 2',
    );
  });

  it('forget a replacement that never ends', () => {
    expect(brakesOf(fleet(5, replacing), undefined, T0 + 1_800_000).replacements).toBeUndefined();
  });
});
