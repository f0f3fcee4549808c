import { type Kind, type KindInfo, kinds } from '../../resources/kinds.ts';
import { API_VERSION, GROUP } from '../../resources/meta.ts';

export const API_GROUP = GROUP;
export const VERSION = API_VERSION.slice(GROUP.length + 1);

export type Subresource = 'status' | 'scale';
export type Verb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

export const VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
export const SUBRESOURCE_VERBS: readonly Verb[] = ['get', 'patch', 'update'];

const SUBRESOURCES: Readonly<Record<Kind, readonly Subresource[]>> = {
  Instance: ['status'],
  InstanceClass: ['status'],
  InstancePool: ['status', 'scale'],
  Droplet: ['status'],
};

export const subresourcesOf = (kind: Kind): readonly Subresource[] => SUBRESOURCES[kind];

/** `kubectl get orquesta` shows all kinds. */
export const CATEGORIES = ['orquesta'] as const;

export const kindOfPlural = (plural: string): KindInfo | undefined =>
  Object.values(kinds).find((info) => info.plural === plural);
