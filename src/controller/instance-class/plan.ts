import { type Condition, getCondition, setCondition } from '../../resources/condition.ts';
import type { InstanceClass, InstanceClassStatus } from '../../resources/instance-class.ts';
import { isOursToFinalize } from '../finalizers.ts';
import type { Plan } from '../reconciler.ts';
import type { Rollout } from '../rollout.ts';

export type InstanceClassStep = 'announce' | 'finalize';

export interface InstanceClassFacts {
  /** Undefined while this process does not know yet what others knew. */
  readonly rollout: Rollout | undefined;
}

const BEHIND_LOOK_MS = 1_000;

/** The life of a class is its rollout. The status says who may begin: an instance waits until it reads its name there. Pure. */
export function planInstanceClass(
  { metadata, status }: InstanceClass,
  { rollout }: InstanceClassFacts,
  now: number,
): Plan<InstanceClassStep> {
  if (metadata.deletionTimestamp) {
    return isOursToFinalize(metadata.finalizers)
      ? { do: 'finalize', why: 'Nothing in the cloud stands for a class' }
      : { wait: 'OthersFinalizers', why: 'Done, but for the finalizers that others have set' };
  }
  if (!rollout) {
    const why = 'This controller catches up with what others have seen';
    return { wait: 'Behind', why, until: now + BEHIND_LOOK_MS };
  }
  const { is, message, until } = rollout;
  const last = getCondition(status?.conditions, 'Progressing')?.reason ?? 'RolledOut';
  if (is !== last) return { do: 'announce', why: message };
  if (is === 'RolledOut') return { settled: is, why: message, lookAgain: 0 };
  return { wait: is, why: message, until };
}

const NOTHING: InstanceClassStatus = {
  observedGeneration: 0,
  message: '',
  conditions: [],
  instances: 0,
  updated: 0,
  updating: 0,
  waiting: 0,
  failed: 0,
  drifted: 0,
  turns: [],
};

/** What people see of a rollout, and what instances take their turn from. Pure. */
export function instanceClassStatus(
  klass: InstanceClass,
  { rollout }: InstanceClassFacts,
  _plan: Plan<InstanceClassStep>,
  now: number,
): InstanceClassStatus {
  const old = klass.status ?? NOTHING;
  if (!rollout || klass.metadata.deletionTimestamp) return old;
  const { is, message, until: _, ...counts } = rollout;
  const observedGeneration = klass.metadata.generation;
  const set = (conditions: readonly Condition[], type: string, isTrue: boolean) =>
    setCondition(
      conditions,
      { type, status: isTrue ? 'True' : 'False', reason: is, message, observedGeneration },
      new Date(now).toISOString(),
    );
  return {
    observedGeneration,
    message,
    conditions: set(
      set(old.conditions, 'Progressing', is === 'Updating'),
      'RolledOut',
      is === 'RolledOut',
    ),
    ...counts,
  };
}
