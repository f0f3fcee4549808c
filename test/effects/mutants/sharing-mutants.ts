import { instanceClassReconciler } from '../../../src/controller/instance-class/index.ts';
import type { Instance } from '../../../src/resources/instance.ts';
import type { Store } from '../../../src/store/store.ts';
import { MemoryBudget } from '../../twins/memory-budget.ts';
import { type Mutant, replaced, type Writable } from './mutation.ts';

/** In what many instances and processes share, and in how a machine gets a key of its own. */
export const sharingMutants = {
  forgetsItsSuspicion: {
    name: 'tells nobody which droplets it takes for orphans',
    tamper: (ports) => ({
      ...ports,
      cloudView: replaced(ports.cloudView, {
        suspects: async () => undefined,
        setSuspects: async () => {},
      }),
    }),
  },
  forgetsTheRefusedToken: {
    name: 'tells nobody that the token is refused',
    tamper: (ports) => ({
      ...ports,
      cloudView: replaced(ports.cloudView, {
        setAccess: async (access, known) => access.ok && ports.cloudView.setAccess(access, known),
      }),
    }),
  },
  forgetsTheFullAccount: {
    name: 'tells nobody that the account is full',
    tamper: (ports) => ({
      ...ports,
      cloudView: replaced(ports.cloudView, { setFull: async () => false }),
    }),
  },
  spendsTheLastTenth: {
    name: 'keeps nothing of the budget for deletes',
    install: () => {
      const { take } = MemoryBudget.prototype;
      MemoryBudget.prototype.take = function (this: MemoryBudget) {
        return take.call(this, 'create');
      };
      return () => {
        MemoryBudget.prototype.take = take;
      };
    },
  },
  activatesTheKeyUnnoted: {
    name: 'has sshd present a new host key that was not written down',
    tamper: (ports) => ({
      ...ports,
      store: replaced(ports.store, {
        updateStatus: (kind, object) => {
          const { ssh } = (object.status ?? {}) as NonNullable<Instance['status']>;
          if (kind !== 'Instance' || !ssh?.nextHostKey) {
            return ports.store.updateStatus(kind, object);
          }
          const unnoted = { ...ssh, nextHostKey: undefined };
          return ports.store.updateStatus(kind, {
            ...object,
            status: { ...object.status, ssh: unnoted },
          } as typeof object);
        },
      } as Partial<Store>),
    }),
  },
  givesTwoTurns: {
    name: 'lets one more begin than may',
    install: () => {
      const reconciler = instanceClassReconciler as Writable<typeof instanceClassReconciler>;
      const { observe } = reconciler;
      reconciler.observe = async (klass, deps, signal) => {
        const { rollout } = await observe(klass, deps, signal);
        const given = new Set(rollout?.turns.map(({ name }) => name));
        const next = deps.fleet
          .of(klass)
          .members.map(({ instance, revision }) => ({ name: instance.metadata.name, revision }))
          .find(({ name }) => !given.has(name));
        if (!rollout || given.size === 0 || !next) return { rollout };
        return { rollout: { ...rollout, turns: [...rollout.turns, next] } };
      };
      return () => {
        reconciler.observe = observe;
      };
    },
  },
} as const satisfies Record<string, Mutant>;
