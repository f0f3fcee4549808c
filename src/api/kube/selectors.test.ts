import { describe, expect, it } from 'vitest';
import { age } from './age.ts';
import { fieldSelector, labelSelector } from './selectors.ts';

describe('labelSelector', () => {
  const labels = { team: 'a', 'x.io/tier': '', env: 'prod' };
  it.each([
    ['', true],
    ['team=a', true],
    ['team==a', true],
    ['team = b', false],
    ['team!=b', true],
    ['none!=b', true],
    ['team in (a,b)', true],
    ['team in (b, c)', false],
    ['team notin (b)', true],
    ['none notin (b)', true],
    ['none in (b)', false],
    ['team', true],
    ['!team', false],
    ['!none', true],
    ['x.io/tier=', true],
    ['team=a,env in (prod,test),!none', true],
    ['team=a,env=test', false],
  ])('%s: %s', (text, expected) => {
    expect(labelSelector(text)(labels)).toBe(expected);
  });

  it.each(['a===b', 'a=b=c', 'a in b', 'a in (b', '-a=b', 'a=-b', ',', 'a,,b', '=b'])(
    'refuses %s',
    (text) => {
      expect(() => labelSelector(text)).toThrow(expect.objectContaining({ code: 400 }));
    },
  );
});

describe('fieldSelector', () => {
  const fields = {
    name: (object: { name: string; note: string }) => object.name,
    note: (object: { name: string; note: string }) => object.note,
  };
  const object = { name: 'x', note: 'a,b=c\\' };
  it.each([
    ['', true],
    ['name=x', true],
    ['name==x,note!=y', true],
    ['name!=x', false],
    ['name=', false],
    ['note=a\\,b\\=c\\\\', true],
  ])('%s: %s', (text, expected) => {
    expect(fieldSelector(text, fields).matches(object)).toBe(expected);
  });

  it('tells which values it demands', () => {
    expect(fieldSelector('name=x,note!=y', fields).required).toEqual({ name: 'x' });
  });

  it.each(['other=x', 'name', 'note=a=b', 'note=a\\b', 'constructor=x'])('refuses %s', (text) => {
    expect(() => fieldSelector(text, fields)).toThrow(expect.objectContaining({ code: 400 }));
  });
});

describe('age', () => {
  const now = Date.UTC(2026, 5, 1);
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [330, '5m30s'],
    [3_599, '59m'],
    [3 * 3600 + 300, '3h5m'],
    [8 * 3600, '8h'],
    [49 * 3600, '2d1h'],
    [40 * 86_400, '40d'],
    [3 * 365 * 86_400, '3y'],
    [-5, '0s'],
  ])('%i s: %s', (seconds, expected) => {
    expect(age(new Date(now - seconds * 1000).toISOString(), now)).toBe(expected);
  });
});
