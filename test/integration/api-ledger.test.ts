import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerAnswer } from '../../src/api/rest/ledger-operation.ts';
import { clusterTag } from '../../src/resources/cloud-droplet.ts';
import { aCloudDroplet } from '../builders.ts';
import { type Api, anApi, showInAccount } from './api-app.ts';

// The ledger of droplets, hours and cost.

const HOUR = 3_600_000;
const SIZE = 's-1vcpu-512mb-10gb';
let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();
const record = { kind: 'Instance', name: 'bot-1', uid: 'uid-1' };
const ledger = async () => {
  const { status, json } = await api.ask('GET', '/api/ledger');
  expect(status).toBe(200);
  return ledgerAnswer.parse(json).data;
};

test('is empty at first', async () => {
  expect(await ledger()).toEqual({
    entries: [],
    totals: { running: 0, hours: 0, costUsd: 0, costUsdPerMonthNow: 0 },
    unexplained: 0,
  });
  const { status } = await api.ask('GET', '/api/ledger', undefined, { 'x-api-key': 'wrong' });
  expect(status).toBe(401);
});

test('tells of each droplet for whom, how long and how much, and the sum', async () => {
  await api.cloudView.setPrices({ [SIZE]: { usdPerHour: 0.005, usdPerMonth: 4 } }, Date.now());
  const about = { name: 'bot-1', uid: 'd-1', record, origin: 'created' as const };
  await api.ledger.write({
    ...about,
    dropletId: 1,
    size: SIZE,
    region: 'sfo3',
    requestedAt: ago(10),
    from: ago(10),
    to: ago(6),
  });
  await api.ledger.write({
    ...about,
    dropletId: 2,
    size: SIZE,
    requestedAt: ago(2),
    from: ago(2),
  });
  await api.ledger.write({
    ...about,
    dropletId: 3,
    size: 'odd',
    requestedAt: ago(1),
    from: ago(1),
  });
  await api.ledger.write({ ...about, uid: 'd-4', requestedAt: ago(0) });
  const { entries, totals } = await ledger();
  expect(entries).toMatchObject([
    { dropletId: 1, record, region: 'sfo3', hours: 4, usdPerHour: 0.005, costUsd: 0.02 },
    { dropletId: 2, region: null, to: null, hours: 2, costUsd: 0.01 },
    { dropletId: 3, size: 'odd', hours: 1, usdPerHour: null, costUsd: null },
    { dropletId: null, from: null, to: null, hours: 0 },
  ]);
  expect(totals).toEqual({ running: 2, hours: 7, costUsd: 0.03, costUsdPerMonthNow: 4 });
});

test('counts droplets of ours that nothing explains', async () => {
  const ours = ['orquesta', clusterTag(await api.cloudView.clusterId())];
  await showInAccount(api, [
    aCloudDroplet({ id: 1, tags: [...ours, 'orquesta-uid:d-1'] }),
    aCloudDroplet({ id: 2, tags: [...ours, 'orquesta-uid:d-2'] }),
    aCloudDroplet({ id: 3, tags: [] }),
  ]);
  expect((await ledger()).unexplained).toBe(2);
  const requestedAt = ago(1);
  const known = { name: 'bot-1', requestedAt, from: requestedAt };
  await api.ledger.write({ ...known, dropletId: 1, uid: 'd-1', record, origin: 'created' });
  await api.ledger.write({ ...known, dropletId: 2, uid: 'd-2', origin: 'orphan' });
  expect((await ledger()).unexplained).toBe(1);
});

test('comes as CSV', async () => {
  const requestedAt = ago(1);
  await api.ledger.write({
    dropletId: 1,
    name: '=cmd("x"),1',
    requestedAt,
    from: requestedAt,
    to: ago(0),
    origin: 'orphan',
  });
  const answers = [
    await api.ask('GET', '/api/ledger?format=csv'),
    await api.ask('GET', '/api/ledger', undefined, { accept: 'text/csv' }),
  ];
  for (const { status, headers, text } of answers) {
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/csv');
    const [head, row, last, end] = text.split('\r\n');
    expect(head).toBe(
      'dropletId,name,recordKind,recordName,recordUid,size,region,requestedAt,from,to,hours,usdPerHour,costUsd,origin',
    );
    expect(row).toMatch(/^1,"'=cmd\(""x""\),1",,,,,,2.*,1,,,orphan$/);
    expect(last).toBe(',unexplained: 0,,,,,,,,,,,,');
    expect(end).toBe('');
  }
  const { status, json } = await api.ask('GET', '/api/ledger?format=xml');
  expect([status, json.error]).toEqual([400, 'El parámetro format debe ser uno de: json, csv']);
});
