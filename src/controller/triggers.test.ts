import { describe, expect, test } from 'vitest';
import { aDroplet, anInstance, NUMBER, T0 } from '../../test/builders.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import { keysOfChange, type Objects } from './triggers.ts';

const NAME = `bot-${NUMBER}`;
const objectsWith = (instance: Instance | undefined): Objects => ({
  get: (kind) => (kind === 'Instance' ? instance : undefined) as never,
  list: () => ({ items: [] }),
});
const added = (droplet: Droplet, instance: Instance | undefined) =>
  keysOfChange(
    { type: 'added', kind: 'Droplet', object: droplet },
    undefined,
    objectsWith(instance),
  );
const decided = anInstance({ status: { dropletName: NAME } });

describe('a droplet that is declared', () => {
  test('is looked at, and not the instance whose pass declares it', () => {
    expect(added(aDroplet(), decided)).toEqual([`Droplet/${NAME}`]);
  });

  test.each([
    ['has not decided for it', anInstance()],
    ['is another one of the name', { ...decided, metadata: { ...decided.metadata, uid: 'other' } }],
    ['was not seen yet', undefined],
  ])('is told to an instance that %s', (_, instance) => {
    expect(added(aDroplet(), instance)).toContain(`Instance/${NAME}`);
  });

  test('with a machine already, as from a backup, is told', () => {
    const restored = aDroplet({ status: { id: 7, acceptedAt: new Date(T0).toISOString() } });
    expect(added(restored, decided)).toContain(`Instance/${NAME}`);
  });
});
