import { type Kind, kinds } from '../../resources/kinds.ts';

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

const RESOURCES = /^\/apis\/[^/]+\/v1\/([^/]+)/;
/** Questions that Kubernetes asks by POST. */
const REVIEWS = /^\/apis\/(authorization|authentication)\.k8s\.io\//;
/** What others did is for those who may do everything. */
const AUDIT = /^\/api\/audit(\/|$)/;

/** The least role that a request needs, by method and path. What a manifest declares is checked where it is read. Pure. */
export function roleFor(method: string, path: string): Role {
  if (AUDIT.test(path)) return 'admin';
  if (['GET', 'HEAD', 'OPTIONS'].includes(method) || REVIEWS.test(path)) return 'viewer';
  const plural = RESOURCES.exec(path)?.[1];
  const written = Object.values(kinds).find((kind) => kind.plural === plural);
  return written ? roleToWrite(written.kind) : 'operator';
}
