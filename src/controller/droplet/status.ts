import { type Condition, setCondition } from '../../resources/condition.ts';
import type { Droplet, DropletPhase, DropletStatus } from '../../resources/droplet.ts';
import { type Plan, reasonOf } from '../reconciler.ts';
import type { DropletFacts, DropletStep } from './plan.ts';

const NO_CONDITIONS: readonly Condition[] = [];

/** What people and programs see of a droplet while `plan` is carried out. Pure. */
export function dropletStatus(
  droplet: Droplet,
  facts: DropletFacts,
  plan: Plan<DropletStep>,
  now: number,
): DropletStatus {
  const old = droplet.status;
  const time = new Date(now).toISOString();
  const { recorded } = facts;
  const failure =
    old?.failure ??
    ('fail' in plan ? { reason: plan.fail, message: plan.why, at: time } : undefined);
  const ip = recorded?.ip ?? old?.ip;
  const isReady = old?.id !== undefined && ip !== undefined && !failure && !('do' in plan);
  const base: DropletStatus = {
    ...old,
    observedGeneration: droplet.metadata.generation,
    phase: phaseOf(droplet, recorded?.state ?? old?.state, failure !== undefined),
    message: plan.why,
    attempts: old?.attempts ?? 0,
    conditions: old?.conditions ?? NO_CONDITIONS,
    ip,
    addressedAt:
      old?.id !== undefined && old.ip === undefined && ip !== undefined ? time : old?.addressedAt,
    state: recorded?.state ?? old?.state,
    seen: old?.seen || recorded !== undefined || undefined,
    missingSince: recorded ? undefined : old?.missingSince,
    failure,
  };
  return {
    ...base,
    conditions: setCondition(
      base.conditions,
      {
        type: 'Ready',
        status: isReady && 'settled' in plan ? 'True' : 'False',
        reason: failure?.reason ?? reasonOf(plan),
        message: plan.why,
        observedGeneration: droplet.metadata.generation,
      },
      time,
    ),
  };
}

function phaseOf(droplet: Droplet, state: string | undefined, isFailed: boolean): DropletPhase {
  if (droplet.metadata.deletionTimestamp) return 'deleting';
  if (isFailed) return 'failed';
  if (droplet.status?.id === undefined) return droplet.status?.intent ? 'creating' : 'pending';
  if (state === 'active') return 'active';
  return state === 'off' ? 'off' : 'creating';
}
