import { setCondition } from '../../resources/condition.ts';
import type { InstancePool, InstancePoolStatus } from '../../resources/instance-pool.ts';
import { wantedAt } from '../../resources/pool-schedule.ts';
import { type Plan, reasonOf } from '../reconciler.ts';
import { type PoolFacts, type PoolStep, sortMembers } from './plan.ts';

/** What people and programs see of a pool while `plan` is carried out. Pure. */
export function poolStatus(
  pool: InstancePool,
  facts: PoolFacts,
  plan: Plan<PoolStep>,
  now: number,
): InstancePoolStatus {
  const { metadata, spec, status: old } = pool;
  const lot = sortMembers(pool, facts, now);
  const time = new Date(now).toISOString();
  const ready = lot.ready.length + lot.old.length;
  const wanted = metadata.deletionTimestamp ? 0 : wantedAt(spec, now);
  const declaring = facts.undeclared;
  const hasRecovered = [...lot.ready, ...lot.old].some(
    ({ status }) =>
      Date.parse(status?.preparation?.readyAt ?? '') > Date.parse(old?.lastFailureAt ?? ''),
  );
  // Paid for from the create until the delete is carried out, prepared or not.
  const paid = facts.members.filter(({ status }) => status?.id !== undefined).length;
  return {
    ...old,
    observedGeneration: metadata.generation,
    message: plan.why,
    conditions: setCondition(
      old?.conditions ?? [],
      {
        type: 'Ready',
        status: ready >= wanted ? 'True' : 'False',
        reason: reasonOf(plan),
        message: plan.why,
        observedGeneration: metadata.generation,
      },
      time,
    ),
    wanted,
    replicas: ready + lot.booting.length + declaring.length,
    ready,
    booting: lot.booting.length + declaring.length,
    claimed: facts.claimed,
    costUsdPerHour: facts.price && round(paid * facts.price.usdPerHour),
    declaring: declaring.length > 0 ? declaring : undefined,
    failures: hasRecovered ? undefined : old?.failures,
    lastFailureAt: hasRecovered ? undefined : old?.lastFailureAt,
  };
}

const round = (usd: number): number => Math.round(usd * 1e5) / 1e5;
