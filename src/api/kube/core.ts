import { ageColumn, type Column } from './columns.ts';
import { notFound } from './errors.ts';
import { formOf } from './negotiate.ts';
import type { KubeRequest } from './request.ts';
import { json } from './respond.ts';
import { includeObject, table } from './table.ts';

/** The little of core/v1 that clients ask for on their way: the namespaces that every cluster has, and no services. */
const namespaces = ['default', 'kube-system'].map((name, index) => ({
  kind: 'Namespace',
  apiVersion: 'v1',
  metadata: {
    name,
    uid: `00000000-0000-8000-8000-00000000000${index + 1}`,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'kubernetes.io/metadata.name': name },
  },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
}));
type Namespace = (typeof namespaces)[number];

const columns: readonly Column<Namespace>[] = [
  {
    name: 'Status',
    type: 'string',
    description: 'Whether it is in use.',
    cell: ({ status }) => status.phase,
  },
  ageColumn,
];

export function getNamespaces(name: string | undefined, request: KubeRequest): Response {
  const found = namespaces.filter(({ metadata }) => name === undefined || metadata.name === name);
  if (name !== undefined && found.length === 0) {
    throw notFound({ plural: 'namespaces', name, group: '' });
  }
  const { c, query, clock } = request;
  const list = { resourceVersion: '1' };
  if (formOf(c.req.header('accept')) === 'table') {
    const include = includeObject(query.get('includeObject') ?? undefined);
    return json(request, table(columns, found, { list, include, now: clock.now() }));
  }
  if (name !== undefined) return json(request, found[0]);
  return json(request, { kind: 'NamespaceList', apiVersion: 'v1', metadata: list, items: found });
}

export const getServices = (request: KubeRequest): Response =>
  json(request, {
    kind: 'ServiceList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1' },
    items: [],
  });
