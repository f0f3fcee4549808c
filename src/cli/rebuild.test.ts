import { expect, test } from 'vitest';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { InstanceSpec } from '../resources/instance.ts';
import { rebuild } from './rebuild.ts';

const CLUSTER = ['orquesta', 'orquesta-cluster:c1'];
const aMachine = (id: number, name: string, tags: readonly string[]): CloudDroplet => ({
  id,
  name,
  state: 'active',
  ip: `203.0.113.${id}`,
  tags: [...CLUSTER, ...tags],
  createdAt: '2026-01-01T00:00:00.000Z',
  region: 'sfo3',
  size: 's-1vcpu-512mb-10gb',
});

function rebuilt(droplets: readonly CloudDroplet[], specs = new Map<string, InstanceSpec>()) {
  let last = 0;
  return rebuild(droplets, {
    clusterId: 'c1',
    specs,
    defaultClass: 'default',
    paused: false,
    newUid: () => `new-${++last}`,
    now: '2026-02-01T00:00:00.000Z',
  });
}

test('an instance comes back with the uid of its droplet, and one that nobody owned alone', () => {
  const { rebuilt: records, problems } = rebuilt([
    aMachine(1, 'bot-573332221111', ['orquesta-uid:u1']),
    aMachine(2, 'single', ['orquesta-uid:u2']),
  ]);
  expect(problems).toEqual([]);
  expect(
    records.map(({ objects }) => objects.map(({ kind, metadata }) => [kind, metadata.uid])),
  ).toEqual([
    [
      ['Instance', 'new-1'],
      ['Droplet', 'u1'],
    ],
    [['Droplet', 'u2']],
  ]);
});

test('one that a number had claimed from a pool comes back as its own, and one that waited is kept', () => {
  const pool = ['orquesta-pool:p1'];
  const { rebuilt: records, problems } = rebuilt([
    aMachine(3, 'bot-573332221111', pool),
    aMachine(4, 'pool-warm-abcdefghij', pool),
    aMachine(5, 'pool-warm-klmnopqrst', pool),
  ]);
  expect(problems).toEqual([]);
  const objects = records.flatMap((record) => record.objects);
  expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    'Instance/bot-573332221111',
    'Droplet/bot-573332221111',
    'Droplet/pool-warm-abcdefghij',
    'Droplet/pool-warm-klmnopqrst',
  ]);
  expect(new Set(objects.map(({ metadata }) => metadata.uid)).size).toBe(4);
  // The id is what it is known by from now on: nobody makes another, and nobody takes it for an orphan.
  expect(objects.slice(1).map(({ status }) => (status as { id: number }).id)).toEqual([3, 4, 5]);
  expect(objects[1]?.metadata.ownerReferences?.[0]?.uid).toBe(objects[0]?.metadata.uid);
});

test('what cannot be told apart is told, and nothing is guessed', () => {
  const { problems } = rebuilt([
    aMachine(6, 'bot-573332221111', []),
    aMachine(7, 'bot-573332222222', ['orquesta-uid:u7']),
    aMachine(8, 'bot-573332222222', ['orquesta-pool:p1']),
  ]);
  expect(problems).toEqual([
    expect.stringMatching(/^Droplet 6 .* bears no orquesta-uid tag/),
    expect.stringMatching(/^Droplets 7 and 8 are both named/),
  ]);
});
