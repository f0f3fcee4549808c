/** Kubernetes' metav1.Condition. `reason` is CamelCase and stable; `message` is a sentence for people. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; moves only when `status` does. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number | undefined;
}

export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

export const getCondition = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (
  conditions: readonly Condition[] | undefined,
  type: string,
): boolean => getCondition(conditions, type)?.status === 'True';

/** The conditions with one set; keeps `lastTransitionTime` when the status stays, and the array itself when nothing changes. */
export function setCondition(
  conditions: readonly Condition[],
  update: ConditionUpdate,
  now: string,
): readonly Condition[] {
  const old = getCondition(conditions, update.type);
  if (
    old &&
    old.status === update.status &&
    old.reason === update.reason &&
    old.message === update.message &&
    old.observedGeneration === update.observedGeneration
  ) {
    return conditions;
  }
  const lastTransitionTime = old?.status === update.status ? old.lastTransitionTime : now;
  const next: Condition = { ...update, lastTransitionTime };
  return old
    ? conditions.map((condition) => (condition === old ? next : condition))
    : [...conditions, next];
}
