import { getCondition } from '../../src/resources/condition.ts';
import { type Droplet, poolOf, wasBornInPool } from '../../src/resources/droplet.ts';
import type { Instance } from '../../src/resources/instance.ts';
import { ADOPT_ANNOTATION } from '../../src/resources/meta.ts';
import { findPlace } from '../../src/simulator/place.ts';
import type { World } from '../simulation/world.ts';
import { BREAKS_BOOTSTRAP } from '../twins/droplet-hosts.ts';

const NUMBER = '573332221111';
const NAME = `bot-${NUMBER}`;
/** Longer than any ambiguity, backoff and resync together. */
export const LIMIT_MS = 900_000;

/** Something that users or the world do, and that the controllers then have to put in order. */
export interface Scenario {
  readonly name: string;
  /** One of the eight that the product stands on: every effect of it is struck in each run of the tests, however few of others'. */
  readonly isWhole?: true;
  /** What is there before; not perturbed. */
  readonly prepare?: (world: World) => Promise<void>;
  readonly play: (world: World) => Promise<void>;
}

const created = async (world: World): Promise<void> => {
  await world.create(NUMBER);
  await world.untilSettled(LIMIT_MS);
};

const dropletId = (world: World): number => world.store.peek('Droplet', NAME)?.status?.id as number;

const phaseOf = (world: World) => world.store.peek('Instance', NAME)?.status?.phase;

const aDifferentWish = (world: World) =>
  world.edit(NUMBER, (spec) => ({ ...spec, features: { appointments: true, autoInvite: true } }));

/** Acts at the moment at which the Droplet is declared, before anything is asked of the cloud. */
function onceDeclared(world: World, act: () => void): Promise<void> {
  let isDone = false;
  world.store.onCommit(({ kind, type }) => {
    if (isDone || kind !== 'Droplet' || type !== 'added') return;
    isDone = true;
    act();
  });
  return world.until('the droplet is declared', () => isDone, LIMIT_MS);
}

async function annotate(world: World, annotations: Record<string, string>): Promise<void> {
  const instance = world.store.peek('Instance', NAME);
  if (!instance) throw new Error('There is no instance');
  await world.store.update('Instance', {
    ...instance,
    metadata: {
      ...instance.metadata,
      annotations: { ...instance.metadata.annotations, ...annotations },
    },
  });
}

const setImage = (world: World, image: string): Promise<void> =>
  world.editClass((spec) => ({ ...spec, droplet: { ...spec.droplet, image } }));

const FLEET = [NUMBER, '573332221112'];

const createdFleet = async (world: World): Promise<void> => {
  // The first failure of an edit is its last try: a run stays short.
  await world.editClass((spec) => ({ ...spec, retries: { ...spec.retries, bootstrap: 0 } }));
  for (const number of FLEET) await world.create(number);
  await world.untilSettled(LIMIT_MS);
};

const giveBots = (world: World, env: Record<string, string>): Promise<void> =>
  world.editClass((spec) => ({ ...spec, bot: { ...spec.bot, env } }));

const classReason = (world: World): string | undefined =>
  getCondition(world.store.peek('InstanceClass', 'default')?.status?.conditions, 'Progressing')
    ?.reason;

const failedOnes = (world: World): number =>
  world.store.peekAll('Instance').filter(({ status }) => status?.failure).length;

export const making: readonly Scenario[] = [
  {
    name: 'create',
    isWhole: true,
    play: async (world) => {
      await world.create(NUMBER);
    },
  },
  {
    name: 'create while the account is full',
    play: async (world) => {
      world.setFaults([{ fault: { kind: 'quota' }, times: 1 }]);
      await world.create(NUMBER);
    },
  },
  {
    name: 'create refused for good, mended, and created again',
    isWhole: true,
    prepare: (world) => setImage(world, 'no-such-image'),
    play: async (world) => {
      await world.create(NUMBER);
      await world.until('it fails', () => phaseOf(world) === 'failed', LIMIT_MS);
      await setImage(world, 'ubuntu-24-04-x64');
      await world.create(NUMBER, { appointments: true });
    },
  },
  {
    name: 'create of a droplet that hides at first',
    play: async (world) => {
      world.setFaults([{ fault: { kind: 'hidden', ms: 20_000 }, times: 1 }]);
      await world.create(NUMBER);
    },
  },
  {
    name: 'create whose answer is lost, while nothing can be looked up',
    play: async (world) => {
      await world.create(NUMBER);
      await onceDeclared(world, () =>
        world.setFaults([
          { fault: { kind: 'lose-response' }, on: { operations: ['createDroplet'] }, times: 1 },
          { fault: { kind: 'reset' }, on: { operations: ['listDroplets'] } },
        ]),
      );
      await world.advance(100_000);
      world.setFaults([]);
    },
  },
];

export const keeping: readonly Scenario[] = [
  {
    name: 'edit features',
    isWhole: true,
    prepare: created,
    play: async (world) => {
      await aDifferentWish(world);
    },
  },
  {
    name: 'the bot dies',
    isWhole: true,
    prepare: created,
    play: async (world) => world.hosts.sicken(dropletId(world), 'needs-restart'),
  },
  {
    name: 'the machine is sick for good',
    prepare: created,
    play: async (world) => world.hosts.sicken(dropletId(world), 'needs-replacement'),
  },
  {
    name: 'the droplet is switched off',
    prepare: created,
    play: async (world) => world.account.powerLost(dropletId(world)),
  },
  {
    name: 'its Droplet object is deleted by hand',
    prepare: created,
    play: async (world) => {
      await world.store.delete('Droplet', NAME);
    },
  },
  {
    name: 'pause in the middle of a bootstrap, and go on later',
    play: async (world) => {
      await world.create(NUMBER);
      await world.until('it is prepared', () => phaseOf(world) === 'initializing', LIMIT_MS);
      await world.edit(NUMBER, (spec) => ({ ...spec, paused: true }));
      await world.advance(600_000);
      await world.edit(NUMBER, (spec) => ({ ...spec, paused: false }));
    },
  },
  {
    name: 'the droplet is destroyed by hand',
    isWhole: true,
    prepare: created,
    play: async (world) => world.account.vanish(dropletId(world)),
  },
];

export const ending: readonly Scenario[] = [
  {
    name: 'delete in the foreground',
    prepare: created,
    play: async (world) => {
      await world.delete(NUMBER, 'Foreground');
    },
  },
  {
    name: 'delete that leaves the droplet an orphan',
    prepare: created,
    play: async (world) => {
      await world.delete(NUMBER, 'Orphan');
    },
  },
  {
    name: 'an orphan is adopted by the next instance of its number',
    prepare: async (world) => {
      await created(world);
      await world.delete(NUMBER, 'Orphan');
      await world.untilSettled(LIMIT_MS);
    },
    play: async (world) => {
      world.orphans.clear();
      await world.create(NUMBER);
      await world.until('the number is taken', () => phaseOf(world) === 'failed', LIMIT_MS);
      await annotate(world, { [ADOPT_ANNOTATION]: 'true' });
    },
  },
  {
    name: 'delete',
    isWhole: true,
    prepare: created,
    play: async (world) => {
      await world.delete(NUMBER);
    },
  },
  {
    name: 'delete while the create is on its way',
    isWhole: true,
    play: async (world) => {
      await world.create(NUMBER);
      const isAsked = () => world.store.peek('Droplet', NAME)?.status?.intent !== undefined;
      await world.until('a create is sent', isAsked, LIMIT_MS);
      await world.delete(NUMBER);
    },
  },
  {
    name: 'delete while the bootstrap runs',
    play: async (world) => {
      await world.create(NUMBER);
      await world.until('it is prepared', () => phaseOf(world) === 'initializing', LIMIT_MS);
      await world.delete(NUMBER);
    },
  },
  {
    name: 'delete and create again at once',
    isWhole: true,
    prepare: created,
    play: async (world) => {
      await world.delete(NUMBER);
      const isFree = () => world.store.peek('Instance', NAME) === undefined;
      await world.until('the number is free', isFree, LIMIT_MS);
      await world.create(NUMBER, { autoInvite: true });
    },
  },
  {
    name: 'delete that takes long',
    prepare: created,
    play: async (world) => {
      world.setFaults([{ fault: { kind: 'delete-slow', ms: 40_000 }, times: 1 }]);
      await world.delete(NUMBER);
    },
  },
  {
    name: 'delete beside a foreign droplet of the same name',
    prepare: async (world) => {
      await created(world);
      world.account.create({
        ...findPlace('sfo3', 's-1vcpu-512mb-10gb', 'ubuntu-24-04-x64'),
        names: [NAME],
        tags: [],
        userData: '',
        publicKeys: [],
        features: [],
        vpcUuid: undefined,
      });
      await world.advance(40_000);
    },
    play: async (world) => {
      await world.delete(NUMBER);
    },
  },
];

/** What an edit of the class does to those that run. */
export const rollingOut: readonly Scenario[] = [
  {
    name: 'the class is edited under a running fleet',
    prepare: createdFleet,
    play: (world) => giveBots(world, { GREETING: 'hola' }),
  },
  {
    name: 'an edit of the class that fails, and is undone',
    prepare: createdFleet,
    play: async (world) => {
      await giveBots(world, { [BREAKS_BOOTSTRAP]: '1' });
      await world.until('it stops', () => classReason(world) === 'Stopped', LIMIT_MS);
      await world.until('one has failed', () => failedOnes(world) > 0, LIMIT_MS);
      await world.advance(100_000);
      if (failedOnes(world) > 1) throw new Error('A second one was sent after the first');
      await giveBots(world, {});
      await world.until('all is well again', () => failedOnes(world) === 0, LIMIT_MS);
    },
  },
];

/** For what only shows after the ten minutes for which no droplet is taken for an orphan. */
export const growingOld: Scenario = {
  name: 'an instance grows old',
  prepare: created,
  play: (world) => world.advance(1_500_000),
};

const OTHER = '573334445555';

const filled =
  (replicas: number) =>
  async (world: World): Promise<void> => {
    await world.pool('warm', { replicas });
    await world.untilSettled(LIMIT_MS);
  };

/** Acts at the moment at which a droplet of the pool gets an instance for its owner. */
function onceTaken(world: World, act: (droplet: Droplet) => void): Promise<void> {
  let isDone = false;
  world.store.onCommit(({ kind, object }) => {
    if (isDone || kind !== 'Droplet' || poolOf(object as Droplet)) return;
    isDone = true;
    // Whoever did not see that one waits has its own made.
    if (wasBornInPool(object as Droplet)) act(object as Droplet);
  });
  return world.until('a droplet of the pool is claimed', () => isDone, LIMIT_MS);
}

/** Acts at the moment at which an instance writes down which droplet it is about to claim. */
function onceChosen(world: World, act: () => void): Promise<void> {
  let isDone = false;
  world.store.onCommit(({ kind, object }) => {
    if (isDone || kind !== 'Instance' || !(object as Instance).status?.dropletName) return;
    isDone = true;
    act();
  });
  return world.until('an instance decides for a droplet', () => isDone, LIMIT_MS);
}

/** Longer than a create that was lost stays open, and than a resync is away. */
const CHANGED_MS = 300_000;

/** Acts at the moment at which one that is held up decides for a droplet of the pool. One whose create got lost never does, so that it is acted then, too. */
async function onceChanging(world: World, act: () => void): Promise<void> {
  let isDone = false;
  const once = () => {
    if (!isDone) act();
    isDone = true;
  };
  world.store.onCommit(({ kind, object }) => {
    if (kind !== 'Instance') return;
    if ((object as Instance).status?.dropletName?.startsWith('pool-')) once();
  });
  const end = world.clock.now() + CHANGED_MS;
  await world.until('one changes over', () => isDone || world.clock.now() >= end, LIMIT_MS);
  once();
}

/** The droplet of a pool boots, and the account takes no other. */
async function full(world: World): Promise<void> {
  await world.pool('warm', { replicas: 1 });
  await world.until('it boots', () => world.account.living().length === 1, LIMIT_MS);
  world.setFaults([{ fault: { kind: 'quota' } }]);
}

/** There is room again: for all that wait, the look for it is due. */
async function makeRoom(world: World): Promise<void> {
  world.setFaults([]);
  await world.view.setFull(undefined, await world.view.full());
}

export const claiming: readonly Scenario[] = [
  {
    name: 'fill a pool',
    play: (world) => world.pool('warm', { replicas: 2 }),
  },
  {
    name: 'claim',
    prepare: filled(1),
    play: async (world) => {
      await world.create(NUMBER);
    },
  },
  {
    name: 'two instances and one droplet that waits',
    prepare: async (world) => {
      await filled(1)(world);
      // Or the second one might find the next.
      await world.pool('warm', { maxBooting: 1 });
    },
    play: async (world) => {
      await Promise.all([world.create(NUMBER), world.create(OTHER)]);
    },
  },
  {
    name: 'the droplet dies when it was claimed',
    prepare: filled(1),
    play: async (world) => {
      await world.create(NUMBER);
      await onceTaken(world, ({ status }) => world.account.vanish(status?.id as number));
    },
  },
  {
    name: 'scale to zero while one is claimed',
    prepare: filled(1),
    play: async (world) => {
      await world.create(NUMBER);
      await onceChosen(world, () => void world.pool('warm', { replicas: 0 }));
    },
  },
  {
    name: 'delete while it claims',
    prepare: filled(1),
    play: async (world) => {
      await world.create(NUMBER);
      await onceChosen(world, () => void world.delete(NUMBER));
    },
  },
  {
    name: 'claim by one that is held up',
    prepare: full,
    play: async (world) => {
      await world.create(NUMBER);
      const end = world.clock.now() + CHANGED_MS;
      const isOver = () => phaseOf(world) === 'completed' || world.clock.now() >= end;
      await world.until('it runs', isOver, LIMIT_MS);
      await makeRoom(world);
    },
  },
  {
    name: 'two that are held up, and one droplet that gets ready',
    prepare: full,
    play: async (world) => {
      await Promise.all([world.create(NUMBER), world.create(OTHER)]);
      await onceChanging(world, () => {});
      await world.advance(20_000);
      await makeRoom(world);
    },
  },
  {
    name: 'room comes as one that is held up changes over',
    prepare: full,
    play: async (world) => {
      await world.create(NUMBER);
      await onceChanging(world, () => void makeRoom(world));
    },
  },
  {
    name: 'delete as one that is held up changes over',
    prepare: full,
    play: async (world) => {
      await world.create(NUMBER);
      await onceChanging(world, () => void world.delete(NUMBER));
      await makeRoom(world);
    },
  },
];

/** What a pool's one request for many may come to. */
export const filling: readonly Scenario[] = [
  {
    name: 'fill a pool by an answer that names only some',
    play: async (world) => {
      world.setFaults([{ fault: { kind: 'partial-create' }, times: 1 }]);
      await world.pool('warm', { replicas: 3 });
    },
  },
  {
    name: 'fill a pool by an answer that gets lost',
    play: async (world) => {
      world.setFaults([
        { fault: { kind: 'lose-response' }, on: { operations: ['createDroplet'] }, times: 1 },
      ]);
      await world.pool('warm', { replicas: 2 });
    },
  },
  {
    name: 'a droplet that waits is switched off',
    prepare: filled(2),
    play: async (world) => {
      const [first] = world.store.peekAll('Droplet');
      world.account.powerLost(first?.status?.id as number);
      await world.until(
        'it is noticed',
        () => first !== world.store.peekAll('Droplet')[0],
        LIMIT_MS,
      );
    },
  },
  {
    name: 'the class changes under a pool',
    prepare: filled(1),
    play: (world) => setImage(world, 'debian-12-x64'),
  },
  {
    name: 'delete a pool',
    prepare: filled(1),
    play: (world) => world.deletePool('warm'),
  },
];
