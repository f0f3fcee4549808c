import { dropletReconciler } from '../../../src/controller/droplet/index.ts';
import type { DropletFacts, DropletStep } from '../../../src/controller/droplet/plan.ts';
import type { Plan, StepContext } from '../../../src/controller/reconciler.ts';
import type { Droplet } from '../../../src/resources/droplet.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Mutant, replaced, type Writable } from './mutation.ts';

type DropletContext = StepContext<'Droplet', DropletFacts>;
type DropletPlan = Plan<DropletStep>;

const reconciler = dropletReconciler as Writable<typeof dropletReconciler>;
const steps = dropletReconciler.steps as {
  -readonly [Name in DropletStep]: (typeof dropletReconciler.steps)[Name];
};

function withStep(name: DropletStep, step: (typeof steps)[DropletStep]): () => void {
  const sound = steps[name];
  steps[name] = step;
  return () => {
    steps[name] = sound;
  };
}

/** `mutate` may answer another plan than the sound one. */
function withPlan(
  mutate: (sound: DropletPlan, droplet: Droplet, facts: DropletFacts) => DropletPlan,
): () => void {
  const sound = reconciler.plan;
  reconciler.plan = (droplet, facts, now) => mutate(sound(droplet, facts, now), droplet, facts);
  return () => {
    reconciler.plan = sound;
  };
}

function withFacts(mutate: (facts: DropletFacts) => DropletFacts): () => void {
  const sound = reconciler.observe;
  reconciler.observe = async (...args) => mutate(await sound(...args));
  return () => {
    reconciler.observe = sound;
  };
}

/** The step's context with some of its parts replaced. */
const changed = (context: DropletContext, parts: Partial<DropletContext>): DropletContext =>
  Object.create(
    context,
    Object.fromEntries(Object.entries(parts).map(([key, value]) => [key, { value }])),
  ) as DropletContext;

const does = (plan: DropletPlan, step: DropletStep): boolean => 'do' in plan && plan.do === step;
const waits = (plan: DropletPlan, reason: string): boolean =>
  'wait' in plan && plan.wait === reason;

const sound = { create: steps.create, checkGone: steps['check-gone'] };

/** In how one droplet is kept. */
export const dropletMutants = {
  skipsTheIntent: {
    name: 'sends the create without having written an intent',
    install: () =>
      withStep('create', (context) =>
        sound.create(
          changed(context, {
            save: async (learnt) => (learnt.intent ? undefined : context.save(learnt)),
            saveFact: (learnt) => context.save(learnt),
          }),
        ),
      ),
  },
  savesTheIdLate: {
    name: 'ends the intent first and writes the id afterwards',
    install: () =>
      withStep('create', (context) =>
        sound.create(
          changed(context, {
            saveFact: async (learnt) => {
              await context.save({ intent: undefined });
              await context.save(learnt);
            },
          }),
        ),
      ),
  },
  takesAFailedLookForAbsence: {
    name: 'takes a look by name that failed for "there is none"',
    tamper: (ports) => ({
      ...ports,
      cloud: replaced(ports.cloud, {
        findByName: (name, signal) => ports.cloud.findByName(name, signal).catch(() => []),
      }),
    }),
  },
  takesAFailedGetForGone: {
    name: 'takes a look by id that failed for "it is gone"',
    tamper: (ports, world) => ({
      ...ports,
      cloud: replaced(ports.cloud, {
        getDroplet: async (id, signal) => {
          // Nothing can be told from a call that does not get through.
          world.setFaults([{ fault: { kind: 'reset' }, on: { operations: ['getDroplet'] } }]);
          return ports.cloud.getDroplet(id, signal).catch(() => undefined);
        },
      }),
    }),
  },
  dropsTheFinalizerEarly: {
    name: 'lets the record go as soon as the delete is accepted',
    install: () =>
      withPlan((plan) => (waits(plan, 'Deleting') ? { do: 'finalize', why: 'mutant' } : plan)),
  },
  overwrites: {
    name: 'writes without compare-and-swap',
    tamper: (ports) => ({ ...ports, store: overwriting(ports.store) }),
  },
  postsAgainAtOnce: {
    name: 'sends the create again at once when its outcome is unknown',
    install: () =>
      withPlan((plan) =>
        waits(plan, 'OutcomeUnknown') || does(plan, 'look-by-name')
          ? { do: 'create', why: 'mutant' }
          : plan,
      ),
  },
  adoptsByNameAlone: {
    name: 'takes every droplet of the name for its own',
    install: () =>
      withFacts((facts) => ({ ...facts, twins: [...facts.twins, ...facts.namesakes] })),
  },
  deletesByName: {
    name: 'deletes by name',
    tamper: (ports, world) => ({
      ...ports,
      cloud: replaced(ports.cloud, {
        deleteDroplet: async (id, signal) => {
          const name = world.account.living().find((droplet) => droplet.id === id)?.name;
          for (const droplet of world.account.list(name === undefined ? {} : { name })) {
            await ports.cloud.deleteDroplet(droplet.id, signal);
          }
          return 'accepted';
        },
      }),
    }),
  },
  ignoresNewborns: {
    name: 'believes at once that a newborn which is not shown is gone',
    install: () =>
      withPlan((plan, droplet, facts) =>
        waits(plan, 'Booting') && !facts.recorded && droplet.status?.id !== undefined
          ? { do: 'check-gone', why: 'mutant' }
          : plan,
      ),
  },
  believesTheBootstrap: {
    name: 'takes a bootstrap for done when it was started',
    tamper: (ports) => ({
      ...ports,
      shell: replaced(ports.shell, {
        open: async (target, signal) => {
          const session = await ports.shell.open(target, signal);
          return {
            ...session,
            exec: async (command, options) => {
              const result = await session.exec(command, options);
              return { ...result, stdout: result.stdout.replace('running', 'ended 0') };
            },
            stream: async function* () {},
          };
        },
      }),
    }),
  },
  replacesWithoutProof: {
    name: 'gives a droplet up without waiting for its end',
    tamper: (ports) => ({
      ...ports,
      store: replaced(ports.store, {
        delete: async (kind, name, preconditions) => {
          const going = await ports.store.delete(kind, name, preconditions);
          const metadata = { ...going.metadata, finalizers: [] };
          return kind === 'Droplet' ? ports.store.update(kind, { ...going, metadata }) : going;
        },
      } as Partial<Store>),
    }),
  },
  collectsWithoutRecords: {
    name: 'collects orphans without having seen the records',
    tamper: (ports) => ({
      ...ports,
      store: replaced(ports.store, {
        list: async (kind) => {
          const { resourceVersion, items } = await ports.store.list(kind);
          return { resourceVersion, items: kind === 'Droplet' ? [] : items };
        },
      }),
    }),
  },
  deletesUnderAnOpenIntent: {
    name: 'lets a record go while a create of it is open',
    install: () =>
      withPlan((plan, droplet) =>
        droplet.metadata.deletionTimestamp && droplet.status?.intent
          ? { do: 'finalize', why: 'mutant' }
          : plan,
      ),
  },
  keepsDuplicates: {
    name: 'leaves a duplicate where it is',
    install: () => withFacts((facts) => ({ ...facts, twins: facts.recorded ? [] : facts.twins })),
  },
  keepsTheAbandoned: {
    name: 'keeps a droplet whose instance is gone',
    install: () => withFacts((facts) => ({ ...facts, isAbandoned: false })),
  },
  claimsWithoutComparing: {
    name: 'claims a droplet over whoever else has claimed it meanwhile',
    tamper: (ports) => ({
      ...ports,
      store: replaced(ports.store, {
        update: async (kind, object) => {
          const stored = await ports.store.get(kind, object.metadata.name);
          const isClaim = kind === 'Droplet' && !object.metadata.deletionTimestamp;
          const { uid, resourceVersion } = (isClaim && stored ? stored : object).metadata;
          const metadata = { ...object.metadata, uid, resourceVersion };
          return ports.store.update(kind, { ...object, metadata });
        },
      } as Partial<Store>),
    }),
  },
  asksForManyWithoutIntent: {
    name: 'asks for the members of a pool without having written an intent',
    tamper: (ports) => ({
      ...ports,
      store: replaced(ports.store, {
        updateStatus: (kind, object) => {
          const status = object.status as { readonly intent?: unknown } | undefined;
          if (kind !== 'Droplet' || !status?.intent) return ports.store.updateStatus(kind, object);
          return ports.store.updateStatus(kind, {
            ...object,
            status: { ...status, intent: undefined },
          } as typeof object);
        },
      } as Partial<Store>),
    }),
  },
  believesTheFirst404: {
    name: 'takes a young droplet for gone at the first 404',
    install: () =>
      withStep('check-gone', (context) => {
        const { object } = context;
        const missingSince = new Date(0).toISOString();
        const status = object.status && { ...object.status, missingSince };
        return sound.checkGone(changed(context, { object: { ...object, status } }));
      }),
  },
} as const satisfies Record<string, Mutant>;

/** Every write goes over whatever is stored. */
function overwriting(store: Store): Store {
  const write =
    (method: 'update' | 'updateStatus'): Store['update'] =>
    async (kind, object) => {
      const stored = await store.get(kind, object.metadata.name);
      const { uid, resourceVersion } = stored?.metadata ?? object.metadata;
      return store[method](kind, {
        ...object,
        metadata: { ...object.metadata, uid, resourceVersion },
      });
    };
  return replaced(store, { update: write('update'), updateStatus: write('updateStatus') });
}
