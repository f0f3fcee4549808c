import { systemClock } from '../src/clock.ts';
import { isChanging } from '../src/controller/triggers.ts';
import type { Droplet } from '../src/resources/droplet.ts';
import type { World } from '../test/chaos/world.ts';
import { eventually } from '../test/eventually.ts';
import { DEEDS, doOutside, isNoticed, type OutsideChange } from './another-program.ts';
import { type Figure, type Findings, percentile } from './figure.ts';
import { firstStart, openLightFleet, putUp, sweepAfter, viewOf } from './light-fleet.ts';
import { restOf } from './rest.ts';
import type { SharedCloud } from './shared-cloud.ts';

export interface OutsideOptions {
  readonly droplets: number;
  /** In all; in rounds of an interval each. */
  readonly changes: number;
  readonly say: (text: string) => void;
}

/** Seconds from the change until it was noticed. */
interface Noticed {
  /** Of changes at moments spread over the interval. */
  readonly spread: readonly number[];
  /** Of those in the worst moment: their page of the list was read just before. */
  readonly worst: readonly number[];
}

const CHANGES_A_ROUND = 12;
const CALM_SECONDS = 65;
const TARGET_SECONDS = 30;
const CALLS_AN_HOUR = 600;
const PAGE_SIZE = 200;
const LOOK_MS = 20;

/** How soon a controller at rest notices what others do in its account, and what its listings cost. */
export async function outsideChanges(options: OutsideOptions): Promise<Findings> {
  const { droplets, changes, say } = options;
  const fleet = await openLightFleet(droplets);
  const { world, shared, controller } = fleet;
  try {
    const klass = await firstStart(fleet);
    await putUp(fleet, droplets, klass);
    say(`outside: ${droplets} droplets are up`);
    const rest = await restOf(world, controller.pid ?? 0, CALM_SECONDS);
    say('outside: calls at rest are counted');
    const pages = Math.ceil(droplets / PAGE_SIZE);
    // Until the next sweep, as the calls tell.
    const intervalMs = (pages * 3_600_000) / rest.callsPerHour;
    const found: { spread: number[]; worst: number[] } = { spread: [], worst: [] };
    const taken = eachOnce((await world.store.list('Droplet')).items);
    for (let from = 0; from < changes; from += CHANGES_A_ROUND) {
      const count = Math.min(CHANGES_A_ROUND, changes - from);
      const { spread, worst } = await round(world, shared, taken, count, intervalMs);
      found.spread.push(...spread);
      found.worst.push(...worst);
      say(`outside: ${from + count} changes were noticed`);
    }
    return { figures: figuresOf(droplets, found, rest.callsPerHour, pages) };
  } finally {
    await world.close();
  }
}

/** Changes over one interval, the first as soon as the first page of a listing was read, and how long each went unnoticed. */
async function round(
  world: World,
  { onPage, account }: SharedCloud,
  taken: (isWanted?: (droplet: Droplet) => boolean) => Droplet,
  count: number,
  intervalMs: number,
): Promise<Noticed> {
  // What came of the last round is over, and a whole interval of rest lies before the next.
  await eventually('nothing is changing', async () => {
    const { items } = await world.store.list('Droplet');
    return !items.some(isChanging);
  });
  await sweepAfter(world, Date.now());
  const firstPage = new Set(
    account
      .list({})
      .slice(0, PAGE_SIZE)
      .map(({ id }) => id),
  );
  const onFirstPage = taken(({ status }) => firstPage.has(status?.id ?? 0));
  await pageRead(onPage, 1);
  const from = Date.now();
  const changes = [await doOutside(world, onFirstPage, 'switch it off')];
  const noticed = watch(world, changes, count + 1);
  for (let i = 0; i < count; i++) {
    const at = from + ((i + 0.5) / count) * intervalMs;
    await systemClock.sleep(Math.max(0, at - Date.now()));
    const deed = DEEDS[i % DEEDS.length] ?? 'delete it';
    changes.push(await doOutside(world, taken(), deed));
  }
  const [worst = 0, ...spread] = await noticed;
  return { spread, worst: [worst] };
}

/** Gives one after another, from anywhere in the list: what was changed once tells nothing of a second time. */
function eachOnce(droplets: readonly Droplet[]) {
  const left = new Set(droplets);
  return (isWanted: (droplet: Droplet) => boolean = () => true): Droplet => {
    const some = [...left].filter(isWanted);
    const droplet = some[Math.floor(Math.random() * some.length)];
    if (!droplet) throw new Error('There are too few droplets for so many changes.');
    left.delete(droplet);
    return droplet;
  };
}

const pageRead = (onPage: SharedCloud['onPage'], wanted: number): Promise<void> =>
  new Promise((resolve) => {
    const told = (page: number) => {
      if (page !== wanted) return;
      onPage.delete(told);
      resolve();
    };
    onPage.add(told);
  });

/** Seconds until each of `count` changes, which may still come, was noticed. */
async function watch(
  world: World,
  changes: readonly OutsideChange[],
  count: number,
): Promise<readonly number[]> {
  const view = viewOf(world);
  const took = new Map<OutsideChange, number>();
  await eventually(
    () => `${count} changes are noticed, and not ${took.size}`,
    async () => {
      const sweep = await view.lastSweep();
      for (const change of changes) {
        // Nothing but a listing tells of it.
        if (took.has(change) || !sweep || change.at > sweep.finishedAt) continue;
        if (await isNoticed(world, change)) took.set(change, (Date.now() - change.at) / 1000);
      }
      return took.size === count;
    },
    600_000,
    LOOK_MS,
  );
  return changes.map((change) => took.get(change) ?? 0);
}

function figuresOf(
  droplets: number,
  { spread, worst }: Noticed,
  callsPerHour: number,
  pages: number,
): readonly Figure[] {
  const section = `outside ${droplets}`;
  // As often as 600 requests an hour show each droplet.
  const floor = (pages * 3600) / CALLS_AN_HOUR;
  const seconds = { section, unit: 's' };
  return [
    {
      ...seconds,
      name: 'a change is noticed after: median',
      value: percentile(spread, 0.5),
      floor: floor / 2,
      note: `${spread.length} changes spread over the interval`,
    },
    {
      ...seconds,
      name: 'p95',
      value: percentile(spread, 0.95),
      floor: floor * 0.95,
      most: TARGET_SECONDS,
    },
    { ...seconds, name: 'max', value: percentile(spread, 1), floor, most: TARGET_SECONDS },
    {
      ...seconds,
      name: 'in the worst moment',
      value: percentile(worst, 1),
      floor,
      note: `right after its page was read; ${CALLS_AN_HOUR} calls an hour show each droplet no sooner again`,
    },
    {
      section,
      unit: 'calls',
      name: 'calls an hour, nothing changing',
      value: callsPerHour,
      most: CALLS_AN_HOUR,
    },
  ];
}
