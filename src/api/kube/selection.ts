import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import type { Query } from './query.ts';
import {
  fieldSelector,
  labelSelector,
  metadataFields,
  type SelectableFields,
} from './selectors.ts';

/** Which objects a list, a watch or a deletion is about. */
export interface Selection<K extends Kind> {
  matches(object: ObjectOf[K]): boolean;
  /** There is no selector. */
  readonly selectsAll: boolean;
}

const fields: { readonly [K in Kind]: SelectableFields<ObjectOf[K]> } = {
  Instance: {
    ...metadataFields,
    'spec.numberphone': ({ spec }) => spec.numberphone,
    'spec.provider': ({ spec }) => spec.provider,
    'spec.className': ({ spec }) => spec.className,
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.ip': ({ status }) => status?.ip ?? '',
  },
  InstanceClass: metadataFields,
  InstancePool: { ...metadataFields, 'spec.className': ({ spec }) => spec.className },
  Droplet: {
    ...metadataFields,
    'spec.region': ({ spec }) => spec.region,
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.ip': ({ status }) => status?.ip ?? '',
  },
};

/** From the parameters labelSelector and fieldSelector. Throws KubeError 400. */
export function selectionOf<K extends Kind>(kind: K, query: Query): Selection<K> {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const { matches } = fieldSelector(query.get('fieldSelector') ?? '', fields[kind]);
  return {
    selectsAll: !query.get('labelSelector') && !query.get('fieldSelector'),
    matches: (object) => labels(object.metadata.labels ?? {}) && matches(object),
  };
}
