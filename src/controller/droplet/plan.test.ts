import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCloudDroplet, aDroplet, T0, time } from '../../../test/builders.ts';
import type { DropletStatus } from '../../resources/droplet.ts';
import { type DropletFacts, type DropletStep, planDroplet } from './plan.ts';

const noFacts: DropletFacts = {
  sweep: undefined,
  recorded: undefined,
  twins: [],
  namesakes: [],
  access: { ok: true, message: '', since: T0 },
  full: undefined,
  isKeptOn: true,
  isPaused: false,
  isAbandoned: false,
  poolClass: undefined,
};
const sweptAt = (seconds: number) => ({
  startedAt: T0 + seconds * 1000,
  finishedAt: T0 + seconds * 1000 + 200,
});
const intent = { attempt: 1, startedAt: time(0), hostKey: 'ssh-ed25519 AAAA', known: [7] };
const accepted = { id: 1001, acceptedAt: time(0), attempts: 1 };

interface Case {
  name: string;
  status?: Partial<DropletStatus>;
  deleting?: boolean;
  facts?: Partial<DropletFacts>;
  at?: number;
  expect: DropletStep | { wait: string } | { settled: string };
}

const cases: Case[] = [
  {
    name: 'declared by a process that was frozen until its instance was gone',
    facts: { isAbandoned: true },
    expect: 'delete-record',
  },
  {
    name: 'its instance is gone, and it is being deleted already',
    status: { id: 1001 },
    deleting: true,
    facts: { isAbandoned: true },
    expect: 'request-delete',
  },
  { name: 'nothing was ever asked for', expect: 'create' },
  {
    name: 'its instance is paused before anything was asked for',
    facts: { isPaused: true },
    expect: { wait: 'Paused' },
  },
  {
    name: 'its instance is paused while the outcome of a create is unknown',
    status: { intent, attempts: 1 },
    facts: { isPaused: true },
    at: 3,
    expect: 'look-by-name',
  },
  {
    name: 'the token is refused',
    facts: { access: { ok: false, message: 'no', since: T0 } },
    expect: { wait: 'Unauthorized' },
  },
  {
    name: 'a full account is asked for room by one create a minute, whoever is first',
    facts: { full: { message: 'full', lookAt: T0 + 60_000 } },
    expect: { wait: 'QuotaExceeded' },
  },
  {
    name: 'when that look is due, it may be this one',
    facts: { full: { message: 'full', lookAt: T0 } },
    expect: 'create',
  },
  {
    name: 'while creates alone are refused, one create a minute finds out',
    facts: { access: { ok: false, message: 'no', since: T0, refused: 'creates', lookAt: T0 } },
    expect: 'create',
  },
  {
    name: 'the account is full',
    status: { hold: { reason: 'QuotaExceeded', message: 'full', until: time(60) } },
    expect: { wait: 'QuotaExceeded' },
  },
  {
    name: 'the hold is over',
    status: { hold: { reason: 'QuotaExceeded', message: 'full', until: time(60) } },
    at: 60,
    expect: 'create',
  },
  { name: 'a create was just sent', status: { intent }, at: 1, expect: { wait: 'OutcomeUnknown' } },
  { name: 'its outcome is unknown', status: { intent }, at: 3, expect: 'look-by-name' },
  {
    name: 'one look found nothing',
    status: { intent: { ...intent, absentLooks: [time(3)] } },
    at: 30,
    expect: { wait: 'OutcomeUnknown' },
  },
  {
    name: 'the second look is due a minute after the intent',
    status: { intent: { ...intent, absentLooks: [time(3)] } },
    at: 60,
    expect: 'look-by-name',
  },
  {
    name: 'two looks found nothing, the last a minute after the intent',
    status: { intent: { ...intent, absentLooks: [time(3), time(60)] } },
    at: 60,
    expect: 'end-intent',
  },
  {
    name: 'two early looks are no proof',
    status: { intent: { ...intent, absentLooks: [time(3), time(30)] } },
    at: 40,
    expect: { wait: 'OutcomeUnknown' },
  },
  {
    name: 'a sweep shows a droplet of our uid',
    status: { intent },
    facts: { twins: [aCloudDroplet()] },
    at: 1,
    expect: 'adopt',
  },
  {
    name: 'a namesake without tags appeared after the intent, whose tags may be late',
    status: { intent },
    facts: { namesakes: [aCloudDroplet({ tags: [] })] },
    at: 1,
    expect: { wait: 'OutcomeUnknown' },
  },
  {
    name: 'a namesake without tags appeared after the intent, and stays without',
    status: { intent },
    facts: { namesakes: [aCloudDroplet({ tags: [] })] },
    at: 60,
    expect: 'adopt',
  },
  {
    name: 'a namesake with some of our tags appeared after the intent',
    status: { intent },
    facts: { namesakes: [aCloudDroplet({ tags: ['orquesta', 'orquesta-cluster:c1'] })] },
    at: 60,
    expect: 'adopt',
  },
  ...[{ tags: ['web'] }, { size: 's-2vcpu-4gb' }, { region: 'nyc1' }].map((other) => ({
    name: `a namesake that is not what was asked for appeared after the intent: ${JSON.stringify(other)}`,
    status: { intent },
    facts: { namesakes: [aCloudDroplet({ tags: [], ...other })] },
    at: 60,
    expect: 'look-by-name' as const,
  })),
  {
    name: 'the namesake was there before the intent',
    status: { intent },
    facts: { namesakes: [aCloudDroplet({ id: 7, tags: [] })] },
    at: 1,
    expect: { wait: 'OutcomeUnknown' },
  },
  ...[1, 61].map((lookAt) => ({
    name: `a lost create, the token refused, ${lookAt === 1 ? 'its look due' : 'another look to come'}`,
    status: { intent },
    facts: {
      access: {
        ok: false,
        message: 'HTTP 401',
        since: T0,
        refused: 'all' as const,
        lookAt: T0 + lookAt * 1000,
      },
    },
    at: 3,
    expect: lookAt === 1 ? ('look-by-name' as const) : { wait: 'Unauthorized' },
  })),
  {
    name: 'accepted and not listed yet',
    status: accepted,
    facts: { sweep: sweptAt(5) },
    at: 6,
    expect: { wait: 'Booting' },
  },
  {
    name: 'accepted, never listed, no newborn any more',
    status: accepted,
    facts: { sweep: sweptAt(61) },
    at: 62,
    expect: 'check-gone',
  },
  {
    name: 'seen before, missing now',
    status: { ...accepted, seen: true },
    facts: { sweep: sweptAt(5) },
    at: 6,
    expect: 'check-gone',
  },
  {
    name: 'young, seen before, and not there a moment ago',
    status: { ...accepted, seen: true, missingSince: time(6) },
    facts: { sweep: sweptAt(10) },
    at: 20,
    expect: { wait: 'Booting' },
  },
  {
    name: 'young, seen before, and not there 15 s ago',
    status: { ...accepted, seen: true, missingSince: time(6) },
    facts: { sweep: sweptAt(20) },
    at: 21,
    expect: 'check-gone',
  },
  {
    name: 'listed without an address',
    status: accepted,
    facts: { recorded: aCloudDroplet({ ip: undefined, state: 'new' }) },
    expect: { wait: 'Booting' },
  },
  {
    name: 'listed with its address',
    status: accepted,
    facts: { recorded: aCloudDroplet() },
    expect: { settled: 'Running' },
  },
  {
    name: 'off',
    status: accepted,
    facts: { recorded: aCloudDroplet({ state: 'off' }) },
    expect: 'power-on',
  },
  {
    name: 'off, and nobody owns it, or its instance is paused',
    status: accepted,
    facts: { recorded: aCloudDroplet({ state: 'off' }), isKeptOn: false },
    expect: { settled: 'Running' },
  },
  {
    name: 'made twice',
    status: accepted,
    facts: { recorded: aCloudDroplet(), twins: [aCloudDroplet({ id: 1002 })] },
    expect: 'delete-duplicate',
  },
  {
    name: 'made twice, and the recorded one is not listed',
    status: accepted,
    facts: { sweep: sweptAt(5), twins: [aCloudDroplet({ id: 1002 })] },
    at: 6,
    expect: { wait: 'Booting' },
  },
  { name: 'deleting what was never asked for', deleting: true, expect: 'finalize' },
  {
    name: 'deleting while a create is open',
    deleting: true,
    status: { intent },
    at: 3,
    expect: 'look-by-name',
  },
  {
    name: 'deleting what a lost create made',
    deleting: true,
    status: { intent },
    facts: { twins: [aCloudDroplet()] },
    expect: 'adopt',
  },
  { name: 'deleting a machine', deleting: true, status: accepted, expect: 'request-delete' },
  {
    name: 'deleted and still listed',
    deleting: true,
    status: { ...accepted, deletion: { requestedAt: time(5), requests: 1 } },
    facts: { recorded: aCloudDroplet(), sweep: sweptAt(6) },
    at: 7,
    expect: { wait: 'Deleting' },
  },
  {
    name: 'deleted and no longer listed',
    deleting: true,
    status: { ...accepted, deletion: { requestedAt: time(5), requests: 1 } },
    facts: { sweep: sweptAt(6) },
    at: 7,
    expect: 'confirm-gone',
  },
  {
    name: 'deleted, and the list is older than the request',
    deleting: true,
    status: { ...accepted, deletion: { requestedAt: time(5), requests: 1 } },
    facts: { sweep: sweptAt(4) },
    at: 7,
    expect: { wait: 'Deleting' },
  },
  {
    name: 'a delete without effect',
    deleting: true,
    status: { ...accepted, deletion: { requestedAt: time(5), requests: 1 } },
    facts: { recorded: aCloudDroplet(), sweep: sweptAt(19) },
    at: 20,
    expect: 'confirm-gone',
  },
  {
    name: 'confirmed gone',
    deleting: true,
    status: {
      ...accepted,
      deletion: { requestedAt: time(5), requests: 1, confirmedAt: time(9) },
    },
    expect: 'finalize',
  },
  {
    name: 'releasing what was only adopted',
    deleting: true,
    status: { ...accepted, adopted: true },
    facts: { recorded: aCloudDroplet() },
    expect: 'finalize',
  },
];

describe('the plan for a droplet', () => {
  it.each(cases)('$name', ({ status, deleting, facts, at = 0, expect: wanted }) => {
    const droplet = aDroplet({
      ...(status ? { status } : {}),
      ...(deleting ? { metadata: { deletionTimestamp: time(4) } } : {}),
    });
    const plan = planDroplet(droplet, { ...noFacts, ...facts }, T0 + at * 1000);
    expect(plan).toMatchObject(typeof wanted === 'string' ? { do: wanted } : wanted);
  });
});

describe('whatever the facts', () => {
  const anyTime = fc.integer({ min: 0, max: 200 });
  const anyCloud = fc
    .record({
      id: fc.integer({ min: 1, max: 5 }),
      state: fc.constantFrom('new', 'active', 'off', 'archive'),
      hasIp: fc.boolean(),
      isTagged: fc.boolean(),
      createdAt: anyTime,
    })
    .map((d) =>
      aCloudDroplet({
        id: d.id,
        state: d.state as 'new',
        ip: d.hasIp ? '127.1.1.1' : undefined,
        createdAt: time(d.createdAt),
      }),
    );
  const anyFacts = fc.record({
    sweep: fc.option(anyTime.map(sweptAt), { nil: undefined }),
    recorded: fc.option(anyCloud, { nil: undefined }),
    twins: fc.array(anyCloud, { maxLength: 2 }),
    namesakes: fc.array(anyCloud, { maxLength: 2 }),
    full: fc.constantFrom(undefined, { message: 'full', lookAt: T0 + 30_000 }),
    access: fc.constantFrom(undefined, noFacts.access, { ok: false, message: 'no', since: T0 }),
    isKeptOn: fc.boolean(),
    isPaused: fc.boolean(),
    isAbandoned: fc.boolean(),
    poolClass: fc.constant(undefined),
  });
  const anyStatus = fc.option(
    fc.record({
      id: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      acceptedAt: anyTime.map(time),
      seen: fc.constantFrom(true, undefined),
      intent: fc.option(
        fc.record({
          attempt: fc.constant(1),
          startedAt: anyTime.map(time),
          hostKey: fc.constant('k'),
          known: fc.array(fc.integer({ min: 1, max: 5 })),
          absentLooks: fc.option(fc.array(anyTime.map(time), { minLength: 1, maxLength: 2 }), {
            nil: undefined,
          }),
        }),
        { nil: undefined },
      ),
      deletion: fc.option(fc.record({ requestedAt: anyTime.map(time), requests: fc.constant(1) }), {
        nil: undefined,
      }),
      adopted: fc.constantFrom(true, undefined),
    }),
    { nil: undefined },
  );
  const check = (
    property: (
      plan: ReturnType<typeof planDroplet>,
      droplet: ReturnType<typeof aDroplet>,
      facts: DropletFacts,
      now: number,
    ) => void,
  ) =>
    fc.assert(
      fc.property(anyStatus, anyFacts, fc.boolean(), anyTime, (status, facts, deleting, at) => {
        const droplet = aDroplet({
          ...(status ? { status } : {}),
          ...(deleting ? { metadata: { deletionTimestamp: time(0) } } : {}),
        });
        const now = T0 + at * 1000;
        property(planDroplet(droplet, facts, now), droplet, facts, now);
      }),
      { numRuns: 5_000 },
    );

  it('no create is sent while one is open, an id is known, a twin is seen, the owner is gone, or the object is going', () => {
    check((plan, droplet, facts) => {
      if (!('do' in plan) || plan.do !== 'create') return;
      expect(droplet.status?.intent).toBeUndefined();
      expect(droplet.status?.id).toBeUndefined();
      expect(facts.twins).toEqual([]);
      expect(droplet.metadata.deletionTimestamp).toBeUndefined();
      expect(facts.isAbandoned).toBe(false);
    });
  });

  it('the record goes only when the machine is proven gone, was never made, or is not ours', () => {
    check((plan, droplet) => {
      if (!('do' in plan) || plan.do !== 'finalize') return;
      const { status } = droplet;
      const isProven = status?.deletion?.confirmedAt !== undefined;
      const wasNeverMade = status?.id === undefined && status?.intent === undefined;
      expect(isProven || wasNeverMade || status?.adopted === true).toBe(true);
    });
  });

  it('an intent ends only after two looks 15 s apart, the last a minute after it', () => {
    check((plan, droplet) => {
      if (!('do' in plan) || plan.do !== 'end-intent') return;
      const [first, last] = (droplet.status?.intent?.absentLooks ?? []).map((t) => Date.parse(t));
      const startedAt = Date.parse(droplet.status?.intent?.startedAt ?? '');
      expect((last ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(15_000);
      expect((last ?? 0) - startedAt).toBeGreaterThanOrEqual(60_000);
    });
  });

  it('every wait with an end lies ahead', () => {
    check((plan, _droplet, _facts, now) => {
      if ('wait' in plan && plan.until !== undefined) expect(plan.until).toBeGreaterThan(now);
    });
  });
});
