import type { Kind } from '../../resources/kinds.ts';
import { API_GROUP, kindOfPlural, type Subresource, subresourcesOf, VERSION } from './group.ts';

/** What a path of the resource API names. */
export type KubePath =
  | {
      readonly type: 'discovery';
      readonly of: 'core' | 'groups' | 'group' | 'resources';
      readonly group: string;
    }
  | { readonly type: 'openapi'; readonly document: 'v2' | 'v3' | 'v3-group' | 'v3-core' }
  | { readonly type: 'collection'; readonly kind: Kind }
  | {
      readonly type: 'object';
      readonly kind: Kind;
      readonly name: string;
      readonly subresource?: Subresource | undefined;
    }
  | {
      readonly type: 'events';
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    }
  | { readonly type: 'namespaces'; readonly name?: string | undefined }
  | { readonly type: 'services' }
  | { readonly type: 'review'; readonly group: string; readonly resource: string };

/** Groups beside our own of which `kubectl auth` asks. */
export const REVIEWS: Readonly<Record<string, readonly string[]>> = {
  'authorization.k8s.io': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  'authentication.k8s.io': ['selfsubjectreviews'],
};

/** Where the resource API lives, for a router; a slash at the end does not count. */
export const KUBE_PATHS = [
  '/api',
  '/api/',
  '/api/v1/*',
  '/apis/*',
  '/openapi/v2/*',
  '/openapi/v3/*',
];

/** Answered as Kubernetes answers, errors included. */
export const isKubePath = (path: string): boolean =>
  /^\/api\/?$|^\/(api\/v1|apis|openapi\/v[23])(\/|$)/.test(path);

/** Reads a path, without its query. A slash at the end does not count. Undefined for one that is not served. */
export function parsePath(path: string): KubePath | undefined {
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  const [root, ...rest] = parts.map(decoded);
  if (parts.some((part) => decoded(part) === undefined)) return undefined;
  if (root === 'openapi') return openapi(rest as string[]);
  if (root === 'api') return core(rest as string[]);
  return root === 'apis' ? named(rest as string[]) : undefined;
}

function openapi([version, ...rest]: readonly string[]): KubePath | undefined {
  const at = rest.join('/');
  if (at === '' && (version === 'v2' || version === 'v3')) {
    return { type: 'openapi', document: version };
  }
  if (version !== 'v3') return undefined;
  if (at === `apis/${API_GROUP}/${VERSION}`) return { type: 'openapi', document: 'v3-group' };
  return at === 'api/v1' ? { type: 'openapi', document: 'v3-core' } : undefined;
}

function core(parts: readonly string[]): KubePath | undefined {
  if (parts.length === 0) return { type: 'discovery', of: 'core', group: '' };
  const [version, resource, name, inner, innerName, ...more] = parts;
  if (version !== 'v1' || more.length > 0) return undefined;
  if (resource === undefined) return { type: 'discovery', of: 'resources', group: '' };
  if (resource === 'events' && name === undefined) return { type: 'events' };
  if (resource === 'services' && name === undefined) return { type: 'services' };
  if (resource !== 'namespaces') return undefined;
  if (inner === undefined) return { type: 'namespaces', name };
  if (inner === 'events') return { type: 'events', namespace: name, name: innerName };
  return inner === 'services' && innerName === undefined ? { type: 'services' } : undefined;
}

function named(parts: readonly string[]): KubePath | undefined {
  const [group, version, resource, name, subresource, ...more] = parts;
  if (group === undefined) return { type: 'discovery', of: 'groups', group: '' };
  const reviews = Object.hasOwn(REVIEWS, group) ? REVIEWS[group] : undefined;
  if (group !== API_GROUP && reviews === undefined) return undefined;
  if (version === undefined) return { type: 'discovery', of: 'group', group };
  if (version !== VERSION || more.length > 0) return undefined;
  if (resource === undefined) return { type: 'discovery', of: 'resources', group };
  if (reviews !== undefined) {
    const isServed = reviews.includes(resource) && name === undefined;
    return isServed ? { type: 'review', group, resource } : undefined;
  }
  const kind = kindOfPlural(resource)?.kind;
  if (kind === undefined) return undefined;
  if (name === undefined) return { type: 'collection', kind };
  if (subresource === undefined) return { type: 'object', kind, name };
  const found = subresourcesOf(kind).find((one) => one === subresource);
  return found && { type: 'object', kind, name, subresource: found };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
