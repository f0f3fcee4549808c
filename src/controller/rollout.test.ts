import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstance, T0, time } from '../../test/builders.ts';
import type { BootstrapStatus, Instance, InstanceStatus } from '../resources/instance.ts';
import type { Turn } from '../resources/instance-class.ts';
import { hasServed, type Member, rolloutOf } from './rollout.ts';

const ssh = { dropletId: 1, hostKey: 'k', since: time(0), isUp: true };
const oldRun: BootstrapStatus = {
  run: 'a',
  revision: 'r1',
  classRevision: 'c1',
  dropletId: 1,
  attempt: 1,
  startedAt: time(0),
  finishedAt: time(10),
  exitCode: 0,
};
const newRun: BootstrapStatus = {
  ...oldRun,
  revision: 'r2',
  classRevision: 'c2',
  updates: 'class',
  startedAt: time(100),
  finishedAt: time(110),
};
const running: BootstrapStatus = { ...newRun, finishedAt: undefined, exitCode: undefined };
const own = (run: BootstrapStatus): BootstrapStatus => ({ ...run, updates: 'instance' });
const phase = 'completed' as const;
const bot = { failures: 0, lastHealthyAt: time(120) };
const failure = { reason: 'X', message: 'no', phase, generation: 1, at: time(150) };

const states = {
  waiting: { ssh, phase, bootstrap: oldRun, bot },
  ownWaiting: { ssh, phase, bootstrap: { ...oldRun, classRevision: 'c2' }, bot },
  updating: { ssh, bootstrap: running, bot: { ...bot, lastHealthyAt: time(90) } },
  unanswered: { ssh, bootstrap: newRun, bot: { ...bot, lastHealthyAt: time(90) } },
  answering: { ssh, phase: 'initializing', bootstrap: newRun, bot },
  updated: { ssh, phase, bootstrap: newRun, bot },
  retrying: { ssh, bootstrap: { ...newRun, exitCode: 1 }, bot },
  sick: { ssh, phase, bootstrap: newRun, bot: { ...bot, failures: 1 } },
  failed: { ssh, bootstrap: newRun, failure },
  ownFailed: { ssh, bootstrap: own(newRun), failure },
  failedBefore: { ssh, bootstrap: oldRun, failure },
  replacedAsAsked: {
    bootstrap: newRun,
    repairs: { replacements: 0, replacedUid: 'gone', at: time(150) },
  },
  created: { ssh, bootstrap: { ...newRun, updates: undefined }, bot, phase },
  creating: { ssh, bootstrap: { ...running, updates: undefined } },
} satisfies Record<string, Partial<InstanceStatus>>;
type State = keyof typeof states;

const fleetOf = (counts: Partial<Record<State, number>>): Member[] =>
  Object.entries(counts).flatMap(([state, count]) =>
    Array.from({ length: count }, (_, index) => ({
      instance: anInstance({
        metadata: { name: `${state}-${index}` },
        status: states[state as State],
      }),
      revision: 'r2',
    })),
  );
const rollout = (counts: Partial<Record<State, number>>, turns: Turn[] = [], now = 200) =>
  rolloutOf('c2', fleetOf(counts), turns, T0 + now * 1000);
const namesOf = ({ turns }: { turns: readonly Turn[] }) => turns.map(({ name }) => name);

describe('a rollout', () => {
  it.each<[string, Partial<Record<State, number>>, number]>([
    ['nobody is there', {}, 0],
    ['nobody needs one', { updated: 20, created: 5, creating: 3 }, 0],
    ['a small fleet waits', { waiting: 5 }, 1],
    ['a fleet of 19 waits', { waiting: 19 }, 1],
    ['a fleet of 40 waits', { waiting: 40 }, 4],
    ['some are in hand', { waiting: 35, updating: 2, unanswered: 1, updated: 2 }, 1],
    ['all that may be are in hand', { waiting: 7, updating: 1, updated: 2 }, 0],
    ['new ones are on their way', { waiting: 5, creating: 5 }, 1],
    ['others had failed before', { waiting: 8, failedBefore: 2 }, 1],
    ['one has failed', { waiting: 35, updated: 4, failed: 1 }, 0],
    ['the bootstrap of one fails', { waiting: 35, updated: 4, retrying: 1 }, 0],
    ['the bot of one is sick', { waiting: 35, updated: 4, sick: 1 }, 0],
    ['own edits wait', { ownWaiting: 40 }, 4],
    ['own edits wait while the class stands', { ownWaiting: 20, waiting: 19, failed: 1 }, 4],
    ['one has failed by its own edit', { ownWaiting: 19, ownFailed: 1 }, 2],
    ['two have failed by their own edits', { ownWaiting: 18, ownFailed: 2 }, 0],
  ])('when %s: gives turns', (_, counts, turns) => {
    expect(rollout(counts).turns).toHaveLength(turns);
  });

  it('tells how it stands', () => {
    expect(rollout({ updated: 9, created: 1 })).toMatchObject({
      is: 'RolledOut',
      message: '10 of 10 instances are up to date',
    });
    expect(rollout({ updated: 8, waiting: 2 })).toMatchObject({
      is: 'Updating',
      message:
        '8 of 10 instances are up to date; waiting-0 in hand; 1 wait, no more than 1 at a time',
    });
    expect(rollout({ updated: 9, answering: 1 })).toMatchObject({ is: 'Updating', updated: 9 });
    expect(rollout({ updated: 8, waiting: 1, failed: 1 })).toMatchObject({
      is: 'Stopped',
      failed: 1,
      message: expect.stringContaining('failed-0 was re-initialised and is not well'),
    });
  });

  it('is not stopped by a replacement that somebody asked for after all went well', () => {
    expect(rollout({ updated: 9, replacedAsAsked: 1 })).toMatchObject({
      is: 'Updating',
      failed: 0,
    });
  });

  it('leaves turns with whom they were given to, until these are seen to have had them', () => {
    const turns = [{ name: 'waiting-7', revision: 'r1' }];
    expect(rollout({ waiting: 10 }, turns).turns).toEqual([{ name: 'waiting-7', revision: 'r2' }]);
  });

  it("lets a customer's own edit go before the class's", () => {
    expect(namesOf(rollout({ waiting: 5, ownWaiting: 1 }))).toEqual(['ownWaiting-0']);
  });

  it('takes turns back when it stops', () => {
    const turns = [{ name: 'waiting-0', revision: 'r2' }];
    expect(rollout({ waiting: 19, failed: 1 }, turns).turns).toEqual([]);
  });

  it('forgets own edits that failed long ago, and tells when', () => {
    const counts = { ownWaiting: 18, ownFailed: 2 };
    expect(rollout(counts).until).toBe(T0 + (100 + 3_600) * 1000);
    expect(rollout(counts, [], 100 + 3_600).turns).toHaveLength(2);
  });

  it('is undone from where it stopped: those on the new revision go back, the others are not touched', () => {
    const undone = fleetOf({ waiting: 7, updated: 2, failed: 1 }).map((member) => ({
      ...member,
      revision: 'r1',
    }));
    const back = rolloutOf('c1', undone, [], T0 + 200_000);
    expect(back).toMatchObject({ is: 'Updating', updated: 7, failed: 0 });
    expect(namesOf(back)).toEqual(['updated-0']);
  });

  it('leaves out who is paused or going', () => {
    const [first, second, ...rest] = fleetOf({ waiting: 3 }) as [Member, Member, Member];
    const paused = { ...first, instance: { ...first.instance } as Instance };
    Object.assign(paused.instance, { spec: { ...first.instance.spec, paused: true } });
    const going = anInstance({
      metadata: { name: 'waiting-1', deletionTimestamp: time(0) },
      status: states.waiting,
    });
    const fleet = [paused, { ...second, instance: going }, ...rest];
    const seen = rolloutOf('c2', fleet, [], T0 + 200_000);
    expect([seen.instances, namesOf(seen)]).toEqual([2, ['waiting-2']]);
  });
});

/** A fleet whose class is edited again and again, followed by controllers that see it late. */
class Model {
  readonly #histories: Instance[][];
  /** Of each instance, up to where every later look sees at least. */
  readonly #seen: number[];
  #edition = 1;
  #turns: readonly Turn[] = [];

  constructor(size: number) {
    this.#histories = Array.from({ length: size }, (_, index) => [
      anInstance({
        metadata: { name: `bot-${index}` },
        status: {
          ...states.waiting,
          bootstrap: { ...oldRun, revision: 'r1', classRevision: 'r1' },
        },
      }),
    ]);
    this.#seen = this.#histories.map(() => 0);
  }

  edit(): void {
    this.#edition++;
  }

  /** A pass over the class, on a view that is as fresh as the last one's or fresher. */
  look(lag: number): void {
    const fleet = this.#histories.map((history, index) => {
      const seen = Math.max(this.#seen[index] ?? 0, history.length - 1 - lag);
      this.#seen[index] = seen;
      return { instance: history[seen] as Instance, revision: this.#revision };
    });
    this.#turns = rolloutOf(this.#revision, fleet, this.#turns, T0).turns;
    // Whoever comes next has seen everything up to this write.
    this.#seen.fill(0);
    for (const [index, history] of this.#histories.entries())
      this.#seen[index] = history.length - 1;
  }

  /** What the plan lets an instance do: begin when it is its turn, or when its bot does not serve; and then end. */
  act(pick: number, ends: 'well' | 'badly'): void {
    // Most could do nothing: those that can are to be met often enough.
    const able = this.#histories
      .map((_, index) => index)
      .filter((index) => this.#hasTurn(index) || !hasServed(this.#latest(index).status));
    const index = able[pick % able.length];
    if (index === undefined) return;
    const instance = this.#latest(index);
    const run = instance.status?.bootstrap as BootstrapStatus;
    if (run.revision !== this.#revision) {
      const begun = { ...running, revision: this.#revision, classRevision: this.#revision };
      this.#write(index, { ...states.updating, bootstrap: begun });
    } else if (!hasServed(instance.status)) {
      const bootstrap = { ...run, finishedAt: time(110), exitCode: ends === 'well' ? 0 : 1 };
      this.#write(index, { ...states.updated, bootstrap });
    }
  }

  #hasTurn(index: number): boolean {
    const { name } = this.#latest(index).metadata;
    return this.#turns.some((turn) => turn.name === name && turn.revision === this.#revision);
  }

  get #revision(): string {
    return `r${this.#edition}`;
  }

  get busy(): number {
    return this.#histories.filter((_, index) => !hasServed(this.#latest(index).status)).length;
  }

  #latest(index: number): Instance {
    return this.#histories[index]?.at(-1) as Instance;
  }

  #write(index: number, status: Partial<InstanceStatus>): void {
    const { name } = this.#latest(index).metadata;
    this.#histories[index]?.push(anInstance({ metadata: { name }, status }));
  }
}

it('never has more than one in ten without its bot, whoever looks when', () => {
  const anyDeed = fc.oneof(
    { weight: 1, arbitrary: fc.constant({ deed: 'edit' as const }) },
    { weight: 6, arbitrary: fc.record({ deed: fc.constant('look' as const), lag: fc.nat(3) }) },
    {
      weight: 12,
      arbitrary: fc.record({
        deed: fc.constant('act' as const),
        pick: fc.nat(29),
        ends: fc.constantFrom('well' as const, 'well' as const, 'badly' as const),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(anyDeed, { minLength: 20, maxLength: 80, size: 'max' }), (deeds) => {
      const model = new Model(30);
      for (const one of deeds) {
        if (one.deed === 'edit') model.edit();
        else if (one.deed === 'look') model.look(one.lag);
        else model.act(one.pick, one.ends);
        expect(model.busy).toBeLessThanOrEqual(3);
      }
    }),
    { numRuns: 500 },
  );
});
