import { type Kind, kinds } from '../resources/kinds.ts';
import type { Belonging } from './belongings.ts';

/**
 * The name of every key that the store keeps in Redis. Scripts touch several at once: in a Redis Cluster the prefix must
 * hold a hash tag ("{orquesta}"), so that all of them live in one slot.
 */
export const storeKeys = (prefix: string) => ({
  /** Hash: name → "<revision> <json>", one per kind. */
  objects: (kind: Kind): string => `${prefix}:objects:${kinds[kind].plural}`,
  /** String: the revision of the last commit. */
  revision: `${prefix}:revision`,
  /** Stream: every commit, under the entry ID "<revision>-0". */
  changes: `${prefix}:changes`,
  /** String: in which version of the schema the objects are written. */
  schemaVersion: `${prefix}:schema-version`,

  /** String: a JSON array of the events of one object, oldest first. */
  events: (kind: Kind, name: string): string => `${prefix}:events:${kinds[kind].plural}:${name}`,
  /** String: the revision of the last event. */
  eventRevision: `${prefix}:events:revision`,
  /** Stream: every event, under the entry ID "<revision>-0". */
  eventChanges: `${prefix}:events:changes`,
  /** Sorted set, all scores 0: "<name of the object>\0<kind>" of each object that has events. */
  eventIndex: `${prefix}:events:index`,
  /** String: JSON of what an instance did and waited for. */
  timeline: (name: string): string => `${prefix}:timeline:${name}`,
  /** List: JSON of each way that instances went to their end, newest first. */
  journeys: `${prefix}:journeys`,
  /** String: the revision up to which changes were turned into webhooks. */
  webhookCursor: `${prefix}:webhooks:cursor`,
  /** Hash: name of an instance → JSON of what webhooks know of it. */
  webhookSeen: `${prefix}:webhooks:seen`,
  /** Set: the keys for which deliveries wait. */
  webhookWaiting: `${prefix}:webhooks:waiting`,
  /** List: JSON of the deliveries of one key, the next one first. */
  webhookList: (key: string): string => `${prefix}:webhooks:list:${key}`,
  /** List: JSON of the last tries, newest first. */
  webhookRecords: `${prefix}:webhooks:records`,
  /** List: JSON of what the API asks of the controllers, newest first. */
  errands: `${prefix}:errands`,
  /** String: JSON of the answer to one errand. */
  errandAnswer: (id: string): string => `${prefix}:errands:${id}`,
  /** Hash: which bootstrap run's log is kept and how far it was followed. */
  log: (name: string): string => `${prefix}:log:${name}`,
  /** String: the text of that log. */
  logText: (name: string): string => `${prefix}:log:${name}:text`,

  /** Stream: who wrote what through the API, a JSON entry each. */
  audit: `${prefix}:audit`,
  /** List: JSON of the saved sessions of one bot, sealed, newest first. */
  session: (name: string): string => `${prefix}:session:${name}`,
  /** String: JSON of which session of one bot was forgotten last, when nothing was saved since. */
  forgottenSession: (name: string): string => `${prefix}:session:${name}:forgotten`,
  /** Hash: name → what is kept under it, sealed. */
  vault: `${prefix}:vault`,

  /** String: JSON of the recorded sweep. */
  sweep: `${prefix}:cloud:sweep`,
  /** Hash: DigitalOcean's id → JSON of the droplet as the sweep saw it. */
  droplets: `${prefix}:cloud:droplets`,
  /** Sorted set, all scores 0: what a droplet can be found by, then its id. */
  dropletIndex: `${prefix}:cloud:index`,
  /** Sorted set: ids of droplets that are proven gone, by when that was. */
  gone: `${prefix}:cloud:gone`,
  /** String: JSON of the droplets that looked like orphans to the last sweep. */
  suspects: `${prefix}:cloud:suspects`,
  /** String: JSON, whether DigitalOcean takes our token. */
  access: `${prefix}:cloud:access`,
  /** String: JSON, that the account is full; absent: as far as is known it is not. */
  full: `${prefix}:cloud:full`,
  /** Hash: a size's slug → JSON of its price; and under an empty name, when that was asked. */
  prices: `${prefix}:cloud:prices`,
  /** Hash: a droplet's id, or "request:<uid>" → JSON of its entry in the ledger; and the same for those that have ended. */
  running: `${prefix}:ledger:running`,
  ended: `${prefix}:ledger:ended`,
  /** Sorted set: the ids of ended ones by their end, ms since the epoch. */
  ends: `${prefix}:ledger:ends`,
  /** Set: the ids of controllers that report. */
  controllers: `${prefix}:controllers`,
  /** String that expires: JSON of one controller's last report. */
  controller: (id: string): string => `${prefix}:controllers:${id}`,
  /** String: when all keys were last named to the queue, ms since the epoch. */
  resync: `${prefix}:resync`,
  /** String: this Orquesta's id on the account. */
  clusterId: `${prefix}:cloud:cluster-id`,
});

export type StoreKeys = ReturnType<typeof storeKeys>;

/** Under which keys something is kept that belongs to the instance of that name. */
export function keysOf(belonging: Belonging, name: string, keys: StoreKeys): readonly string[] {
  switch (belonging) {
    case 'sessions':
      return [keys.session(name), keys.forgottenSession(name)];
    case 'log':
      return [keys.log(name), keys.logText(name)];
    case 'timeline':
      return [keys.timeline(name)];
  }
}
