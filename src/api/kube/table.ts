import type { Cell, Column } from './columns.ts';
import { badRequest } from './errors.ts';

/** How much of each object a table's rows carry. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

interface Tabled {
  readonly metadata: { readonly name: string };
}

/** The parameter includeObject. Throws KubeError 400. */
export function includeObject(value: string | undefined): IncludeObject {
  if (value === undefined || value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: "${value}"`);
}

const NAME = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object.',
  priority: 0,
};

/** meta.k8s.io/v1 Table: what `kubectl get` prints. `list` is the metadata of the list that it stands for. */
export function table<T extends Tabled>(
  columns: readonly Column<T>[],
  objects: readonly T[],
  options: {
    readonly list: object;
    readonly include: IncludeObject;
    readonly now: number;
    /** The name comes first, unless it is one of the columns. */
    readonly withoutName?: boolean;
  },
) {
  const { include, now, withoutName = false } = options;
  const definitions = columns.map(({ name, type, description, wide }) => ({
    name,
    type,
    format: '',
    description,
    priority: wide ? 1 : 0,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.list,
    columnDefinitions: withoutName ? definitions : [NAME, ...definitions],
    rows: objects.map((object) => {
      const cells: Cell[] = columns.map((column) => column.cell(object, now));
      return {
        cells: withoutName ? cells : [object.metadata.name, ...cells],
        ...rowObject(object, include),
      };
    }),
  };
}

function rowObject(object: Tabled, include: IncludeObject) {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partial(object) };
}

/** meta.k8s.io/v1 PartialObjectMetadata. */
export const partial = ({ metadata }: Tabled) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
