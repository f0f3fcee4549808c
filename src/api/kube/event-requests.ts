import type { ServerResponse } from 'node:http';
import { isKind, type Kind, kinds } from '../../resources/kinds.ts';
import type { EventPlace, RecordedEvent } from '../../store/journal.ts';
import { StoreError } from '../../store/store.ts';
import { badRequest, notFound } from './errors.ts';
import { eventColumns, eventFields, eventObject, type KubeEvent } from './events.ts';
import { type Form, formOf } from './negotiate.ts';
import { count } from './query.ts';
import type { KubeRequest } from './request.ts';
import { json } from './respond.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import { type IncludeObject, includeObject, partial, table } from './table.ts';
import { constant, errorLine, pace, watchOptions } from './watch.ts';
import { WatchStream } from './watch-stream.ts';

interface EventSelection {
  matches(event: KubeEvent): boolean;
  /** The object that all selected events are about, where the selector names one. */
  readonly about: { readonly kinds: readonly Kind[]; readonly name: string } | undefined;
}

function selectionOf({ query }: KubeRequest, namespace: string | undefined): EventSelection {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const { matches, required } = fieldSelector(query.get('fieldSelector') ?? '', eventFields);
  const name = required['involvedObject.name'];
  const kind = required['involvedObject.kind'];
  const named = kind === undefined ? (Object.keys(kinds) as Kind[]) : isKind(kind) ? [kind] : [];
  return {
    matches: (event) =>
      (namespace === undefined || namespace === event.metadata.namespace) &&
      labels({}) &&
      matches(event),
    about: name === undefined ? undefined : { kinds: named, name },
  };
}

/** GET of the events of a namespace, or of all. Throws KubeError. */
export async function listEvents(
  namespace: string | undefined,
  request: KubeRequest,
): Promise<Response> {
  const { c, query } = request;
  const form = formOf(c.req.header('accept'));
  const include = includeObject(query.get('includeObject') ?? undefined);
  const selection = selectionOf(request, namespace);
  const { events, metadata } = await pageOf(selection, request);
  if (form === 'table') return json(request, tableOf(events, metadata, include, request));
  const apiVersion = form === 'metadata' ? 'meta.k8s.io/v1' : 'v1';
  const kind = form === 'metadata' ? 'PartialObjectMetadataList' : 'EventList';
  const items = form === 'metadata' ? events.map(partial) : events;
  return json(request, { kind, apiVersion, metadata, items });
}

const tableOf = (
  events: readonly KubeEvent[],
  list: object,
  include: IncludeObject,
  { clock }: KubeRequest,
) => table(eventColumns, events, { list, include, now: clock.now(), withoutName: true });

async function pageOf(
  selection: EventSelection,
  { c, query, journal }: KubeRequest,
): Promise<{
  readonly events: readonly KubeEvent[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}> {
  const limit = count(query, 'limit') ?? 0;
  if (selection.about) {
    const { kinds: named, name } = selection.about;
    const pages = await Promise.all(
      named.map((kind) => journal.listEvents({ limit: 0, about: { kind, name } })),
    );
    const events = pages.flatMap((page) => page.events.map(eventObject));
    return {
      events: events.filter((event) => selection.matches(event)),
      metadata: { resourceVersion: pages[0]?.resourceVersion ?? '0' },
    };
  }
  const events: KubeEvent[] = [];
  let from = placeOf(query.get('continue') ?? '');
  // A page that selects few is filled from as many pages of the journal as it takes.
  while (true) {
    c.req.raw.signal.throwIfAborted();
    const read = limit === 0 ? 0 : Math.max(limit - events.length, LEAST_READ);
    const page = await journal.listEvents({ limit: read, from });
    const { resourceVersion, next } = page;
    for (const [index, one] of page.events.entries()) {
      const event = eventObject(one);
      if (!selection.matches(event)) continue;
      if (limit > 0 && events.length === limit) {
        const place = placeIn(page.events, index, from);
        return { events, metadata: { resourceVersion, continue: tokenOf(place) } };
      }
      events.push(event);
    }
    if (next === undefined) return { events, metadata: { resourceVersion } };
    from = next;
  }
}

/** However few are wanted: one that is read alone costs as much as these, and none of them may be selected. */
const LEAST_READ = 1_000;

/** Where the event of this index stands among those of its object, on a page that began at `from`. */
function placeIn(
  page: readonly RecordedEvent[],
  index: number,
  from: EventPlace | undefined,
): EventPlace {
  const { kind, name } = (page[index] as RecordedEvent).about;
  const isOf = (about: { readonly kind: Kind; readonly name: string }) =>
    about.kind === kind && about.name === name;
  const before = page.slice(0, index).filter(({ about }) => isOf(about)).length;
  return { kind, name, listed: before + (from && isOf(from) ? from.listed : 0) };
}

const tokenOf = (place: EventPlace): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

function placeOf(token: string): EventPlace | undefined {
  if (token === '') return undefined;
  try {
    const place = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as EventPlace;
    const isWhole = typeof place.name === 'string' && Number.isInteger(place.listed);
    if (isWhole && isKind(place.kind)) return place;
  } catch {
    // What is no JSON is no token of ours.
  }
  throw badRequest('continue key is not valid');
}

/** GET of one event by its name, which begins with that of its object. Throws KubeError. */
export async function getEvent(
  namespace: string,
  name: string,
  request: KubeRequest,
): Promise<Response> {
  const { c, query, journal } = request;
  const object = name.slice(0, name.lastIndexOf('.'));
  const pages = await Promise.all(
    (Object.keys(kinds) as Kind[]).map((kind) =>
      journal.listEvents({ limit: 0, about: { kind, name: object } }),
    ),
  );
  const event = pages
    .flatMap((page) => page.events.map(eventObject))
    .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  if (event === undefined) throw notFound({ plural: 'events', name, group: '' });
  const form = formOf(c.req.header('accept'));
  if (form === 'metadata') return json(request, partial(event));
  if (form === 'object') return json(request, event);
  const { resourceVersion } = event.metadata;
  const include = includeObject(query.get('includeObject') ?? undefined);
  return json(request, tableOf([event], { resourceVersion }, include, request));
}

/** Streams events as they happen. Throws KubeError before the first byte. */
export async function watchEvents(
  namespace: string | undefined,
  request: KubeRequest,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { c, query, journal, clock } = request;
  const form = formOf(c.req.header('accept'));
  const options = watchOptions(query, request.random);
  const selection = selectionOf(request, namespace);
  const line = (type: string, event: KubeEvent) => (): string =>
    `${JSON.stringify({ type, object: formed(event, form, options.include, request) })}\n`;
  const isFromNow = options.resourceVersion === '' || options.resourceVersion === '0';
  const past =
    options.sendsInitial || isFromNow ? await journal.listEvents({ limit: 0 }) : undefined;
  const initial = options.sendsInitial ? (past?.events ?? []) : [];
  let seen =
    isFromNow || options.sendsInitial ? (past?.resourceVersion ?? '0') : options.resourceVersion;
  const bookmark = (isInitialEnd = false): string => {
    const annotations = isInitialEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    const metadata = { resourceVersion: seen, creationTimestamp: null, annotations };
    const object = { kind: 'Event', apiVersion: 'v1', metadata };
    return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
  };
  const stream = new WatchStream(response, headers);
  stream.begin([
    ...initial
      .map(eventObject)
      .filter((event) => selection.matches(event))
      .map((event) => line('ADDED', event)),
    ...(options.marksInitialEnd ? [constant(bookmark(true))] : []),
  ]);
  void pace(stream, options, clock, bookmark);
  void follow();

  async function follow(): Promise<void> {
    const listed = new Set(initial.map(identityOf));
    try {
      for await (const event of journal.watchEvents(seen, stream.ended)) {
        seen = event.resourceVersion;
        const object = eventObject(event);
        if (listed.has(identityOf(event)) || !selection.matches(object)) continue;
        stream.send(line(event.count === 1 ? 'ADDED' : 'MODIFIED', object));
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      stream.send(constant(errorLine(`too old resource version: ${seen}`)));
    }
    stream.end();
  }
}

/** An event that came while the first ones were listed may be both in the list and in what follows. */
const identityOf = (event: RecordedEvent): string =>
  `${event.about.uid} ${event.resourceVersion} ${event.count}`;

function formed(event: KubeEvent, form: Form, include: IncludeObject, request: KubeRequest) {
  if (form === 'object') return event;
  if (form === 'metadata') return partial(event);
  const { resourceVersion } = event.metadata;
  return tableOf([event], { resourceVersion }, include, request);
}
