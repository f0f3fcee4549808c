import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import { PHASES } from './resources/phase.ts';

/** From an answer out of memory to the end of a long wait, in seconds. */
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CALL = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PASS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const PHASE = [1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200];

/**
 * Every metric with its name, help, unit and buckets. What one process did is counted by that process: sum it up over all. What is
 * true of the whole fleet is a gauge that every process tells alike: take its maximum.
 */
export function createMetrics(registry: Registry): Metrics {
  const metrics = definitions(registry);
  startAtZero(metrics);
  collectDefaultMetrics({ register: registry });
  return metrics;
}

export type Metrics = ReturnType<typeof definitions>;

function definitions(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `orquesta_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `orquesta_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ) =>
    new Histogram({
      name: `orquesta_${name}`,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers,
    });

  return {
    info: gauge('info', '1; which version runs in which role.', ['version', 'role']),

    // What one process did.
    phaseDuration: histogram(
      'instance_phase_duration_seconds',
      'How long instances were in a phase before they left it.',
      PHASE,
      ['phase'],
    ),
    createDuration: histogram(
      'instance_create_duration_seconds',
      'From the declaration of an instance to the first time that its bot answered.',
      PHASE,
    ),
    passes: counter(
      'reconcile_total',
      'Passes over one object: settled (nothing more to do), again (will look later), failed (threw; backs off), aborted (key given to another, or shutdown).',
      ['kind', 'result'],
    ),
    passDuration: histogram(
      'reconcile_duration_seconds',
      'How long a pass took, waits inside it included.',
      PASS,
      ['kind'],
    ),
    steps: counter(
      'reconcile_steps_total',
      'Steps of passes, each one effect: done, or failed (threw).',
      ['kind', 'step', 'result'],
    ),
    stepDuration: histogram('reconcile_step_duration_seconds', 'How long a step took.', PASS, [
      'kind',
      'step',
    ]),
    resyncs: counter('resyncs_total', 'Times that this process named all keys to the queue.'),
    cloudRequests: counter(
      'cloud_requests_total',
      'Requests to DigitalOcean by answer: the HTTP status, "none" for no answer, "budget" for one that was not sent because the request budget was spent or could not be asked.',
      ['endpoint', 'code'],
    ),
    cloudDuration: histogram(
      'cloud_request_duration_seconds',
      'How long DigitalOcean took to answer.',
      CALL,
      ['endpoint'],
    ),
    sweepDuration: histogram(
      'sweep_duration_seconds',
      'How long a complete listing of the account took.',
      CALL,
    ),
    repairs: counter('repairs_total', 'Repairs by rung of the ladder.', ['rung']),
    orphansDeleted: counter(
      'orphans_deleted_total',
      'Droplets of ours that were deleted because no record stands for them.',
    ),
    duplicatesDeleted: counter(
      'duplicates_deleted_total',
      'Droplets that were deleted because another was made for the same object.',
    ),
    dropletsGone: counter(
      'droplets_gone_total',
      'Droplets that were found to exist no longer without having been deleted by us.',
    ),
    createsUnknown: counter(
      'creates_unknown_total',
      'Creates whose outcome was unknown: answered by a time-out, a broken connection or a 5xx.',
    ),
    sshFailures: counter('ssh_failures_total', 'SSH sessions that failed, by cause.', ['cause']),
    sshDuration: histogram(
      'ssh_open_duration_seconds',
      'How long it took to open an SSH session, or to find one open.',
      CALL,
    ),
    webhooksDropped: counter(
      'webhooks_dropped_total',
      'Webhooks that were never delivered because more than 200 of one instance waited for one endpoint.',
    ),
    botChecks: counter('bot_checks_total', 'Looks at bots.', ['result']),
    storeDuration: histogram(
      'store_duration_seconds',
      'How long the store took to answer.',
      QUICK,
      ['operation'],
    ),
    storeFailures: counter(
      'store_failures_total',
      'Operations of the store that failed. A conflict is a lost race: the pass looks again.',
      ['kind'],
    ),
    httpRequests: counter('http_requests_total', 'Requests to the API by route and status.', [
      'method',
      'route',
      'code',
    ]),
    httpDuration: histogram(
      'http_request_duration_seconds',
      'How long a request to the API took; a stream only until its first byte.',
      QUICK,
      ['method', 'route'],
    ),

    // What is true of the whole fleet.
    instances: gauge('instances', 'Instances by phase.', ['phase']),
    poolDroplets: gauge(
      'pool_droplets',
      'Droplets of an InstancePool that are wanted, ready, or on their way.',
      ['pool', 'state'],
    ),
    queueDepth: gauge(
      'queue_depth',
      'Keys in the work queue: waiting for a process, in work, or put off until later.',
      ['state'],
    ),
    queueAge: gauge(
      'queue_oldest_age_seconds',
      'How long the longest waiting key has waited for a process.',
    ),
    resyncAge: gauge(
      'resync_age_seconds',
      'Since all keys were last named to the queue; beyond some minutes no controller takes work.',
    ),
    sweepAge: gauge('sweep_age_seconds', "Since the end of the account's last complete listing."),
    sweptDroplets: gauge(
      'account_droplets',
      "Droplets on the account at the last listing, others' included.",
    ),
    budgetLeft: gauge(
      'cloud_budget_left',
      'Requests that may be sent to DigitalOcean at once now.',
      ['window'],
    ),
    budgetLimit: gauge('cloud_budget_limit', 'The same when nothing has been sent for a while.', [
      'window',
    ]),
    brakes: gauge(
      'brakes',
      '1 while repairs, or the replacement of droplets, are held in any controller.',
      ['brake'],
    ),
    controllers: gauge('controllers', 'Controllers that have reported within the last 20 s.'),
    ready: gauge('ready', '1 while the check of /readyz is passed.', ['check']),
    runningDroplets: gauge(
      'ledger_running_droplets',
      'Droplets in the ledger that have not ended.',
    ),
    unexplained: gauge(
      'ledger_unexplained_droplets',
      'Droplets with our cluster tag that no entry of the ledger ties to a record.',
    ),
    costPerHour: gauge(
      'cost_usd_per_hour',
      'What the running droplets of the ledger cost together, as far as prices are known.',
    ),
  };
}

const KINDS = ['Instance', 'Droplet', 'InstancePool', 'Sweep'];
const ENDPOINTS: readonly (readonly [endpoint: string, success: string])[] = [
  ['GET /v2/droplets', '200'],
  ['GET /v2/droplets/{id}', '200'],
  ['POST /v2/droplets', '202'],
  ['DELETE /v2/droplets/{id}', '204'],
  ['POST /v2/droplets/{id}/actions', '201'],
  ['GET /v2/account', '200'],
  ['GET /v2/sizes', '200'],
];

/** A graph of a rate, and an alert on one, need the 0 before the first event. */
function startAtZero(metrics: Metrics): void {
  for (const phase of PHASES) {
    metrics.phaseDuration.zero({ phase });
    metrics.instances.set({ phase }, 0);
  }
  for (const kind of KINDS) {
    metrics.passDuration.zero({ kind });
    for (const result of ['settled', 'again', 'failed', 'aborted']) {
      metrics.passes.inc({ kind, result }, 0);
    }
  }
  for (const [endpoint, success] of ENDPOINTS) {
    metrics.cloudDuration.zero({ endpoint });
    for (const code of [success, '429', '500', 'none', 'budget']) {
      metrics.cloudRequests.inc({ endpoint, code }, 0);
    }
  }
  for (const rung of ['restart-service', 'reboot', 'replace-droplet', 'power-on']) {
    metrics.repairs.inc({ rung }, 0);
  }
  for (const cause of ['unreachable', 'refused', 'closed', 'authentication', 'host-key']) {
    metrics.sshFailures.inc({ cause }, 0);
  }
  for (const result of ['healthy', 'sick']) metrics.botChecks.inc({ result }, 0);
  for (const kind of ['unavailable', 'conflict', 'gone']) metrics.storeFailures.inc({ kind }, 0);
  for (const operation of ['create', 'get', 'list', 'update', 'updateStatus', 'delete']) {
    metrics.storeDuration.zero({ operation });
  }
}
