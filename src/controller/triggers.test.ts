import { describe, expect, test } from 'vitest';
import { aDroplet, anInstance, NUMBER, T0, time } from '../../test/builders.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import { isChanging, keysOfChange, type Objects } from './triggers.ts';

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

describe('listings come sooner', () => {
  const machine = { id: 7, ip: '127.0.0.1', acceptedAt: time(0) };
  const isReady = (status: 'True' | 'False', reason: string) => ({
    conditions: [
      { type: 'Ready', status, reason, message: '', lastTransitionTime: time(0) },
    ] as const,
  });
  const leaving = (finalizers?: readonly string[]) =>
    aDroplet({
      metadata: { deletionTimestamp: time(1), ...(finalizers && { finalizers: [...finalizers] }) },
      status: { ...machine, state: 'active' },
    });

  test.each([
    ['it boots', aDroplet({ status: { ...machine, ip: undefined, state: 'new' } }), true],
    ['it is up', aDroplet({ status: { ...machine, state: 'active' } }), false],
    [
      'it is off and powered on',
      aDroplet({ status: { ...machine, state: 'off', ...isReady('False', 'PoweringOn') } }),
      true,
    ],
    // Of a paused instance, or of nobody: its owner has switched it off.
    [
      'it is off and left so',
      aDroplet({ status: { ...machine, state: 'off', ...isReady('True', 'Running') } }),
      false,
    ],
    ['it is being deleted', leaving(), true],
    ['it is gone, and held by the finalizers of others', leaving(['example.com/mine']), false],
  ])('for a droplet: %s', (_, droplet, expected) => {
    expect(isChanging(droplet)).toBe(expected);
  });
});
