import type { ServerResponse } from 'node:http';
import type { Clock, Random } from '../../clock.ts';
import type { Kind, ObjectOf } from '../../resources/kinds.ts';
import { API_VERSION } from '../../resources/meta.ts';
import { StoreError } from '../../store/store.ts';
import type { Past, WatchCache } from '../../store/watch-cache.ts';
import { columnsOf } from './columns.ts';
import { badRequest, expired, fieldForbidden, invalid } from './errors.ts';
import { reach } from './list.ts';
import type { Form } from './negotiate.ts';
import { count, flag, type Query } from './query.ts';
import { type Selection, selectionOf } from './selection.ts';
import { type IncludeObject, includeObject, partial, table } from './table.ts';
import type { Texts } from './texts.ts';
import { WatchStream } from './watch-stream.ts';

/** Kubernetes' own interval of bookmarks. */
const BOOKMARK_MS = 60_000;
/** A watch without a time limit ends after 30 to 60 minutes, so that clients spread over the processes again. */
const LEAST_LIMIT_MS = 30 * 60_000;

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchDeps {
  readonly objects: WatchCache;
  readonly texts: Texts;
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
  readonly form: Form;
}

/** What a client asks of a watch. */
interface WatchOptions {
  /** "": from what there is now; its objects come first. */
  readonly resourceVersion: string;
  readonly sendsInitial: boolean;
  /** After the initial objects a bookmark says that they are complete. */
  readonly marksInitialEnd: boolean;
  readonly bookmarks: boolean;
  readonly limitMs: number;
  readonly include: IncludeObject;
}

/** Reads the parameters of a watch. Throws KubeError 400 or 422. */
export function watchOptions(query: Query, random: Random): WatchOptions {
  const resourceVersion = query.get('resourceVersion') ?? '';
  if (!/^\d{0,15}$/.test(resourceVersion)) {
    throw badRequest(`invalid resource version "${resourceVersion}"`);
  }
  const bookmarks = flag(query, 'allowWatchBookmarks');
  const given = query.get('sendInitialEvents');
  const asked = given !== null && flag(query, 'sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (given !== null ? match !== 'NotOlderThan' : match !== '') {
    throw invalid({ kind: 'ListOptions', name: '', group: 'meta.k8s.io' }, [
      fieldForbidden(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, and nothing else does',
      ),
    ]);
  }
  const seconds = count(query, 'timeoutSeconds') ?? 0;
  return {
    resourceVersion,
    sendsInitial: given === null ? Number(resourceVersion) === 0 : asked,
    marksInitialEnd: asked && bookmarks,
    bookmarks,
    limitMs: seconds > 0 ? seconds * 1000 : LEAST_LIMIT_MS * (1 + random()),
    include: includeObject(query.get('includeObject') ?? undefined),
  };
}

/** Streams the changes of a kind to a client until it goes, the time is over, or the history has a gap. Throws KubeError before the first byte. */
export async function watch<K extends Kind>(
  kind: K,
  query: Query,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  deps: WatchDeps,
): Promise<void> {
  const { objects, lines, form } = deps;
  const selection = selectionOf(kind, query);
  const options = watchOptions(query, deps.random);
  const { include } = options;
  await reach(
    objects,
    options.sendsInitial && options.resourceVersion !== '' ? '0' : options.resourceVersion,
  );

  // From here to `follow` nothing may wait: no change must fall between.
  const missed = options.sendsInitial
    ? []
    : history(objects, kind, options.resourceVersion).flatMap((past) => {
        const type = eventOf(past as PastOf<K>, selection);
        return type ? [() => lines.of(past, type, form, include)] : [];
      });
  const initial = options.sendsInitial
    ? objects
        .list(kind)
        .items.filter((object) => selection.matches(object))
        .map((object) => () => lines.text(object, 'ADDED', form, include))
    : [];
  const stream = new WatchStream(response, headers);
  const bookmark = (isInitialEnd = false) =>
    bookmarkLine(kind, objects.resourceVersion, isInitialEnd);
  stream.begin([
    ...initial,
    ...missed,
    ...(options.marksInitialEnd ? [constant(bookmark(true))] : []),
  ]);
  const stop = objects.follow({
    take: (past) => {
      if (past.change.kind !== kind) return;
      const type = eventOf(past as PastOf<K>, selection);
      if (type) stream.send(() => lines.of(past, type, form, include));
    },
    gap: () => {
      stream.send(constant(errorLine('too old resource version: the history has a gap')));
      stream.end();
    },
  });
  void pace(stream, options, deps.clock, bookmark).finally(stop);
}

/** Sends bookmarks and ends the stream in time. */
export async function pace(
  stream: WatchStream,
  { bookmarks, limitMs }: WatchOptions,
  clock: Clock,
  bookmark: () => string,
): Promise<void> {
  const until = clock.now() + limitMs;
  while (!stream.ended.aborted) {
    const left = until - clock.now();
    if (left <= 0) break;
    await clock.sleep(Math.min(left, BOOKMARK_MS), stream.ended);
    if (bookmarks && !stream.ended.aborted) stream.send(constant(bookmark()));
  }
  stream.end();
}

export const constant =
  (line: string): (() => string) =>
  () =>
    line;

export const errorLine = (message: string): string =>
  `${JSON.stringify({ type: 'ERROR', object: expired(message).toStatus() })}\n`;

function bookmarkLine(kind: Kind, resourceVersion: string, isInitialEnd: boolean): string {
  const annotations = isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion, creationTimestamp: null, ...annotations };
  const object = { kind, apiVersion: API_VERSION, metadata };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}

function history(objects: WatchCache, kind: Kind, version: string): readonly Past[] {
  try {
    return objects.since(kind, version);
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'gone')) throw error;
    throw expired(`too old resource version: ${version} (${objects.resourceVersion})`);
  }
}

type PastOf<K extends Kind> = Past & {
  readonly change: { readonly object: ObjectOf[K] };
  readonly previous: ObjectOf[K] | undefined;
};

/** What a change is to a watcher: an object that enters its selection is added, one that leaves it is deleted. */
function eventOf<K extends Kind>(
  { change, previous }: PastOf<K>,
  selection: Selection<K>,
): EventType | undefined {
  const is = change.type !== 'deleted' && selection.matches(change.object);
  const was =
    previous !== undefined && (change.type === 'added' ? false : selection.matches(previous));
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

/** The lines of a watch. Those of a change are made once for all who watch it. */
export class Lines {
  readonly #texts: Texts;
  readonly #clock: Clock;
  readonly #made = new WeakMap<Past, Map<string, Buffer>>();

  constructor(texts: Texts, clock: Clock) {
    this.#texts = texts;
    this.#clock = clock;
  }

  of(past: Past, type: EventType, form: Form, include: IncludeObject): Buffer {
    const made = this.#made.get(past) ?? new Map<string, Buffer>();
    this.#made.set(past, made);
    const key = `${type} ${form} ${include}`;
    let line = made.get(key);
    if (line === undefined) {
      line = Buffer.from(this.text(told(past, type), type, form, include));
      made.set(key, line);
    }
    return line;
  }

  text(object: ObjectOf[Kind], type: EventType, form: Form, include: IncludeObject): string {
    return `{"type":"${type}","object":${this.#formed(object, form, include)}}\n`;
  }

  #formed(object: ObjectOf[Kind], form: Form, include: IncludeObject): string {
    if (form === 'object') return this.#texts.of(object);
    if (form === 'metadata') return JSON.stringify(partial(object));
    const { resourceVersion } = object.metadata;
    const options = { list: { resourceVersion }, include, now: this.#clock.now() };
    return JSON.stringify(table(columnsOf(object.kind as Kind), [object], options));
  }
}

/** An object that was deleted, or left a selection, is told of as it was last, with the version of that change. */
function told({ change, previous }: Past, type: EventType): ObjectOf[Kind] {
  if (type !== 'DELETED' || change.type === 'deleted' || previous === undefined) {
    return change.object;
  }
  const { resourceVersion } = change.object.metadata;
  return { ...previous, metadata: { ...previous.metadata, resourceVersion } } as ObjectOf[Kind];
}
