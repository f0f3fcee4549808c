import { createHash } from 'node:crypto';
import { API_VERSION } from '../../resources/meta.ts';
import type { RecordedEvent } from '../../store/journal.ts';
import { age } from './age.ts';
import type { Column } from './columns.ts';
import type { SelectableFields } from './selectors.ts';

const NAMESPACE = 'default';
const COMPONENT = 'orquesta-controller';

/** core/v1 Event about one of our objects. These belong to no namespace; their events live in `default`, as Kubernetes' own do. */
export interface KubeEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'v1';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
  };
  readonly involvedObject: {
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly apiVersion: string;
  };
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string };
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly type: string;
  readonly eventTime: null;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** An event and its repetitions are one object: its name follows from what happened and when it happened first. */
export function eventObject(event: RecordedEvent): KubeEvent {
  const { about, type, reason, message, count, firstTimestamp, lastTimestamp } = event;
  const identity = [about.uid, type, reason, message, firstTimestamp].join('\0');
  const digest = createHash('sha256').update(identity).digest('hex');
  const seconds = Math.floor(Date.parse(firstTimestamp) / 1000);
  return {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: {
      name: `${about.name}.${seconds.toString(16).padStart(8, '0')}${digest.slice(0, 8)}`,
      namespace: NAMESPACE,
      uid: uuidOf(digest),
      resourceVersion: event.resourceVersion,
      creationTimestamp: firstTimestamp,
    },
    involvedObject: {
      kind: about.kind,
      name: about.name,
      uid: about.uid,
      apiVersion: API_VERSION,
    },
    reason,
    message,
    source: { component: COMPONENT },
    firstTimestamp,
    lastTimestamp,
    count,
    type,
    eventTime: null,
    reportingComponent: COMPONENT,
    reportingInstance: '',
  };
}

/** RFC 9562, version 8: made of a digest. */
const uuidOf = (hex: string): string =>
  [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');

export const eventFields: SelectableFields<KubeEvent> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'involvedObject.kind': ({ involvedObject }) => involvedObject.kind,
  'involvedObject.namespace': () => '',
  'involvedObject.name': ({ involvedObject }) => involvedObject.name,
  'involvedObject.uid': ({ involvedObject }) => involvedObject.uid,
  'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion,
  'involvedObject.resourceVersion': () => '',
  'involvedObject.fieldPath': () => '',
  reason: ({ reason }) => reason,
  type: ({ type }) => type,
  source: ({ source }) => source.component,
  reportingComponent: ({ reportingComponent }) => reportingComponent,
};

const text = (
  name: string,
  description: string,
  cell: (event: KubeEvent) => string,
  wide = false,
): Column<KubeEvent> => ({ name, type: 'string', description, wide, cell });

const since = (
  name: string,
  description: string,
  time: (event: KubeEvent) => string,
  wide = false,
): Column<KubeEvent> => ({
  name,
  type: 'string',
  description,
  wide,
  cell: (event, now) => age(time(event), now),
});

export const eventColumns: readonly Column<KubeEvent>[] = [
  since('Last Seen', 'How long ago it happened last.', (event) => event.lastTimestamp),
  text('Type', 'Normal or Warning.', ({ type }) => type),
  text('Reason', 'What happened, as one word.', ({ reason }) => reason),
  text('Object', 'What it happened to.', ({ involvedObject }) => {
    return `${involvedObject.kind.toLowerCase()}/${involvedObject.name}`;
  }),
  text('Source', 'Who tells of it.', ({ source }) => source.component, true),
  text('Message', 'What happened, as a sentence.', ({ message }) => message),
  since('First Seen', 'How long ago it happened first.', (event) => event.firstTimestamp, true),
  {
    name: 'Count',
    type: 'integer',
    description: 'How often it has happened.',
    wide: true,
    cell: ({ count }) => count,
  },
  text('Name', 'The name of the event.', ({ metadata }) => metadata.name, true),
];
