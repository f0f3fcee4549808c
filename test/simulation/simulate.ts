import type { Random } from '../../src/clock.ts';
import { instanceName } from '../../src/resources/instance.ts';
import type { FaultRule } from '../../src/simulator/faults.ts';
import { Refusal } from '../../src/simulator/refusal.ts';
import { StoreError } from '../../src/store/store.ts';
import { seededRandom } from '../twins/virtual-clock.ts';
import { describeEffect, type Effect } from './gate.ts';
import type { Process } from './process.ts';
import { World, type WorldOptions } from './world.ts';

export interface Simulated {
  readonly seed: number;
  /** What happened, a line each: what users and fate did, and with `everyEffect` what the processes did. */
  readonly trace: readonly string[];
  readonly effects: number;
  readonly virtualMs: number;
  /** Why it is not as it should be. */
  readonly problem: string | undefined;
}

export interface SimulateOptions {
  readonly tamper?: WorldOptions['tamper'];
  /** Puts every effect into the trace; else the last ones before the end. */
  readonly everyEffect?: boolean | undefined;
}

const NUMBERS = ['573330000001', '573330000002', '573340000003'] as const;
/** Without tags nobody can tell a second droplet from a stranger's: whatever may make two never strikes the one whose tags may never come. */
const TAGGED = { name: 'bot-57333*' };
const UNTAGGED = { name: 'bot-57334*' };
const NO_CREATES = { operations: ['listDroplets', 'getDroplet', 'deleteDroplet', 'actOnDroplet'] };
const POOL = 'warm';
/** Of the seeds; a pool makes a run longer. */
const POOL_SHARE = 0.3;
/** Without faults: two looks for a lost create, an orphan's ten minutes, a whole ladder of repairs, deadlines of machines that never came up. */
const SETTLES_MS = 45 * 60_000;
const STAYS_MS = 60_000;
const KEPT_EFFECTS = 40;
/** Many times what the liveliest run needs. */
const MAX_EFFECTS = 60_000;

/** Some instances, processes and users in a world that fails at random; then the faults end, and all must come to rest as wished. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Simulated> {
  const random = seededRandom(seed * 2 + 1);
  const trace: string[] = [];
  const lastEffects: { readonly time: string; readonly effect: Effect }[] = [];
  let effects = 0;
  const time = () => `${((world.clock.now() - startedAt) / 1000).toFixed(3)} s`;
  const world = new World({
    random: seededRandom(seed * 2),
    ambiguityMs: 1_200_000,
    tamper: options.tamper,
    intercept: async (effect, run) => {
      effects++;
      if (effects > MAX_EFFECTS)
        throw new Error(`${MAX_EFFECTS} effects and no end: something spins`);
      if (options.everyEffect) trace.push(lineOf(time(), effect));
      else if (lastEffects.push({ time: time(), effect }) > KEPT_EFFECTS) lastEffects.shift();
      return run();
    },
  });
  const startedAt = world.clock.now();
  const tell = (what: string) => trace.push(`${time()} ${what}`);
  let problem: string | undefined;
  try {
    const skews = Array.from({ length: 1 + pick(random, 3) }, () => pick(random, 4_000) - 2_000);
    await world.start(skews);
    await chaos(world, random, tell);
    await calm(world, tell);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    trace.push(...lastEffects.map(({ time: at, effect }) => lineOf(at, effect)));
    trace.push(`${time()} ${problem}`);
  }
  return { seed, trace, effects, virtualMs: world.clock.now() - startedAt, problem };
}

const lineOf = (time: string, effect: Effect): string => `${time}   ${describeEffect(effect)}`;

type Tell = (what: string) => void;

async function chaos(world: World, random: Random, tell: Tell): Promise<void> {
  if (random() < POOL_SHARE) await fills(world, random, tell);
  for (const number of NUMBERS) if (random() < 0.7) await world.create(number);
  const events = 15 + pick(random, 30);
  for (let event = 0; event < events; event++) {
    try {
      await happens(world, random, tell);
    } catch (error) {
      // A wish that was refused was never acknowledged.
      if (!(error instanceof StoreError)) throw error;
      tell(`a wish is refused: ${error.message}`);
    }
    const pause = random() < 0.3 ? 60_000 : 6_000;
    await world.advance(Math.round(pause * random()));
  }
}

/** One thing that users or fate do. */
async function happens(world: World, random: Random, tell: Tell): Promise<void> {
  const number = NUMBERS[pick(random, NUMBERS.length)] ?? NUMBERS[0];
  const name = instanceName(number);
  const id = world.store.peek('Droplet', name)?.status?.id;
  const process = anyOf(
    random,
    world.processes.filter(({ isDead }) => !isDead),
  );
  switch (pick(random, 13)) {
    case 0:
    case 1:
    case 2:
      if (await world.create(number, { appointments: random() < 0.5 })) tell(`create ${name}`);
      break;
    case 3: {
      const features = { appointments: random() < 0.5, autoInvite: random() < 0.5 };
      const isDone = await world.edit(number, (spec) => ({ ...spec, features }));
      if (isDone) tell(`edit ${name}: ${JSON.stringify(features)}`);
      break;
    }
    case 4:
      if (await world.delete(number)) tell(`delete ${name}`);
      break;
    case 5: {
      const restartedAt = new Date(world.clock.now()).toISOString();
      const isDone = await world.edit(number, (spec) => ({ ...spec, restartedAt }));
      if (isDone) tell(`restart ${name}`);
      break;
    }
    case 6:
      if (process) tell(`${process.name} crashes`);
      if (process) world.crash(process);
      break;
    case 7:
      freezes(world, process, 2_000 + pick(random, 45_000), tell);
      break;
    case 8:
      machineSuffers(world, id, random, tell);
      break;
    case 9:
    case 10: {
      const rules = someFaults(random);
      world.setFaults(rules);
      tell(`faults: ${JSON.stringify(rules)}`);
      break;
    }
    case 11:
      if (world.pools.has(POOL)) await fills(world, random, tell);
      break;
    default:
      storeSuffers(world, random, tell);
  }
}

/** So many wait from now on; whoever is created while one is ready claims it. */
async function fills(world: World, random: Random, tell: Tell): Promise<void> {
  const replicas = pick(random, 4);
  await world.pool(POOL, { replicas });
  tell(`pool ${POOL}: ${replicas}`);
}

function freezes(world: World, process: Process | undefined, ms: number, tell: Tell): void {
  if (!process) return;
  tell(`${process.name} is frozen for ${ms} ms`);
  process.freeze();
  void world.clock.sleep(ms).then(() => process.resume());
}

function machineSuffers(world: World, id: number | undefined, random: Random, tell: Tell): void {
  if (id === undefined) return;
  const [what, happen] = anyOf(random, [
    [`the bot on ${id} dies`, () => world.hosts.sicken(id, 'needs-restart')],
    [`the machine of ${id} hangs`, () => world.hosts.sicken(id, 'needs-reboot')],
    [`the disk of ${id} is broken`, () => world.hosts.sicken(id, 'needs-replacement')],
    [`${id} loses its power`, () => world.account.powerLost(id)],
    [`${id} is destroyed by hand`, () => world.account.vanish(id)],
    [`${id} is rebooted by hand`, () => byHand(() => world.account.act(id, 'power_cycle'))],
    [`${id} is switched off by hand`, () => byHand(() => world.account.act(id, 'power_off'))],
    [`${id} gets another address`, () => world.account.readdress(id)],
    [`${id} is locked`, () => byHand(() => world.account.lock(id, true))],
  ]) as [string, () => void];
  tell(what);
  happen();
}

/** What the owner asks of DigitalOcean may be refused as well. */
function byHand(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function storeSuffers(world: World, random: Random, tell: Tell): void {
  const ms = 500 + pick(random, 20_000);
  if (random() < 0.5) {
    tell(`the store is away for ${ms} ms`);
    world.store.setAway(true);
    void world.clock.sleep(ms).then(() => world.store.setAway(false));
  } else {
    tell(`watches stand still for ${ms} ms`);
    world.store.holdWatches(true);
    void world.clock.sleep(ms).then(() => world.store.holdWatches(false));
  }
}

/** Faults of every kind that DigitalOcean was seen with; each may strike for a while. */
function someFaults(random: Random): readonly FaultRule[] {
  const ms = (least: number, most: number) => least + pick(random, most - least);
  const late = (least: number, most: number) =>
    ({ kind: 'delay', ms: ms(least, most), when: 'before' }) as const;
  const all: readonly Pick<FaultRule, 'fault' | 'on'>[] = [
    { fault: { kind: 'lose-response' } },
    { fault: { kind: 'reset' } },
    { fault: { kind: 'error', status: 503, html: false, committed: false } },
    { fault: { kind: 'error', status: 504, html: true, committed: true } },
    { fault: late(1_000, 29_000) },
    { fault: late(31_000, 55_000), on: NO_CREATES },
    { fault: late(31_000, 55_000), on: TAGGED },
    // Carried out when the create has long been given up for lost.
    { fault: late(62_000, 300_000), on: TAGGED },
    { fault: { kind: 'rate-limited', retryAfterSeconds: 1 + pick(random, 60), resetSeconds: 60 } },
    { fault: { kind: 'rate-limited', resetSeconds: 1 + pick(random, 60) } },
    { fault: { kind: 'unauthorized' } },
    { fault: { kind: 'quota' } },
    { fault: { kind: 'unavailable' } },
    { fault: { kind: 'try-again' } },
    { fault: { kind: 'pending-event' } },
    { fault: { kind: 'delete-ignored' } },
    { fault: { kind: 'delete-slow', ms: ms(1_000, 40_000) } },
    { fault: { kind: 'page-miss' } },
    { fault: { kind: 'hidden', ms: ms(500, 40_000) } },
    { fault: { kind: 'vanish', afterMs: ms(0, 30_000) } },
    { fault: { kind: 'never-active' } },
    { fault: { kind: 'locked' } },
    { fault: { kind: 'slow-boot', ms: ms(2_000, 200_000) } },
    { fault: { kind: 'address-late', ms: ms(500, 30_000) } },
    { fault: { kind: 'tags-late', ms: ms(1_000, 60_000) } },
    { fault: { kind: 'tags-never' }, on: UNTAGGED },
    { fault: { kind: 'list-lag', ms: ms(1_000, 50_000) } },
    { fault: { kind: 'twin' }, on: TAGGED },
    { fault: { kind: 'power-off', afterMs: ms(0, 60_000) } },
  ];
  return Array.from({ length: 1 + pick(random, 4) }, () => ({
    ...(anyOf(random, all) as FaultRule),
    rate: random() < 0.5 ? 1 : random(),
    times: 1 + pick(random, 6),
  }));
}

/** The faults end. What failed for good meanwhile is asked for again, as its owner would; then all must stand as wished, and stay so. */
async function calm(world: World, tell: Tell): Promise<void> {
  world.setFaults([]);
  const unlock = () => {
    for (const { id, locked } of world.account.living()) {
      if (locked) byHand(() => world.account.lock(id, false));
    }
  };
  unlock();
  // Also what a create that is late makes only now.
  world.account.onChange(unlock);
  world.store.setAway(false);
  world.store.holdWatches(false);
  for (const process of world.processes) process.resume();
  tell('the faults end');
  await world.untilSettled(SETTLES_MS);
  tell('all has settled');
  for (const number of NUMBERS) {
    const name = instanceName(number);
    const failure = world.store.peek('Instance', name)?.status?.failure;
    if (!failure) continue;
    tell(`${name} has failed (${failure.reason}) and is asked for again`);
    await world.create(number, world.wishes.get(name)?.features ?? {});
  }
  await world.untilSettled(SETTLES_MS);
  await world.advance(STAYS_MS);
  await world.untilSettled(SETTLES_MS);
  const unhappy = world.unhappy();
  if (unhappy.length > 0) throw new Error(unhappy.join('\n'));
}

const pick = (random: Random, count: number): number => Math.floor(random() * count);

const anyOf = <T>(random: Random, items: readonly T[]): T | undefined =>
  items[pick(random, items.length)];
