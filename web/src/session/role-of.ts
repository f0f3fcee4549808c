/** As the server has them; each may do what the one before it may, and more. */
export type Role = 'viewer' | 'operator' | 'admin';

/** The role that a key's groups name, as Kubernetes' SelfSubjectReview lists them. Pure. */
export function roleOf(groups: readonly string[]): Role | undefined {
  const named = groups.map((group) => /^orquesta:(viewer|operator|admin)$/.exec(group)?.[1]);
  return named.find((one) => one !== undefined) as Role | undefined;
}
