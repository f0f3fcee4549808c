import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withTable } from '../../scripts/metrics-docs.ts';
import { authenticate } from '../../src/api/access/authenticate.ts';
import { parseApiKeys } from '../../src/api/access/keys.ts';
import { systemClock } from '../../src/clock.ts';
import { createMetrics } from '../../src/metrics.ts';
import { exposition } from '../../src/telemetry/exposition.ts';
import { meterHttp } from '../../src/telemetry/meter-http.ts';
import { NUMBER } from '../builders.ts';
import { type Api, anApi, giveStatus, KEY, until } from './api-app.ts';

// What is told to Prometheus, and that the guides, the dashboard and the alerts speak of what there is.

const ALERTS = 'deploy/prometheus/alerts.yaml';
const registry = new Registry();
const metrics = createMetrics(registry);
const byName = new Map(
  registry.getMetricsAsArray().map((metric) => {
    const { labelNames } = metric as unknown as { readonly labelNames: readonly string[] };
    return [metric.name, { type: String(metric.type), labels: labelNames }] as const;
  }),
);
const SUFFIXES = /_(bucket|sum|count)$/;
const ADDED = ['le', 'job', 'instance'];

/** Names and labels in a PromQL expression that the program does not export. */
function unknownIn(expr: string): readonly string[] {
  const wrong: string[] = [];
  for (const [, name = '', , selector = ''] of expr.matchAll(
    /\b((?:orquesta|nodejs|process)_\w+)(\{([^}]*)\})?/g,
  )) {
    const metric = byName.get(name) ?? byName.get(name.replace(SUFFIXES, ''));
    const isRight = metric && (byName.has(name) || metric.type === 'histogram');
    if (!isRight) wrong.push(name);
    for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)) {
      if (!metric?.labels.includes(label) && !ADDED.includes(label))
        wrong.push(`${name}{${label}}`);
    }
  }
  const known = new Set([...ADDED, ...[...byName.values()].flatMap(({ labels }) => labels)]);
  for (const [, list = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
    wrong.push(
      ...list
        .split(',')
        .map((label) => label.trim())
        .filter((label) => !known.has(label)),
    );
  }
  return wrong;
}

describe('what is documented', () => {
  test('docs/metrics.md tells of every metric, as it is (else: npx tsx scripts/metrics-docs.ts)', () => {
    const page = readFileSync('docs/metrics.md', 'utf8');
    const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
    expect(plain(page)).toContain('| `orquesta_instances` |');
    expect(plain(page)).toBe(plain(withTable(page)));
  });

  test('the dashboard asks only for what is exported', () => {
    const dashboard = JSON.parse(readFileSync('deploy/grafana/orquesta.json', 'utf8'));
    const exprs = dashboard.panels.flatMap((panel: { targets?: { expr: string }[] }) =>
      (panel.targets ?? []).map(({ expr }) => expr),
    ) as string[];
    expect(exprs.length).toBeGreaterThan(30);
    expect(exprs.flatMap(unknownIn)).toEqual([]);
    const shown = [...byName.keys()].filter(
      (name) => name.startsWith('orquesta_') && !exprs.some((expr) => expr.includes(name)),
    );
    expect(shown).toEqual(['orquesta_resyncs_total']);
  });

  test('the alerts ask only for what is exported', () => {
    const { groups } = parse(readFileSync(ALERTS, 'utf8'));
    const rules = groups.flatMap((group: { rules: unknown[] }) => group.rules) as {
      alert: string;
      expr: string;
      annotations: { summary: string; description: string };
    }[];
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
    for (const { alert, annotations } of rules) {
      expect(annotations.summary, alert).toBeTruthy();
      expect(annotations.description, alert).toBeTruthy();
    }
  });

  test('an unknown name or label would be found', () => {
    expect(unknownIn('max by (kind) (orquesta_nothing{a="b"})')).toEqual([
      'orquesta_nothing',
      'orquesta_nothing{a}',
    ]);
    expect(unknownIn('orquesta_instances_bucket{kind="x"} by (nobody)')).toEqual([
      'orquesta_instances_bucket',
      'orquesta_instances_bucket{kind}',
      'nobody',
    ]);
  });

  // Debian's package prometheus brings promtool; where it is not installed, this one check is left out.
  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  test.skipIf(!hasPromtool)('promtool takes the alerts', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', ALERTS]);
    expect(status, `${stdout}${stderr}`).toBe(0);
  });
  test.skipIf(!hasPromtool)('promtool takes what is exported', async () => {
    const input = await registry.metrics();
    const { stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    // prom-client names three gauges of its own like counters.
    const ofOurs = stderr.split('\n').filter((line) => line && !line.startsWith('nodejs_active_'));
    expect(ofOurs).toEqual([]);
  });
});

describe('/metrics', () => {
  let api: Api;
  /** Whose state is told. */
  let fleet: Api;
  let locked: Api;
  beforeAll(async () => {
    fleet = await anApi();
    const facts = {
      metrics,
      clock: systemClock,
      objects: fleet.objects,
      cloudView: fleet.cloudView,
      reports: fleet.reports,
      ledger: fleet.ledger,
      queueDepth: async () => ({ waiting: 3, active: 2, delayed: 1, oldestMs: 1_500 }),
      readiness: async () => ({ redis: { ok: true }, cloud: { ok: false } }),
    };
    const access = {
      clock: systemClock,
      apiKeys: parseApiKeys(KEY),
      requestsPerSecond: 100,
      streamsPerKey: 10,
      corsOrigins: [],
    };
    api = await anApi({
      metrics: exposition(registry, facts, undefined),
      middleware: [meterHttp(metrics)],
    });
    locked = await anApi({ metrics: exposition(registry, facts, authenticate(access)) });
  });
  afterAll(() => Promise.all([api.close(), locked.close(), fleet.close()]));

  const scrape = async () => {
    const answer = await api.app.request('/metrics');
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    return answer.text();
  };

  test('begins at 0 with every series that is known beforehand', async () => {
    const text = await scrape();
    for (const line of [
      'orquesta_repairs_total{rung="replace-droplet"} 0',
      'orquesta_reconcile_total{kind="InstancePool",result="failed"} 0',
      'orquesta_cloud_requests_total{endpoint="POST /v2/droplets",code="429"} 0',
      'orquesta_ssh_failures_total{cause="host-key"} 0',
      'orquesta_instance_phase_duration_seconds_count{phase="initializing"} 0',
      'orquesta_orphans_deleted_total 0',
      'orquesta_instances{phase="failed"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
    expect(text).toMatch(/process_resident_memory_bytes \d/);
  });

  test('tells what is true of the fleet, and nothing that is not known', async () => {
    expect(await scrape()).toContain('orquesta_sweep_age_seconds Nan\n');
    await fleet.ask('POST', '/api/instance/create', { numberphone: NUMBER });
    await giveStatus(fleet, { phase: 'initializing' });
    const now = Date.now();
    await fleet.cloudView.record({ startedAt: now - 5_000, finishedAt: now - 4_000 }, []);
    await fleet.reports.report({
      id: 'a',
      startedAt: now,
      seenAt: now,
      brakes: { repairs: 'Redis was away', replacements: null },
      budget: { minute: { limit: 50, left: 7 }, hour: { limit: 500, left: 400 } },
    });
    const text = await until(async () => {
      const told = await scrape();
      return told.includes('orquesta_instances{phase="initializing"} 1') ? told : undefined;
    });
    expect(text).toMatch(/orquesta_sweep_age_seconds [4-9]/);
    for (const line of [
      'orquesta_controllers 1',
      'orquesta_brakes{brake="repairs"} 1',
      'orquesta_brakes{brake="replacements"} 0',
      'orquesta_cloud_budget_left{window="minute"} 7',
      'orquesta_cloud_budget_limit{window="hour"} 500',
      'orquesta_queue_depth{state="waiting"} 3',
      'orquesta_queue_oldest_age_seconds 1.5',
      'orquesta_ledger_unexplained_droplets 0',
      'orquesta_ready{check="cloud"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  test('counts requests by their route, not by their path', async () => {
    await api.ask('GET', '/api/instance/status/573330000001');
    await api.ask('GET', '/api/instance/status/573330000002');
    await api.ask('GET', '/no/such/path');
    const text = await scrape();
    expect(text).toContain(
      'orquesta_http_requests_total{method="GET",route="/api/instance/status/:numberphone",code="404"} 2\n',
    );
    expect(text).not.toContain('573330000001');
    expect(text).toMatch(/orquesta_http_requests_total\{method="GET",route="none",code="404"\} 1/);
  });

  test('is open to all, or needs a key', async () => {
    expect((await api.app.request('/metrics')).status).toBe(200);
    expect((await locked.app.request('/metrics')).status).toBe(401);
    const headers = { authorization: `Bearer ${KEY}` };
    expect((await locked.app.request('/metrics', { headers })).status).toBe(200);
  });
});
