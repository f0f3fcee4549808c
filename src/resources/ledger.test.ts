import { describe, expect, it } from 'vitest';
import { aCloudDroplet, aDroplet, T0, time } from '../../test/builders.ts';
import {
  costOf,
  entryOf,
  hoursOf,
  type LedgerEntry,
  mergedEntry,
  type SettleFacts,
  settle,
  unexplainedAmong,
} from './ledger.ts';

const HOUR = 3_600_000;
const tags = ['orquesta', 'orquesta-cluster:c1', 'orquesta-uid:uid-droplet'];
const machine = aCloudDroplet({ tags });
const recorded = aDroplet({ status: { id: machine.id, acceptedAt: time(2) } });
const instance = { kind: 'Instance', name: 'bot-573332221111', uid: 'uid-instance' };
const entry: LedgerEntry = {
  dropletId: machine.id,
  name: machine.name,
  uid: 'uid-droplet',
  record: instance,
  requestedAt: time(1),
  from: time(2),
  origin: 'created',
};
const facts = (over: Partial<SettleFacts>): SettleFacts => ({
  running: [],
  records: [],
  seen: [],
  sweptAt: T0 + HOUR,
  clusterId: 'c1',
  ...over,
});
const ended = { ...entry, to: time(3600) };

describe('what a record tells', () => {
  it.each([
    ['before its create', {}, undefined],
    [
      'with an intent',
      { intent: { attempt: 1, startedAt: time(1), hostKey: '', known: [] } },
      { requestedAt: time(1), record: instance, size: 's-1vcpu-512mb-10gb', origin: 'created' },
    ],
    [
      'with an id',
      { id: 7, acceptedAt: time(2) },
      { dropletId: 7, from: time(2), to: undefined, origin: 'created' },
    ],
    ['of one that was taken over', { id: 7, adopted: true }, { dropletId: 7, origin: 'adopted' }],
    [
      'of one that is proven gone',
      {
        id: 7,
        acceptedAt: time(2),
        deletion: { requestedAt: time(9), requests: 1, confirmedAt: time(10) },
      },
      { from: time(2), to: time(10) },
    ],
  ] as const)('%s', (_, status, told) => {
    const found = entryOf(aDroplet({ status }));
    if (told === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(told);
  });

  it('is about itself when nobody owns it', () => {
    const droplet = aDroplet({ metadata: { ownerReferences: [] }, status: { id: 7 } });
    expect(entryOf(droplet)?.record).toMatchObject({ kind: 'Droplet', uid: 'uid-droplet' });
  });
});

describe('what is told later', () => {
  it('keeps the first times, and takes the request’s', () => {
    const request = { ...entry, dropletId: undefined, from: undefined, requestedAt: time(0) };
    const news = { ...entry, requestedAt: time(5), from: time(5) };
    expect(mergedEntry(entry, news, { request })).toMatchObject({
      requestedAt: time(0),
      from: time(2),
    });
  });

  it('does not revive what has ended, but by a listing', () => {
    expect(mergedEntry(ended, entry).to).toBe(ended.to);
    expect(mergedEntry(ended, entry, { isSeen: true }).to).toBeUndefined();
  });

  it('names whom a droplet was made for, and forgets it no more', () => {
    const orphan: LedgerEntry = { ...entry, record: undefined, origin: 'orphan' };
    expect(mergedEntry(orphan, entry)).toMatchObject({ record: instance, origin: 'created' });
    expect(mergedEntry(entry, orphan)).toMatchObject({ record: instance, origin: 'created' });
  });
});

describe('a sweep', () => {
  it.each<[string, Partial<SettleFacts>]>([
    ['finds all in order', { running: [entry], records: [recorded], seen: [machine] }],
    ['leaves foreign droplets alone', { seen: [aCloudDroplet({ tags: [] })] }],
    [
      'leaves those of another Orquesta alone',
      { seen: [aCloudDroplet({ tags: ['orquesta', 'orquesta-cluster:c2'] })] },
    ],
    ['takes no newborn for gone', { running: [{ ...entry, from: time(3590) }] }],
    ['takes a recorded droplet for there', { running: [entry], records: [recorded] }],
  ])('%s', (_, over) => {
    expect(settle(facts(over))).toEqual({ write: [], forget: [] });
  });

  it.each<[string, Partial<SettleFacts>, Partial<LedgerEntry>]>([
    [
      'writes what a crash kept from being written',
      { records: [recorded], seen: [machine] },
      { dropletId: machine.id, record: instance, origin: 'created' },
    ],
    [
      'ties a droplet that a listing showed first to the record that has it now',
      {
        running: [{ ...entry, uid: undefined, record: undefined, origin: 'orphan' }],
        records: [recorded],
        seen: [machine],
      },
      { dropletId: machine.id, uid: 'uid-droplet', record: instance, origin: 'created' },
    ],
    [
      'writes whom a droplet serves that was claimed',
      {
        running: [{ ...entry, record: { kind: 'InstancePool', name: 'default', uid: 'uid-pool' } }],
        records: [recorded],
        seen: [machine],
      },
      { dropletId: machine.id, record: instance },
    ],
    [
      'writes a lost create’s droplet before its record knows of it',
      { records: [aDroplet({})], seen: [machine] },
      { dropletId: machine.id, record: instance, origin: 'found' },
    ],
    [
      'writes a second droplet of one record',
      { running: [entry], records: [recorded], seen: [machine, { ...machine, id: 2002 }] },
      { dropletId: 2002, record: instance, origin: 'found' },
    ],
    [
      'writes one that nobody knows of',
      { seen: [machine] },
      { dropletId: machine.id, record: undefined, origin: 'orphan' },
    ],
    ['ends what is gone', { running: [entry] }, { dropletId: machine.id, to: time(3600) }],
    [
      'ends what was taken over and let go',
      { running: [{ ...entry, origin: 'adopted' }], seen: [{ ...machine, tags: [] }] },
      { origin: 'adopted', to: time(3600) },
    ],
  ])('%s', (_, over, written) => {
    const { write } = settle(facts(over));
    expect(write.map((one) => one.entry)).toEqual([expect.objectContaining(written)]);
  });

  it('forgets a create that came to nothing', () => {
    const running = [{ ...entry, dropletId: undefined, from: undefined }];
    expect(settle(facts({ running, records: [aDroplet({ status: {} })] })).forget).toEqual([
      'uid-droplet',
    ]);
    const intent = { attempt: 1, startedAt: time(1), hostKey: '', known: [] };
    const records = [aDroplet({ status: { intent } })];
    expect(settle(facts({ running, records })).forget).toEqual([]);
  });
});

describe('unexplained', () => {
  const orphan = { ...entry, record: undefined };
  it.each<[string, LedgerEntry[], number]>([
    ['is a droplet that no entry ties to a record', [], 1],
    ['is an orphan that nobody knows', [orphan], 1],
    ['is not one whose id is booked', [{ ...entry, uid: undefined }], 0],
    ['is not one whose create is under way', [{ ...entry, dropletId: undefined }], 0],
  ])('%s', (_, entries, count) => {
    expect(unexplainedAmong([machine, aCloudDroplet({ tags: [] })], entries, 'c1')).toBe(count);
  });
});

describe('the price', () => {
  const price = { usdPerHour: 0.01, usdPerMonth: 6 };
  const cost = (from: string, to: string) => costOf({ ...entry, from, to }, price, 0);
  it('goes by the hour, and in no month over the month’s', () => {
    expect(cost('2026-01-01T00:00:00Z', '2026-01-01T10:00:00Z')).toBeCloseTo(0.1);
    expect(cost('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')).toBeCloseTo(6);
    expect(cost('2026-01-31T00:00:00Z', '2026-03-01T10:00:00Z')).toBeCloseTo(0.24 + 6 + 0.1);
  });
  it('runs on while the droplet is there, and is none before', () => {
    const running = { ...entry, from: time(0) };
    expect(hoursOf(running, T0 + HOUR)).toBe(1);
    expect(costOf(running, price, T0 + HOUR)).toBeCloseTo(0.01);
    expect(costOf({ ...entry, from: undefined }, price, T0 + HOUR)).toBe(0);
  });
});
