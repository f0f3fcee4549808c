import type { Kind } from '../../resources/kinds.ts';
import { parsePath } from '../kube/path.ts';

/** What a key may do: look; look and change what runs; everything, how bots are built included. Each includes the one before. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  /** Of the key, for the audit trail; never the key itself. */
  readonly name: string;
  readonly role: Role;
}

export const mayAct = (caller: Caller, needed: Role): boolean =>
  ROLES.indexOf(caller.role) >= ROLES.indexOf(needed);

/** The least role that may write objects of a kind. Classes hold scripts that run as root on every droplet. */
export const roleToWrite = (kind: Kind): Role => (kind === 'InstanceClass' ? 'admin' : 'operator');

/** What others did is for those who may do everything. */
const AUDIT = /^\/api\/audit(\/|$)/;

/**
 * The least role that a request needs, by method and path; one of the resource API is read by the very parser that serves it, so
 * it must be given as it came. What a manifest declares is checked where it is read. Pure.
 */
export function roleFor(method: string, path: string): Role {
  if (AUDIT.test(path)) return 'admin';
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return 'viewer';
  const named = parsePath(path);
  // Questions that Kubernetes asks by POST.
  if (named?.type === 'review') return 'viewer';
  if (named?.type === 'collection') return roleToWrite(named.kind);
  if (named?.type !== 'object') return 'operator';
  // A status says which droplet is ours and by which key it is known: who writes it can send the controller, and the secrets that it carries, to a machine of theirs.
  return named.subresource === 'status' ? 'admin' : roleToWrite(named.kind);
}
