import { kinds } from '../../resources/kinds.ts';
import {
  API_GROUP,
  CATEGORIES,
  SUBRESOURCE_VERBS,
  type Subresource,
  subresourcesOf,
  VERBS,
  VERSION,
} from './group.ts';
import { REVIEWS } from './path.ts';

interface ServedSubresource {
  readonly subresource: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
}
interface ServedResource {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly ServedSubresource[];
}

const REVIEW_KINDS: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  selfsubjectreviews: 'SelfSubjectReview',
};

const subresource = (kind: string, name: Subresource): ServedSubresource => ({
  subresource: name,
  kind:
    name === 'scale'
      ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
      : { group: API_GROUP, version: VERSION, kind },
});

/** What is served, by group ("" is core). All versions are v1. */
const served: ReadonlyMap<string, readonly ServedResource[]> = new Map([
  [
    '',
    [
      {
        plural: 'events',
        singular: 'event',
        kind: 'Event',
        namespaced: true,
        verbs: ['get', 'list', 'watch'],
        shortNames: ['ev'],
      },
      {
        plural: 'namespaces',
        singular: 'namespace',
        kind: 'Namespace',
        namespaced: false,
        verbs: ['get', 'list'],
        shortNames: ['ns'],
      },
      // For `kubectl cluster-info`, which looks for services before it prints where the control plane is.
      {
        plural: 'services',
        singular: 'service',
        kind: 'Service',
        namespaced: true,
        verbs: ['list'],
        shortNames: ['svc'],
      },
    ],
  ],
  [
    API_GROUP,
    Object.values(kinds).map(({ kind, plural, singular, shortNames }) => ({
      plural,
      singular,
      kind,
      namespaced: false,
      verbs: VERBS,
      shortNames,
      categories: CATEGORIES,
      subresources: subresourcesOf(kind).map((name) => subresource(kind, name)),
    })),
  ],
  ...Object.entries(REVIEWS).map(([group, plurals]): [string, ServedResource[]] => [
    group,
    plurals.map((plural) => ({
      plural,
      singular: plural.slice(0, -1),
      kind: REVIEW_KINDS[plural] ?? '',
      namespaced: false,
      verbs: ['create'],
    })),
  ]),
]);

const groupVersion = (group: string): string => (group === '' ? VERSION : `${group}/${VERSION}`);

/** GET /api */
export const coreVersions = () => ({
  kind: 'APIVersions',
  versions: [VERSION],
  serverAddressByClientCIDRs: [],
});

/** GET /apis */
export const groupList = () => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...served.keys()].filter((group) => group !== '').map(groupOf),
});

/** GET /apis/GROUP */
export const apiGroup = (group: string) => ({
  kind: 'APIGroup',
  apiVersion: 'v1',
  ...groupOf(group),
});

function groupOf(group: string) {
  const version = { groupVersion: groupVersion(group), version: VERSION };
  return { name: group, versions: [version], preferredVersion: version };
}

/** GET /api/v1, GET /apis/GROUP/VERSION. A resource stands before its subresources: clients take the first entry of a kind. */
export const resourceList = (group: string) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: groupVersion(group),
  resources: (served.get(group) ?? []).flatMap(
    ({ plural, singular, kind, namespaced, verbs, shortNames, categories, subresources = [] }) => [
      { name: plural, singularName: singular, namespaced, kind, verbs, shortNames, categories },
      ...subresources.map((one) => ({
        name: `${plural}/${one.subresource}`,
        singularName: '',
        namespaced,
        ...(one.kind.group === group ? {} : { group: one.kind.group, version: one.kind.version }),
        kind: one.kind.kind,
        verbs: SUBRESOURCE_VERBS,
      })),
    ],
  ),
});

/** GET /api or /apis in the aggregated form: one request instead of one for each group. `v2beta1` differs in its name alone. */
export const aggregated = (root: 'core' | 'groups', version: 'v2' | 'v2beta1') => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: [...served]
    .filter(([group]) => (group === '') === (root === 'core'))
    .map(([group, resources]) => ({
      metadata: { name: group },
      versions: [
        {
          version: VERSION,
          freshness: 'Current',
          resources: resources.map((one) => ({
            resource: one.plural,
            responseKind: { group, version: VERSION, kind: one.kind },
            scope: one.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: one.singular,
            verbs: one.verbs,
            shortNames: one.shortNames,
            categories: one.categories,
            subresources: one.subresources?.map((inner) => ({
              subresource: inner.subresource,
              responseKind: inner.kind,
              verbs: SUBRESOURCE_VERBS,
            })),
          })),
        },
      ],
    })),
});
