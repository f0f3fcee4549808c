import { describe, expect, it } from 'vitest';
import { aCloudDroplet, aDroplet, T0 } from '../../test/builders.ts';
import { uidTag } from '../resources/cloud-droplet.ts';
import { orphansAmong } from './orphans.ts';

const HOUR_LATER = T0 + 3_600_000;
const tags = ['orquesta', 'orquesta-cluster:ours', uidTag('uid-gone')];
const orphan = aCloudDroplet({ tags });

describe('an orphan', () => {
  it('bears our tags, is old, and has no record', () => {
    expect(orphansAmong([orphan], [aDroplet()], 'ours', HOUR_LATER)).toEqual([orphan]);
  });

  it.each([
    [
      'of another cluster',
      aCloudDroplet({ tags: [...tags.slice(0, 1), 'orquesta-cluster:theirs'] }),
    ],
    ['without tags', aCloudDroplet({ tags: [] })],
    [
      'that a record’s uid names',
      aCloudDroplet({ tags: [...tags.slice(0, 2), uidTag('uid-droplet')] }),
    ],
  ])('is not one %s', (_, droplet) => {
    expect(orphansAmong([droplet], [aDroplet()], 'ours', HOUR_LATER)).toEqual([]);
  });

  it('is not one whose id is recorded', () => {
    const record = aDroplet({ status: { id: orphan.id } });
    expect(orphansAmong([orphan], [record], 'ours', HOUR_LATER)).toEqual([]);
  });

  it('is not a newborn', () => {
    expect(orphansAmong([orphan], [], 'ours', T0 + 600_000)).toEqual([]);
  });
});
