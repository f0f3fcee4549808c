import type { InstanceClass } from '../src/resources/instance-class.ts';
import { RedisCloudView } from '../src/store/redis-cloud-view.ts';
import { RedisControllerReports } from '../src/store/redis-controller-reports.ts';
import type { Program } from '../test/chaos/processes.ts';
import { startWorld, type World } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';
import { percentile } from './figure.ts';
import { jobsInHand, seedFleet } from './fleet.ts';
import { cpuSeconds, rssMb } from './process-cost.ts';
import { type SharedCloud, sharedCloud } from './shared-cloud.ts';

/** One controller and one API over droplets without machines, whose bots are all one server. */
export interface LightFleet {
  readonly world: World;
  readonly shared: SharedCloud;
  readonly controller: Program;
}

/** What a start took, until all had been looked at and nothing was in hand. */
export interface Start {
  readonly seconds: number;
  /** Seconds of the processor. */
  readonly cpu: number;
  /** MB. */
  readonly rss: number;
}

/** Starts differ from each other by a tenth of a second of the processor's time, and a thousand instances take three. */
export const STARTS = 9;
const REST_SECONDS = 86_400;
/** Who loses a droplet gets one without a machine, and is to wait for it longer than any run takes. */
const NEVER_SECONDS = 86_400;

/** An account for so many droplets, and bots that nobody looks at yet. The controller is not started. */
export async function openLightFleet(size: number): Promise<LightFleet> {
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
      dropletLimit: size + 100,
      bootMs: { least: 0, most: 1 },
      addressLeadMs: { least: 0, most: 0 },
      listLagMs: { least: 0, most: 0 },
      tagLagMs: { least: 0, most: 0 },
      actionMs: { least: 0, most: 0 },
      deleteMs: { least: 0, most: 0 },
    },
    classSpec: () => ({
      health: { intervalSeconds: REST_SECONDS },
      deadlines: { dropletActiveSeconds: NEVER_SECONDS, sshSeconds: NEVER_SECONDS },
      bot: { panelPort: shared?.botPort },
    }),
    env: { API_REQUESTS_PER_SECOND: '10000', LOG_LEVEL: 'warn' },
  });
  const [controller] = world.controllers;
  if (!shared || !controller) {
    await world.close();
    throw new Error('The cloud or the controller is missing.');
  }
  return { world, shared, controller };
}

/** Starts the controller over no instances at all for the first time, and stops it: the class, as it has been looked at. */
export async function firstStart({ world, controller }: LightFleet): Promise<InstanceClass> {
  controller.start();
  const klass = await eventually('the class is seen', async () => {
    const seen = await world.store.get('InstanceClass', 'default');
    return seen?.status?.observedGeneration === seen?.metadata.generation && seen;
  });
  await drained(world);
  await controller.stop();
  return klass;
}

/** Declares instances that are up, and starts the controller over them for the first time: a fleet that is up has been listed, and not each droplet is news. */
export async function putUp(
  { world, controller }: LightFleet,
  size: number,
  klass: InstanceClass,
): Promise<void> {
  await seedFleet(world, 0, size, klass);
  const seededAt = Date.now();
  controller.start();
  await sweepAfter(world, seededAt);
  await drained(world);
}

/** Starts the controller again and again, and leaves it running after the last time: what a start with its full resync takes, by the median. */
export async function restarts({ world, controller }: LightFleet): Promise<Start> {
  const reports = new RedisControllerReports({ redis: world.eyes, prefix: world.prefix });
  const starts: Start[] = [];
  while (starts.length < STARTS) {
    await controller.stop();
    const since = Date.now();
    controller.start();
    await eventually('all is resynced', async () => ((await reports.lastResync()) ?? 0) > since);
    await drained(world);
    const pid = controller.pid ?? 0;
    const seconds = (Date.now() - since) / 1000;
    starts.push({ seconds, cpu: cpuSeconds(pid), rss: rssMb(pid) });
  }
  const median = (of: (start: Start) => number) => percentile(starts.map(of), 0.5);
  return {
    seconds: median(({ seconds }) => seconds),
    cpu: median(({ cpu }) => cpu),
    rss: median(({ rss }) => rss),
  };
}

/** Waits until nothing is in hand for half a second. */
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

/** What the controller knows of the account. */
export const viewOf = ({ eyes, prefix }: World): RedisCloudView =>
  new RedisCloudView({ redis: eyes, prefix, newId: () => 'bench' });

/** The first sweep that ended after this was asked and began after `time`, in ms since the epoch. */
export const sweepAfter = (world: World, time: number) =>
  eventually(
    'a sweep',
    async () => {
      const sweep = await viewOf(world).lastSweep();
      return sweep !== undefined && sweep.startedAt > time && sweep;
    },
    600_000,
  );
