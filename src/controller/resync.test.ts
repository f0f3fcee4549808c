import { describe, expect, it } from 'vitest';
import { aDroplet, anInstance, T0, time } from '../../test/builders.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import { allKeys, keysOfResync } from './resync.ts';
import type { Objects } from './triggers.ts';

const holding = (...items: readonly ObjectOf[Kind][]): Objects => ({
  get: (kind, name) =>
    items.find((one) => one.kind === kind && one.metadata.name === name) as never,
  list: (kind) => ({ items: items.filter((one) => one.kind === kind) as never }),
});
const named = (name: string, metadata: object = {}) => ({ name, ...metadata });
const completed = { observedGeneration: 1, phase: 'completed' } as const;
const overAnHour = (objects: Objects) =>
  Array.from({ length: 60 }, (_, minute) => keysOfResync(objects, T0 + minute * 60_000));

describe('what a resync names', () => {
  it('looks at what is as wanted within a quarter of an hour, a part of the fleet each minute', () => {
    const fleet = Array.from({ length: 300 }, (_, i) =>
      anInstance({ metadata: named(`bot-57300${i}`), status: completed }),
    );
    const rounds = overAnHour(holding(...fleet));
    for (const keys of rounds) expect(keys.length).toBeLessThan(60);
    expect(new Set(rounds.slice(7, 22).flat()).size).toBe(301);
  });

  it.each([
    ['one that was just declared', anInstance()],
    ['on its way', anInstance({ status: { phase: 'initializing' } })],
    ['edited since', anInstance({ metadata: { generation: 2 }, status: completed })],
    ['being deleted', anInstance({ metadata: { deletionTimestamp: time(1) }, status: completed })],
    [
      'to be replaced',
      anInstance({
        metadata: { annotations: { 'orquesta.clientfy.io/replace': 'true' } },
        status: completed,
      }),
    ],
    ['a droplet that is off', aDroplet({ status: { phase: 'off' } })],
    ['a droplet that boots', aDroplet({ status: { phase: 'creating', id: 1 } })],
  ])('names each minute what is not: %s', (_, object) => {
    for (const keys of overAnHour(holding(object))) expect(keys).toHaveLength(2);
  });

  it('names everything where nothing is known of what was missed', () => {
    const objects = holding(anInstance({ status: completed }), aDroplet());
    expect(allKeys(objects)).toEqual([
      'Sweep/account',
      'Instance/bot-573332221111',
      'Droplet/bot-573332221111',
    ]);
  });
});
