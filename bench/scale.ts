import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../src/clock.ts';
import { RedisCloudView } from '../src/store/redis-cloud-view.ts';
import { RedisControllerReports } from '../src/store/redis-controller-reports.ts';
import { API_KEY, startWorld, type World } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';
import { type Figure, type Findings, percentile } from './figure.ts';
import { jobsInHand, numberOf, seedFleet } from './fleet.ts';
import { type Health, healthFigures, healthOf } from './health.ts';
import { cpuSeconds, rssMb } from './process-cost.ts';
import { type SharedCloud, sharedCloud } from './shared-cloud.ts';

export interface ScaleOptions {
  readonly sizes: readonly number[];
  /** How long the controller is watched while there is nothing to do. */
  readonly idleSeconds: number;
  readonly say: (text: string) => void;
}

interface Measured {
  readonly size: number;
  /** Over an empty fleet. */
  readonly start: { readonly seconds: number; readonly cpu: number; readonly rss: number };
  readonly resyncSeconds: number;
  readonly resyncCpu: number;
  readonly idleShare: number;
  readonly rss: number;
  readonly callsPerHour: number;
  readonly listMs: number;
  readonly plain: readonly number[];
  readonly status: readonly number[];
  readonly health: Health;
}

const REST_SECONDS = 86_400;
const STATUS_PER_SECOND = 500;
/** Until both ends have been compiled; not counted. */
const WARM_SECONDS = 10;
const CALL_SECONDS = 20;
const QUIET_CALLS = 'calls an hour, nothing changing';

/** What a fleet costs that is declared and up, at several sizes of it. */
export async function scale(options: ScaleOptions): Promise<Findings> {
  const all: Measured[] = [];
  for (const size of options.sizes) all.push(await measure(size, options));
  const last = all.at(-1);
  const first = all[0];
  if (!last || !first) return { figures: [] };
  const figures = all.flatMap((one) => figuresOf(one, one === last));
  if (last !== first) {
    const perInstance = ({ start, resyncCpu, size }: Measured) =>
      Math.max(0, resyncCpu - start.cpu) / size;
    figures.push({
      section: 'scale',
      name: `cost per instance, ${last.size} against ${first.size}`,
      value: perInstance(last) / perInstance(first),
      unit: 'x',
      most: 1.2,
      note: `CPU of a full resync, less that of a start over nothing: ${(perInstance(last) * 1000).toFixed(2)} ms against ${(perInstance(first) * 1000).toFixed(2)} ms`,
    });
  }
  const against = (atStart: number, of: (one: Measured) => number) => [
    [0, atStart] as const,
    ...all.map((one) => [one.size, of(one)] as const),
  ];
  const cost = { x: 'instances', title: 'Cost against the size of the fleet' };
  return {
    figures,
    plots: [
      {
        ...cost,
        file: 'cost-memory.svg',
        y: 'MB',
        lines: [
          { name: 'RSS of the controller', points: against(first.start.rss, (one) => one.rss) },
        ],
      },
      {
        ...cost,
        file: 'cost-resync.svg',
        y: 'seconds',
        lines: [
          { name: 'full resync', points: against(first.start.seconds, (one) => one.resyncSeconds) },
          { name: 'its CPU', points: against(first.start.cpu, (one) => one.resyncCpu) },
        ],
      },
    ],
  };
}

function figuresOf(one: Measured, isLast: boolean): Figure[] {
  const section = `scale ${one.size}`;
  const { health, plain, status } = one;
  const most = (limit: number) => (isLast ? limit : undefined);
  return [
    { section, name: 'idle, % of a core', value: one.idleShare * 100, unit: '%', most: most(5) },
    { section, name: 'RSS of the controller', value: one.rss, unit: 'MB', most: most(400) },
    { section, name: 'full resync', value: one.resyncSeconds, unit: 's', most: most(10) },
    { section, name: QUIET_CALLS, value: one.callsPerHour, unit: 'calls', most: 600 },
    { section, name: 'list by the resource API', value: one.listMs, unit: 'ms', most: most(500) },
    {
      section,
      name: 'status p50',
      value: percentile(status, 0.5),
      unit: 'ms',
      floor: percentile(plain, 0.5),
    },
    {
      section,
      name: `status p99 at ${STATUS_PER_SECOND}/s`,
      value: percentile(status, 0.99),
      unit: 'ms',
      floor: percentile(plain, 0.99),
      most: most(10),
    },
    ...healthFigures(section, one.size, health, isLast),
  ];
}

async function measure(size: number, { idleSeconds, say }: ScaleOptions): Promise<Measured> {
  let shared: SharedCloud | undefined;
  const world = await startWorld({
    controllers: 1,
    startedControllers: 0,
    apis: 1,
    machines: async (options) => {
      shared = await sharedCloud(options);
      return shared;
    },
    random: Math.random,
    account: {
      dropletLimit: size + 10,
      bootMs: { least: 0, most: 1 },
      addressLeadMs: { least: 0, most: 0 },
      listLagMs: { least: 0, most: 0 },
      tagLagMs: { least: 0, most: 0 },
    },
    classSpec: () => ({
      health: { intervalSeconds: REST_SECONDS },
      bot: { panelPort: shared?.botPort },
    }),
    env: { API_REQUESTS_PER_SECOND: '10000', LOG_LEVEL: 'warn' },
    // As redis.conf has it.
    redisSettings: ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
  });
  try {
    if (!shared) throw new Error('The cloud was not started.');
    const { store, eyes, prefix } = world;
    const [controller] = world.controllers;
    if (!controller) throw new Error('There is no controller.');
    // The class is looked at first, as it has been in a fleet that is up.
    const startedAt = Date.now();
    controller.start();
    const klass = await eventually('the class is seen', async () => {
      const seen = await store.get('InstanceClass', 'default');
      return seen?.status?.observedGeneration === seen?.metadata.generation && seen;
    });
    await drained(world);
    const startPid = controller.pid ?? 0;
    const start = {
      seconds: (Date.now() - startedAt) / 1000,
      cpu: cpuSeconds(startPid),
      rss: rssMb(startPid),
    };
    await controller.stop();
    await seedFleet(world, 0, size, klass);
    say(`scale: ${size} instances are declared and up`);
    // A fleet that is up has been listed before: not each droplet is news.
    const seededAt = Date.now();
    controller.start();
    await sweepAfter(world, seededAt);
    await drained(world);
    await controller.stop();
    const since = Date.now();
    controller.start();
    const reports = new RedisControllerReports({ redis: eyes, prefix });
    await eventually('all is resynced', async () => ((await reports.lastResync()) ?? 0) > since);
    await drained(world);
    const pid = controller.pid ?? 0;
    const [resyncSeconds, resyncCpu] = [(Date.now() - since) / 1000, cpuSeconds(pid)];
    say(`scale: a start and the resync took ${resyncSeconds.toFixed(1)} s`);
    const idle = await idleOf(world, pid, idleSeconds);
    const rss = rssMb(pid);
    const plain = await timedCalls(world, PLAIN_PATH);
    const status = await timedCalls(world, (at) => `/api/instance/status/${numberOf(at % size)}`);
    const listMs = await listed(world, size);
    say('scale: at rest');
    const health = await healthOf(world, shared, pid);
    return { size, start, resyncSeconds, resyncCpu, ...idle, rss, listMs, plain, status, health };
  } finally {
    await world.close();
  }
}

/** Waits until nothing is in hand for a second. */
async function drained({ eyes, prefix }: World): Promise<void> {
  let quietSince: number | undefined;
  await eventually(
    'the queue is empty',
    async () => {
      if ((await jobsInHand(eyes, prefix)) > 0) quietSince = undefined;
      else quietSince ??= Date.now();
      return quietSince !== undefined && Date.now() - quietSince > 500;
    },
    600_000,
  );
}

const viewOf = ({ eyes, prefix }: World) =>
  new RedisCloudView({ redis: eyes, prefix, newId: () => 'bench' });

/** Waits for the end of a sweep that began after `time`, in ms since the epoch. */
const sweepAfter = (world: World, time: number): Promise<true> =>
  eventually(
    'a sweep',
    async () => ((await viewOf(world).lastSweep())?.startedAt ?? 0) > time,
    600_000,
  );

/** What rest costs, from the end of one sweep to that of another: a part of that time would count one too many or none. */
async function idleOf(world: World, pid: number, seconds: number) {
  const { account } = world.cloud;
  const calls = () =>
    Object.values(account.ledger.report().calls)
      .flatMap((byStatus) => Object.values(byStatus))
      .reduce((sum, one) => sum + one, 0);
  await sweepAfter(world, Date.now());
  const [callsBefore, cpuBefore, since] = [calls(), cpuSeconds(pid), Date.now()];
  await systemClock.sleep(seconds * 1000);
  await sweepAfter(world, Date.now());
  const hours = (Date.now() - since) / 3_600_000;
  return {
    idleShare: (cpuSeconds(pid) - cpuBefore) / (hours * 3600),
    callsPerHour: (calls() - callsBefore) / hours,
  };
}

async function listed({ apis }: World, size: number): Promise<number> {
  const url = `${apis[0]?.url}/apis/orquesta.clientfy.io/v1/instances`;
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    const since = performance.now();
    const response = await fetch(url, { headers: { 'x-api-key': API_KEY } });
    const { items } = JSON.parse(await response.text()) as { items: readonly unknown[] };
    took.push(performance.now() - since);
    if (items.length !== size) throw new Error(`${items.length} of ${size} were listed.`);
  }
  return percentile(took, 0.5);
}

/** What answers without looking anything up: how long a call takes by itself, on this machine and by this client. */
const PLAIN_PATH = () => '/healthz';

/** How long each took, in ms. */
async function timedCalls({ apis }: World, pathOf: (at: number) => string): Promise<number[]> {
  const paths = Array.from({ length: (WARM_SECONDS + CALL_SECONDS) * STATUS_PER_SECOND }, (_, at) =>
    pathOf(at * 7919),
  );
  const workerData = {
    urls: paths.map((path) => `${apis[0]?.url}${path}`),
    perSecond: STATUS_PER_SECOND,
    headers: { 'x-api-key': API_KEY },
  };
  const client = new Worker(new URL('./call-load.mjs', import.meta.url), { workerData });
  const [took] = (await once(client, 'message')) as [Float64Array];
  return [...took.slice(WARM_SECONDS * STATUS_PER_SECOND)];
}
