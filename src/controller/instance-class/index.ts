import type { Reconciler } from '../reconciler.ts';
import { observeInstanceClass } from './observe.ts';
import {
  type InstanceClassFacts,
  type InstanceClassStep,
  instanceClassStatus,
  planInstanceClass,
} from './plan.ts';
import { announce } from './steps/announce.ts';
import { finalize } from './steps/finalize.ts';

export const instanceClassReconciler: Reconciler<
  'InstanceClass',
  InstanceClassFacts,
  InstanceClassStep
> = {
  kind: 'InstanceClass',
  observe: observeInstanceClass,
  plan: planInstanceClass,
  status: instanceClassStatus,
  steps: { announce, finalize },
};
