import { type GroupVersionKind, GVK, metadataOf, type Schema, text, whole } from './definitions.ts';

export const EVENT_DEFINITION = 'io.k8s.api.core.v1.Event';
export const EVENT_GVK: GroupVersionKind = { group: '', version: 'v1', kind: 'Event' };

const time = (description: string): Schema => ({ ...text(description), format: 'date-time' });
const object = (description: string, properties: Schema['properties'] & object): Schema => ({
  type: 'object',
  description,
  properties,
});

/** What is published of core/v1: its Event, as far as it is served. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
export const coreDefinitions = (): ReadonlyMap<string, Schema> =>
  new Map([[EVENT_DEFINITION, event()]]);

const event = (): Schema => ({
  ...object('Something that happened to an object. Events are read only, and kept for 7 days.', {
    apiVersion: text('Version of the schema of this object: v1.'),
    kind: text('What this object is.'),
    metadata: metadataOf(),
    involvedObject: object('What it is about.', {
      apiVersion: text('Its version.'),
      kind: text('Its kind.'),
      name: text('Its name.'),
      uid: text('Its uid.'),
    }),
    type: text('Normal or Warning.'),
    reason: text('What happened, in one word for programs.'),
    message: text('What happened, in a sentence.'),
    source: object('Who tells it.', { component: text('The program.') }),
    count: whole('How often it happened.'),
    firstTimestamp: time('When it happened first.'),
    lastTimestamp: time('When it happened last.'),
    reportingComponent: text('Who tells it.'),
    reportingInstance: text('Not used.'),
    eventTime: time('Not used.'),
  }),
  [GVK]: [EVENT_GVK],
});
