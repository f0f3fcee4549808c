import { describe, expect, it } from 'vitest';
import { aClass, aDroplet, T0, time } from '../../../test/builders.ts';
import type { Droplet, DropletStatus } from '../../resources/droplet.ts';
import { type InstancePool, instancePoolSpec } from '../../resources/instance-pool.ts';
import { API_VERSION, POOL_LABEL, POOL_REVISION_ANNOTATION } from '../../resources/meta.ts';
import { type PoolFacts, planPool } from './plan.ts';

const aPool = (spec: Partial<InstancePool['spec']>, over: Partial<InstancePool> = {}) => ({
  apiVersion: API_VERSION,
  kind: 'InstancePool',
  metadata: {
    name: 'warm',
    uid: 'uid-pool',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { ...instancePoolSpec.parse({}), ...spec },
  ...over,
});

const aMember = (
  name: string,
  status: Partial<DropletStatus> = {},
  revision = 'p1',
  createdAt = '2026-01-01T00:00:00Z',
): Droplet =>
  aDroplet({
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: createdAt,
      labels: { [POOL_LABEL]: 'warm' },
      annotations: { [POOL_REVISION_ANNOTATION]: revision },
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'InstancePool',
          name: 'warm',
          uid: 'uid-pool',
          controller: true,
        },
      ],
    },
    status,
  });

const preparation = { startedAt: time(1), readyAt: time(9), failures: 0 };
const waiting: Partial<DropletStatus> = { id: 1, ip: '127.10.0.1', state: 'active', preparation };
const lost = { ...waiting, preparation: { ...preparation, failures: 3 } };
const failure = { reason: 'PreparationFailed', message: 'why', at: time(5) };

const noFacts: PoolFacts = {
  class: aClass(),
  revision: 'p1',
  members: [],
  undeclared: [],
  claimed: 0,
  price: undefined,
  access: { ok: true, message: '', since: T0 },
  full: undefined,
};

interface Case {
  name: string;
  spec?: Partial<InstancePool['spec']>;
  over?: Partial<InstancePool>;
  facts?: Partial<PoolFacts>;
  at?: number;
  expect: unknown;
}

const status = (over: object): Partial<InstancePool> => ({
  status: {
    observedGeneration: 1,
    message: '',
    conditions: [],
    wanted: 0,
    replicas: 0,
    ready: 0,
    booting: 0,
    claimed: 0,
    ...over,
  },
});
const deleting = {
  metadata: { ...aPool({}).metadata, deletionTimestamp: '2026-01-01T00:00:05Z' },
};

const cases: readonly Case[] = [
  { name: 'nothing is wanted', expect: { settled: 'Filled' } },
  { name: 'some lack', spec: { replicas: 2 }, expect: { do: 'declare-members' } },
  {
    name: 'names were written down and nothing was seen of them',
    facts: { undeclared: ['pool-warm-x'] },
    spec: { replicas: 1 },
    expect: { do: 'declare-members' },
  },
  {
    name: 'one is declared and not asked for',
    spec: { replicas: 1 },
    facts: { members: [aMember('a')] },
    expect: { do: 'create-members' },
  },
  {
    name: 'the token is refused',
    spec: { replicas: 1 },
    facts: { members: [aMember('a')], access: { ok: false, message: 'no', since: T0 } },
    expect: { wait: 'Unauthorized' },
  },
  {
    name: 'the account is full',
    spec: { replicas: 1 },
    facts: { members: [aMember('a')], full: { message: 'full', lookAt: T0 + 60_000 } },
    expect: { wait: 'QuotaExceeded', until: T0 + 60_000 },
  },
  {
    name: 'no more may be on their way',
    spec: { replicas: 5, maxBooting: 1 },
    facts: { members: [aMember('a', { id: 1 })] },
    expect: { wait: 'Filling' },
  },
  {
    name: 'as many wait as are wanted',
    spec: { replicas: 1 },
    facts: { members: [aMember('a', waiting)] },
    expect: { settled: 'Filled' },
  },
  {
    name: 'more wait than are wanted',
    facts: { members: [aMember('a', waiting)] },
    expect: { do: 'delete-members' },
  },
  {
    name: 'one was made for another revision of the class',
    spec: { replicas: 1 },
    facts: { members: [aMember('a', waiting, 'p0')] },
    expect: { do: 'delete-members' },
  },
  {
    name: 'one has failed',
    spec: { replicas: 1 },
    facts: { members: [aMember('a', { failure })] },
    expect: { do: 'delete-members' },
  },
  {
    name: 'the last ones have failed',
    spec: { replicas: 1 },
    over: status({ failures: 2, lastFailureAt: time(0) }),
    at: 29,
    expect: { wait: 'BackingOff', until: T0 + 30_000 },
  },
  {
    name: 'the pause after a failure is over',
    spec: { replicas: 1 },
    over: status({ failures: 2, lastFailureAt: time(0) }),
    at: 30,
    expect: { do: 'declare-members' },
  },
  {
    name: 'one is too old: the new one comes first',
    spec: { replicas: 1, maxAgeSeconds: 60 },
    facts: { members: [aMember('a', waiting)] },
    at: 60,
    expect: { do: 'declare-members' },
  },
  {
    name: 'one is too old, and another can take its place',
    spec: { replicas: 1, maxAgeSeconds: 60 },
    facts: {
      members: [aMember('a', waiting), aMember('b', waiting, 'p1', '2026-01-01T00:00:50Z')],
    },
    at: 60,
    expect: { do: 'delete-members' },
  },
  {
    name: 'one lets nobody in',
    spec: { replicas: 1 },
    facts: { members: [aMember('a', lost)] },
    expect: { do: 'delete-members' },
  },
  {
    name: 'most of them let nobody in at once',
    spec: { replicas: 3 },
    facts: { members: [aMember('a', lost), aMember('b', lost), aMember('c', lost)] },
    expect: { wait: 'Filling' },
  },
  {
    name: 'the class is missing',
    spec: { replicas: 1 },
    facts: { class: undefined, revision: '', members: [aMember('a', waiting)] },
    expect: { wait: 'ClassNotFound' },
  },
  {
    name: 'the pool is deleted',
    over: deleting,
    facts: { members: [aMember('a', waiting)] },
    expect: { do: 'delete-members' },
  },
  { name: 'the pool is deleted and empty', over: deleting, expect: { do: 'finalize' } },
];

describe('planPool', () => {
  it.each(cases)('$name', ({ spec = {}, over, facts, at = 0, expect: wanted }) => {
    const pool = aPool(spec, over) as InstancePool;
    expect(planPool(pool, { ...noFacts, ...facts }, T0 + at * 1000)).toMatchObject(
      wanted as object,
    );
  });
});
