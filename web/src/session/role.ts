import { computed, signal } from '@preact/signals';
import { myGroups } from '../api/calls.ts';
import { type Role, roleOf } from './role-of.ts';

/** What the session's key may do; undefined until the server has told. The server checks it again in any case. */
export const role = signal<Role | undefined>(undefined);

/** False for a key that only looks: what would be refused is not offered. */
export const mayChange = computed(() => role.value !== 'viewer');

/** Classes hold scripts that run as root on every droplet: they are for admins. Pure but for the role. */
export const mayWrite = (plural: string): boolean =>
  plural === 'instanceclasses'
    ? role.value === undefined || role.value === 'admin'
    : mayChange.value;

/** Asks the server whose key it is. Throws ApiFailure. */
export async function learnRole(signal: AbortSignal): Promise<void> {
  const told = roleOf(await myGroups(signal));
  if (!signal.aborted) role.value = told;
}
