import { describe, expect, it } from 'vitest';
import { aClass, aDroplet, anInstance, T0, time } from '../../test/builders.ts';
import type { InstanceStatus } from '../resources/instance.ts';
import type { InstanceClass } from '../resources/instance-class.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import { keysOfResync } from './resync.ts';
import type { Objects } from './triggers.ts';

const holding = (...items: readonly ObjectOf[Kind][]): Objects => {
  const byName = new Map(items.map((one) => [`${one.kind}/${one.metadata.name}`, one]));
  return {
    get: (kind, name) => byName.get(`${kind}/${name}`) as never,
    list: (kind) => ({ items: items.filter((one) => one.kind === kind) as never }),
  };
};
const named = (name: string, metadata: object = {}) => ({ name, ...metadata });
const overAnHour = (objects: Objects) =>
  Array.from({ length: 60 }, (_, minute) => keysOfResync(objects, T0 + minute * 60_000));

const machine = { id: 1, ip: '198.18.0.1', state: 'active' } as const;
const completed = (over: Partial<InstanceStatus> = {}): Partial<InstanceStatus> => ({
  observedGeneration: 1,
  phase: 'completed',
  dropletId: machine.id,
  dropletState: machine.state,
  ip: machine.ip,
  bot: { failures: 0, lastCheckedAt: time(3600) },
  ...over,
});
const active = { observedGeneration: 1, phase: 'active', ...machine } as const;
const classOf = (generation: number) =>
  ({
    ...anInstance({ metadata: named('default', { generation }) }),
    kind: 'InstanceClass',
    spec: aClass(),
    status: { observedGeneration: 1, turns: [] },
  }) as unknown as InstanceClass;
/** One that is up, with its droplet. */
const pair = (name: string): readonly ObjectOf[Kind][] => [
  anInstance({ metadata: named(name), status: completed() }),
  aDroplet({ metadata: named(name, { ownerReferences: [] }), status: active }),
];
const NAME = 'bot-573332221111';
const INSTANCE = `Instance/${NAME}`;

describe('what a resync names', () => {
  it('looks at what is as wanted within a quarter of an hour, a part of the fleet each minute', () => {
    const fleet = Array.from({ length: 150 }, (_, i) => pair(`bot-57300${i}`)).flat();
    const rounds = overAnHour(holding(...fleet));
    for (const keys of rounds) expect(keys.length).toBeLessThan(60);
    expect(new Set(rounds.slice(7, 22).flat()).size).toBe(301);
  });

  it('takes longer over a large fleet, and no more of it at a time', () => {
    const fleet = Array.from({ length: 2_000 }, (_, i) => pair(`bot-57300${i}`)).flat();
    const rounds = overAnHour(holding(...fleet));
    for (const keys of rounds) expect(keys.length).toBeLessThan(450);
    expect(new Set(rounds.slice(7, 27).flat()).size).toBe(4_001);
  });

  it.each([
    ['one that was just declared', [anInstance()]],
    ['on its way', [anInstance({ status: { phase: 'initializing' } })]],
    ['edited since', [anInstance({ metadata: { generation: 2 }, status: completed() })]],
    [
      'being deleted',
      [anInstance({ metadata: { deletionTimestamp: time(1) }, status: completed() })],
    ],
    [
      'to be replaced',
      [
        anInstance({
          metadata: { annotations: { 'orquesta.clientfy.io/replace': 'true' } },
          status: completed(),
        }),
      ],
    ],
    ['one without a droplet', [anInstance({ status: completed() })]],
    ['a droplet that is off', [aDroplet({ status: { phase: 'off' } })]],
    ['a droplet that boots', [aDroplet({ status: { phase: 'creating', id: 1 } })]],
    ['a droplet whose instance is gone', [aDroplet({ status: active })]],
  ])('names each minute what is not: %s', (_, objects) => {
    for (const keys of overAnHour(holding(...objects))) expect(keys).toHaveLength(2);
  });

  it.each([
    ['another droplet', aDroplet({ status: { ...active, id: 2 } })],
    ['a droplet that is off', aDroplet({ status: { ...active, state: 'off' } })],
    ['a droplet that moved', aDroplet({ status: { ...active, ip: '198.18.0.2' } })],
    [
      'a droplet being deleted',
      aDroplet({ metadata: { deletionTimestamp: time(1) }, status: active }),
    ],
  ])('names an instance that has %s', (_, droplet) => {
    const objects = holding(anInstance({ status: completed() }), droplet);
    for (const keys of overAnHour(objects)) expect(keys).toContain(INSTANCE);
  });

  it('names an instance whose class was edited, and whose look is overdue', () => {
    const objects = (edited: number) =>
      holding(anInstance({ status: completed() }), aDroplet({ status: active }), classOf(edited));
    const named = (edited: number, minute: number) =>
      keysOfResync(objects(edited), T0 + minute * 60_000).includes(INSTANCE);
    const minutes = Array.from({ length: 10 }, (_, i) => 61 + i);
    expect(minutes.filter((minute) => named(1, minute)).length).toBeLessThan(2);
    expect(minutes.filter((minute) => named(2, minute))).toEqual(minutes);
    expect([72, 73, 74].every((minute) => named(1, minute))).toBe(true);
  });
});
