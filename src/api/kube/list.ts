import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { API_VERSION } from '../../resources/meta.ts';
import type { ObjectList } from '../../store/store.ts';
import type { WatchCache } from '../../store/watch-cache.ts';
import { columnsOf } from './columns.ts';
import { badRequest, expired } from './errors.ts';
import type { Form } from './negotiate.ts';
import { count, type Query } from './query.ts';
import { type Selection, selectionOf } from './selection.ts';
import { includeObject, partial, table } from './table.ts';
import type { Texts } from './texts.ts';

/** One page of a list. */
interface Page<K extends Kind> {
  readonly items: readonly ObjectOf[K][];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

/** Where the next page begins: after this name, in the list as it was at this revision. */
interface Place {
  readonly resourceVersion: string;
  readonly after: string;
}

/** GET of a collection, as JSON text. Throws KubeError. */
export async function listText<K extends Kind>(
  kind: K,
  query: Query,
  deps: {
    readonly objects: WatchCache;
    readonly texts: Texts;
    readonly form: Form;
    readonly now: number;
  },
): Promise<string> {
  const { objects, texts, form, now } = deps;
  const selection = selectionOf(kind, query);
  const include = includeObject(query.get('includeObject') ?? undefined);
  const page = await pageOf(kind, query, selection, objects);
  if (form === 'table') {
    const options = { list: page.metadata, include, now };
    return JSON.stringify(table(columnsOf(kind), page.items, options));
  }
  if (form === 'metadata') {
    return JSON.stringify({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: page.metadata,
      items: page.items.map(partial),
    });
  }
  const items = page.items.map((object) => texts.of(object)).join(',');
  const metadata = JSON.stringify(page.metadata);
  return `{"kind":"${kind}List","apiVersion":"${API_VERSION}","metadata":${metadata},"items":[${items}]}`;
}

async function pageOf<K extends Kind>(
  kind: K,
  query: Query,
  selection: Selection<K>,
  objects: WatchCache,
): Promise<Page<K>> {
  const limit = count(query, 'limit') ?? 0;
  const place = placeOf(query);
  const { items, resourceVersion } = place
    ? objects.listAt(kind, place.resourceVersion)
    : await whole(kind, query, objects);
  const start = place ? firstAfter(items, place.after) : 0;
  const found: ObjectOf[K][] = [];
  let index = start;
  for (; index < items.length && (limit === 0 || found.length < limit); index++) {
    const object = items[index] as ObjectOf[K];
    if (selection.matches(object)) found.push(object);
  }
  const isMore = selection.selectsAll
    ? index < items.length
    : items.slice(index).some((object) => selection.matches(object));
  const last = found.at(-1);
  if (!isMore || last === undefined) return { items: found, metadata: { resourceVersion } };
  return {
    items: found,
    metadata: {
      resourceVersion,
      continue: tokenOf({ resourceVersion, after: last.metadata.name }),
      ...(selection.selectsAll ? { remainingItemCount: items.length - index } : {}),
    },
  };
}

/** The list at the version that the parameters resourceVersion and resourceVersionMatch ask for. */
async function whole<K extends Kind>(
  kind: K,
  query: Query,
  objects: WatchCache,
): Promise<ObjectList<K>> {
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (!/^\d{0,15}$/.test(version)) throw badRequest(`invalid resource version "${version}"`);
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    throw badRequest(`resourceVersionMatch: Unsupported value: "${match}"`);
  }
  if (match !== '' && version === '') {
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (match === 'Exact' && Number(version) === 0) {
    throw badRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
  await reach(objects, version);
  return match === 'Exact' ? objects.listAt(kind, version) : objects.list(kind);
}

/** Waits until what is in memory serves a reader who asks for this version; "" asks for everything, "0" for anything. Throws KubeError 410 for a version that the store has never had. */
export async function reach(objects: WatchCache, version: string): Promise<void> {
  if (version !== '' && Number(version) <= Number(objects.resourceVersion)) return;
  await objects.caughtUp();
  if (Number(version) > Number(objects.resourceVersion)) {
    throw expired(`too large resource version: ${version} (${objects.resourceVersion})`);
  }
}

/** Items are ordered by name. */
function firstAfter(items: readonly ObjectOf[Kind][], name: string): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.metadata.name ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

const tokenOf = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');

function placeOf(query: Query): Place | undefined {
  const token = query.get('continue') ?? '';
  if (token === '') return undefined;
  try {
    const place = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Place;
    if (typeof place.after === 'string' && /^\d{1,15}$/.test(place.resourceVersion)) return place;
  } catch {
    // What is no JSON is no token of ours.
  }
  throw badRequest('continue key is not valid');
}
