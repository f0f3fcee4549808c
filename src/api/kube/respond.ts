import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { columnsOf } from './columns.ts';
import { formOf } from './negotiate.ts';
import type { KubeRequest } from './request.ts';
import { includeObject, partial, table } from './table.ts';

export function jsonText({ c }: KubeRequest, text: string, code: 200 | 201 = 200): Response {
  return c.body(text, code, { 'content-type': 'application/json' });
}

export const json = (request: KubeRequest, value: unknown, code: 200 | 201 = 200): Response =>
  jsonText(request, JSON.stringify(value), code);

/** One object in the form that the client wants. Throws KubeError 406. */
export function objectAnswer<K extends Kind>(
  request: KubeRequest,
  kind: K,
  object: ObjectOf[K],
  code: 200 | 201 = 200,
): Response {
  const { c, query, texts, clock } = request;
  const form = formOf(c.req.header('accept'));
  if (form === 'object') return jsonText(request, texts.of(object), code);
  if (form === 'metadata') return json(request, partial(object), code);
  const include = includeObject(query.get('includeObject') ?? undefined);
  const { resourceVersion } = object.metadata;
  const options = { list: { resourceVersion }, include, now: clock.now() };
  return json(request, table(columnsOf(kind), [object], options), code);
}

/** Kubernetes' own: longer ones are cut, and those that would make the headers larger than clients take are left out. */
const MAX_WARNING = 256;
const MAX_WARNINGS = 4_096;

/** Tells of what was dropped: kubectl prints each as a warning. */
export function warn({ c }: KubeRequest, warnings: readonly string[]): void {
  let told = 0;
  for (const warning of warnings) {
    const text = warning.slice(0, MAX_WARNING).replace(/[^\x20-\x7e]/g, '?');
    told += text.length;
    if (told > MAX_WARNINGS) return;
    c.header('warning', `299 - "${text.replace(/["\\]/g, '\\$&')}"`, { append: true });
  }
}
