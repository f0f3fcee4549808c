import type { Reconciler } from '../reconciler.ts';
import { observePool } from './observe.ts';
import { type PoolFacts, type PoolStep, planPool } from './plan.ts';
import { poolStatus } from './status.ts';
import { createMembers } from './steps/create-members.ts';
import { declareMembers } from './steps/declare-members.ts';
import { deleteMembers } from './steps/delete-members.ts';
import { finalize } from './steps/finalize.ts';

export const poolReconciler: Reconciler<'InstancePool', PoolFacts, PoolStep> = {
  kind: 'InstancePool',
  observe: observePool,
  plan: planPool,
  status: poolStatus,
  steps: {
    'delete-members': deleteMembers,
    'declare-members': declareMembers,
    'create-members': createMembers,
    finalize,
  },
};
