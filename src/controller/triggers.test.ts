import { describe, expect, test } from 'vitest';
import { aDroplet, anInstance, NUMBER, T0, time } from '../../test/builders.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import { isChanging, keysOfChange, type Objects, SWEEP } from './triggers.ts';

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

test('an address that is first seen has the next listing set anew: it tells how long others may boot', () => {
  const booting = aDroplet({ status: { id: 7, acceptedAt: time(0), state: 'new' } });
  const status = { ...booting.status, ip: '127.0.0.1', addressedAt: time(20) };
  const seen = aDroplet({ status });
  const keys = (now: Droplet, then: Droplet) =>
    keysOfChange({ type: 'modified', kind: 'Droplet', object: now }, then, objectsWith(decided));
  expect(keys(seen, booting)).toContain(SWEEP);
  expect(keys(aDroplet({ status: { ...status, state: 'active' } }), seen)).not.toContain(SWEEP);
});

describe('a droplet of a pool that gets ready', () => {
  const pool = { kind: 'InstancePool', metadata: { name: 'warm' }, spec: { className: 'default' } };
  const owner = { apiVersion: 'v1', kind: 'InstancePool', uid: 'uid-pool', controller: true };
  const member = (name: string, readyAt: string | undefined, failures = 0) =>
    aDroplet({
      metadata: { name, ownerReferences: [{ ...owner, name: 'warm' }] },
      status: {
        id: 7,
        ip: '127.10.0.1',
        state: 'active',
        preparation: { startedAt: time(1), failures, readyAt },
      },
    });
  const heldUp = (name: string, declaredAt: string, reason = 'QuotaExceeded') => {
    const condition = { type: 'Ready', status: 'False', message: '', lastTransitionTime: time(0) };
    const conditions = [{ ...condition, status: 'False' as const, reason }];
    const ours = { apiVersion: 'v1', kind: 'Instance', name, uid: `uid-${name}`, controller: true };
    return {
      instance: anInstance({
        metadata: { name, uid: `uid-${name}`, creationTimestamp: declaredAt },
        status: { dropletName: name, conditions },
      }),
      droplet: aDroplet({ metadata: { name, ownerReferences: [ours] }, status: { conditions } }),
    };
  };
  const young = heldUp('bot-573330000001', time(20));
  const old = heldUp('bot-573330000002', time(10));
  const asking = heldUp('bot-573330000003', time(5), 'Create');
  const barred = heldUp('bot-573330000004', time(5));
  const taken = heldUp('bot-573330000004', time(5), 'NumberTaken').instance;
  const instances = [young.instance, old.instance, asking.instance, taken];
  const keysOf = (now: Droplet, before: Droplet, others: readonly Droplet[] = []) => {
    const droplets = [now, ...others, ...[young, old, asking, barred].map((one) => one.droplet)];
    const all = { Instance: instances, InstancePool: [pool], Droplet: droplets };
    const list = (kind: keyof typeof all) => ({ items: all[kind] });
    const objects = {
      list,
      get: (kind: keyof typeof all, name: string) =>
        list(kind).items.find(({ metadata }) => metadata.name === name),
    } as unknown as Objects;
    return keysOfChange({ type: 'modified', kind: 'Droplet', object: now }, before, objects);
  };

  test('is told to the instance that has been held up for longest', () => {
    const keys = keysOf(member('pool-warm-1', time(30)), member('pool-warm-1', undefined));
    expect(keys.filter((key) => key.startsWith('Instance/'))).toEqual([
      `Instance/${old.instance.metadata.name}`,
    ]);
  });

  test('is told to one more when another waits, too', () => {
    const keys = keysOf(member('pool-warm-1', time(30)), member('pool-warm-1', undefined), [
      member('pool-warm-2', time(25)),
    ]);
    expect(keys.filter((key) => key.startsWith('Instance/'))).toEqual(
      [old, young].map(({ instance }) => `Instance/${instance.metadata.name}`),
    );
  });

  test.each([
    ['waited before', member('pool-warm-1', time(30)), member('pool-warm-1', time(30))],
    ['lets nobody in', member('pool-warm-1', time(30), 1), member('pool-warm-1', undefined)],
  ])('is told to nobody when it %s', (_, now, before) => {
    expect(keysOf(now, before).filter((key) => key.startsWith('Instance/'))).toEqual([]);
  });
});
