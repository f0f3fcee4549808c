import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fleetAnswer } from '../../src/api/rest/fleet-operation.ts';
import { createStatusApp } from '../../src/api/status-app.ts';
import { systemClock } from '../../src/clock.ts';
import type { ControllerReport } from '../../src/store/controller-reports.ts';
import { type Api, anApi, failedAt, giveStatus, until } from './api-app.ts';

// The fleet at a glance, and whether a process is well.

const MINUTES = 60_000;
let api: Api;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const fleet = async () => {
  const { status, json } = await api.ask('GET', '/api/fleet');
  expect(status).toBe(200);
  return fleetAnswer.parse(json).data;
};
const report = (id: string, over: Partial<ControllerReport> = {}): ControllerReport => ({
  id,
  startedAt: Date.now(),
  seenAt: Date.now(),
  brakes: { repairs: null, replacements: null },
  ...over,
});

describe('the fleet', () => {
  test('is empty at first, and says so in full', async () => {
    expect(await fleet()).toEqual({
      phases: {
        creating_droplet: 0,
        waiting_for_ssh: 0,
        initializing: 0,
        completed: 0,
        failed: 0,
        deleting: 0,
      },
      total: 0,
      budget: null,
      brakes: { repairs: null, replacements: null },
      sweep: { ageSeconds: null },
      access: { ok: true, message: '' },
      controllers: [],
    });
    const { status } = await api.ask('GET', '/api/fleet', undefined, { 'x-api-key': 'wrong' });
    expect(status).toBe(401);
  });

  test('is counted by phase, as status calls them', async () => {
    for (const number of ['5730000001', '5730000002', '5730000003', '5730000004']) {
      await api.ask('POST', '/api/instance/create', { numberphone: number });
    }
    await giveStatus(api, { phase: 'completed' }, '5730000001');
    await giveStatus(api, failedAt(1), '5730000002');
    await api.ask('DELETE', '/api/instance/5730000003');
    const seen = await until(async () => {
      const { phases, total } = await fleet();
      return phases.deleting === 1 && phases.failed === 1 ? { phases, total } : undefined;
    });
    expect(seen).toMatchObject({
      total: 4,
      phases: { creating_droplet: 1, completed: 1, failed: 1, deleting: 1 },
    });
  });

  test('shows what the controllers tell', async () => {
    const older = { minute: { limit: 50, left: 1 }, hour: { limit: 500, left: 10 } };
    const newer = { minute: { limit: 50, left: 50 }, hour: { limit: 500, left: 400 } };
    const now = Date.now();
    await api.reports.report(report('b', { seenAt: now - 1, budget: older }));
    await api.reports.report(
      report('a', {
        seenAt: now,
        budget: newer,
        brakes: { repairs: 'Redis was away just now', replacements: null },
      }),
    );
    await api.reports.report(report('c', { seenAt: now + 1 }));
    await api.cloudView.record({ startedAt: now - 5_000, finishedAt: now - 4_000 }, []);
    const refused = { ok: false, message: 'The token is refused', since: now };
    await api.cloudView.setAccess(refused, await api.cloudView.access());
    expect(await fleet()).toMatchObject({
      budget: newer,
      brakes: { repairs: 'Redis was away just now', replacements: null },
      sweep: { ageSeconds: expect.closeTo(4, -1) },
      access: { ok: false, message: 'The token is refused' },
      controllers: [{ id: 'a', seenAt: new Date(now).toISOString() }, { id: 'b' }, { id: 'c' }],
    });
  });
});

describe('a controller', () => {
  /** A controller’s face, `minutes` after its start. */
  const controllerUp = (minutes: number) =>
    createStatusApp({
      cloudView: api.cloudView,
      reports: api.reports,
      clock: systemClock,
      version: '1.2.3',
      startedAt: Date.now() - minutes * MINUTES,
      serves: { requests: false, work: true },
      metrics: { contentType: 'text/plain', text: async () => '' },
    });
  const ready = async (app: ReturnType<typeof controllerUp>) => {
    const response = await app.request('/readyz');
    return { status: response.status, body: await response.json() };
  };

  test('is well while it is new, whatever came before', async () => {
    await api.reports.noteResync(Date.now() - 60 * MINUTES);
    const app = controllerUp(1);
    expect((await app.request('/livez')).status).toBe(200);
    expect((await ready(app)).status).toBe(200);
  });

  test('is to be restarted when nobody takes work, and says so', async () => {
    const app = controllerUp(10);
    const live = await app.request('/livez');
    expect([live.status, await live.text()]).toEqual([
      503,
      expect.stringMatching(/^No controller has taken work for 60\d s/),
    ]);
    expect(await ready(app)).toMatchObject({
      status: 503,
      body: { ready: false, checks: { redis: { ok: true }, resync: { ok: false } } },
    });
    await api.reports.noteResync(Date.now());
    expect((await app.request('/livez')).status).toBe(200);
    expect((await ready(app)).status).toBe(200);
  });

  test('is not ready when its picture of the account is old', async () => {
    const app = controllerUp(10);
    await api.reports.noteResync(Date.now());
    const past = Date.now() - 6 * MINUTES;
    await api.cloudView.record({ startedAt: past, finishedAt: past }, []);
    expect(await ready(app)).toMatchObject({
      status: 503,
      body: { checks: { sweep: { ok: false, message: 'The account was listed 360 s ago' } } },
    });
    // Requests can be served all the same.
    expect((await api.ask('GET', '/readyz')).json).toMatchObject({
      ready: true,
      checks: { sweep: { ok: true, message: 'The account was listed 360 s ago' } },
    });
  });

  test('has no other pages', async () => {
    const response = await controllerUp(1).request('/api/instance/list');
    expect([response.status, await response.text()]).toEqual([
      404,
      expect.stringContaining('/readyz'),
    ]);
  });
});
