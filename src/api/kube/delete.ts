import { z } from 'zod';
import { type Kind, kinds, type ObjectOf } from '../../resources/kinds.ts';
import { API_VERSION } from '../../resources/meta.ts';
import { type DeleteOptions, StoreError } from '../../store/store.ts';
import { JSON_TYPE, readValue, YAML_TYPE } from './body.ts';
import { badRequest, type Status } from './errors.ts';
import { API_GROUP } from './group.ts';
import { reach } from './list.ts';
import { dryRun } from './query.ts';
import type { KubeRequest } from './request.ts';
import { json, jsonText, objectAnswer } from './respond.ts';
import { selectionOf } from './selection.ts';
import { asKubeError } from './write.ts';

/** Deletions that run at the same time for a whole collection. */
const AT_ONCE = 50;

const deleteOptions = z.object({
  kind: z.literal('DeleteOptions').optional(),
  propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).nullish(),
  orphanDependents: z.boolean().nullish(),
  preconditions: z
    .object({ uid: z.string().nullish(), resourceVersion: z.string().nullish() })
    .nullish(),
  dryRun: z.array(z.string()).nullish(),
});

/** DELETE of one object. Throws KubeError. */
export async function remove<K extends Kind>(
  kind: K,
  name: string,
  request: KubeRequest,
): Promise<Response> {
  const options = await readOptions(request);
  const left = await deleted(kind, name, request, options);
  if (left.metadata.finalizers?.length) return objectAnswer(request, kind, left);
  const { plural } = kinds[kind];
  const details = { name, group: API_GROUP, kind: plural, uid: left.metadata.uid };
  const success: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
  };
  return json(request, success);
}

/** DELETE of all objects of a collection that the selectors match; answers them as a list. Throws KubeError. */
export async function removeAll<K extends Kind>(kind: K, request: KubeRequest): Promise<Response> {
  const { objects, query, texts } = request;
  const options = await readOptions(request);
  const selection = selectionOf(kind, query);
  await reach(objects, '');
  const { items, resourceVersion } = objects.list(kind);
  const names = items
    .filter((object) => selection.matches(object))
    .map(({ metadata }) => metadata.name);
  const left: ObjectOf[K][] = [];
  for (let start = 0; start < names.length; start += AT_ONCE) {
    const some = names.slice(start, start + AT_ONCE);
    const done = await Promise.all(
      some.map((name) => unlessGone(() => deleted(kind, name, request, options))),
    );
    left.push(...done.filter((object) => object !== undefined));
  }
  const metadata = JSON.stringify({ resourceVersion });
  const list = left.map((object) => texts.of(object)).join(',');
  return jsonText(
    request,
    `{"kind":"${kind}List","apiVersion":"${API_VERSION}","metadata":${metadata},"items":[${list}]}`,
  );
}

async function deleted<K extends Kind>(
  kind: K,
  name: string,
  { store }: KubeRequest,
  options: DeleteOptions,
): Promise<ObjectOf[K]> {
  try {
    return await store.delete(kind, name, options);
  } catch (error) {
    throw asKubeError(error, kind, name);
  }
}

/** One of a collection that another deletes at the same time is what was asked for. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError || (error as { code?: number }).code !== 404) throw error;
    return undefined;
  }
}

/** From the body and the query; the body wins. Throws KubeError 400. */
async function readOptions(request: KubeRequest): Promise<DeleteOptions> {
  const { c, query } = request;
  const { value } = await readValue(c, [JSON_TYPE, YAML_TYPE]);
  const fromQuery = {
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    orphanDependents: query.has('orphanDependents')
      ? query.get('orphanDependents') === 'true'
      : undefined,
  };
  const parsed = deleteOptions.safeParse(value ?? fromQuery);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badRequest(`DeleteOptions: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { propagationPolicy, orphanDependents, preconditions, dryRun: inBody } = parsed.data;
  if (propagationPolicy && orphanDependents !== undefined && orphanDependents !== null) {
    throw badRequest('orphanDependents and propagationPolicy cannot be both set');
  }
  const old = orphanDependents ? 'Orphan' : orphanDependents === false ? 'Background' : undefined;
  return {
    dryRun: dryRun([...query.getAll('dryRun'), ...(inBody ?? [])]),
    propagationPolicy: propagationPolicy ?? old,
    uid: preconditions?.uid ?? undefined,
    resourceVersion: preconditions?.resourceVersion ?? undefined,
  };
}
