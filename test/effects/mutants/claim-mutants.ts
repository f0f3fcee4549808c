import { instanceReconciler } from '../../../src/controller/instance/index.ts';
import type { Mutant, Writable } from './mutation.ts';

/** In how an instance changes over to a droplet of a pool. */
export const claimMutants = {
  takesBesideItsOwn: {
    name: 'takes a droplet of a pool before its own is given up',
    install: () => {
      const reconciler = instanceReconciler as Writable<typeof instanceReconciler>;
      const { observe } = reconciler;
      reconciler.observe = async (...args) => ({ ...(await observe(...args)), own: undefined });
      return () => {
        reconciler.observe = observe;
      };
    },
  },
} satisfies Record<string, Mutant>;
