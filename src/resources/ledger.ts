import { type CloudDroplet, clusterTag, uidOf } from './cloud-droplet.ts';
import type { Droplet } from './droplet.ts';
import { controllerOwner } from './meta.ts';
import type { Price } from './price.ts';

/** One droplet that was ever requested, for whom, and how long it was there. Times are RFC 3339. */
export interface LedgerEntry {
  /** DigitalOcean's id; absent while a create stands whose answer is not known. */
  readonly dropletId?: number | undefined;
  readonly name: string;
  /** uid of the Droplet object that it was made for, as its tag bears it. */
  readonly uid?: string | undefined;
  /** Whom it serves: the Droplet object's owner, or the object itself where nobody owns it. Absent: nobody knows. */
  readonly record?: LedgerRecord | undefined;
  readonly size?: string | undefined;
  readonly region?: string | undefined;
  readonly requestedAt: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /**
   * - `created`: asked for by us. `adopted`: it was there before, and was taken over.
   * - `found`: a listing showed it, made for a record that has another or did not know of it yet.
   * - `orphan`: a listing showed it, and no record is known that it was made for.
   */
  readonly origin: 'created' | 'adopted' | 'found' | 'orphan';
}

interface LedgerRecord {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A droplet may be missing from any list for its first minute. */
const NEWBORN_MS = 60_000;
/** Lists may show a droplet for a while after it is gone. */
const AFTERGLOW_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What a record tells of its droplet: one that is there, one that was asked for, or none. Pure. */
export function entryOf({ metadata, spec, status }: Droplet): LedgerEntry | undefined {
  const about = {
    name: metadata.name,
    uid: metadata.uid,
    record: recordOf(metadata),
    size: spec.size,
    region: spec.region,
  };
  if (status?.id !== undefined) {
    const from = status.acceptedAt ?? metadata.creationTimestamp;
    return {
      ...about,
      dropletId: status.id,
      requestedAt: status.intent?.startedAt ?? from,
      from,
      to: status.deletion?.confirmedAt,
      origin: status.adopted ? 'adopted' : 'created',
    };
  }
  const { intent } = status ?? {};
  return intent && { ...about, requestedAt: intent.startedAt, origin: 'created' };
}

function recordOf(metadata: Droplet['metadata']): LedgerRecord {
  const owner = controllerOwner(metadata);
  return owner
    ? { kind: owner.kind, name: owner.name, uid: owner.uid }
    : { kind: 'Droplet', name: metadata.name, uid: metadata.uid };
}

/**
 * What is known of a droplet when something new is told of it. `request`: the entry of the create that it came of. A record
 * that tells late revives nothing: only a listing can (`isSeen`). Pure.
 */
export function mergedEntry(
  past: LedgerEntry | undefined,
  news: LedgerEntry,
  { request, isSeen = false }: { request?: LedgerEntry | undefined; isSeen?: boolean } = {},
): LedgerEntry {
  const isBetter = past === undefined || news.origin === 'created' || news.origin === 'adopted';
  return {
    dropletId: news.dropletId,
    name: news.name,
    uid: news.uid ?? past?.uid,
    record: news.record ?? past?.record,
    size: news.size ?? past?.size,
    region: news.region ?? past?.region,
    requestedAt: earliest(past?.requestedAt, request?.requestedAt, news.requestedAt),
    from: earliest(past?.from, news.from ?? past?.from),
    to: past?.to !== undefined && !isSeen ? past.to : news.to,
    origin: isBetter ? news.origin : past.origin,
  };
}

function earliest(...times: readonly (string | undefined)[]): string;
function earliest(...times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(0);
}

export interface SettleFacts {
  /** All entries that have not ended. */
  readonly running: readonly LedgerEntry[];
  /** All Droplet objects, read after the listing. */
  readonly records: readonly Droplet[];
  /** The whole account, as the listing showed it. */
  readonly seen: readonly CloudDroplet[];
  /** When the listing began; ms since the epoch. */
  readonly sweptAt: number;
  readonly clusterId: string;
}

/** What a listing of the account shows to be wrong or missing in the ledger; whatever was not written down before a crash is made up for here. Pure. */
export function settle({ running, records, seen, sweptAt, clusterId }: SettleFacts): {
  readonly write: readonly { readonly entry: LedgerEntry; readonly isSeen: boolean }[];
  /** uids whose create came to nothing. */
  readonly forget: readonly string[];
} {
  const ids = new Map(records.flatMap((one) => (one.status?.id ? [[one.status.id, one]] : [])));
  const uids = new Map(records.map((one) => [one.metadata.uid, one]));
  const entries = new Map(running.map((entry) => [entry.dropletId, entry]));
  const droplets = new Map(seen.map((one) => [one.id, one]));
  const isOurs = ({ tags }: CloudDroplet) => tags.includes(clusterTag(clusterId));

  const told = [...ids].filter(([id, one]) => !isTiedTo(one, entries.get(id)));
  const found = seen
    .filter((one) => isOurs(one) && !entries.has(one.id) && !ids.has(one.id))
    .map((one) => foundEntry(one, uids.get(uidOf(one) ?? '')));
  const gone = running.filter(({ dropletId, from }) => {
    if (dropletId === undefined || ids.has(dropletId)) return false;
    const droplet = droplets.get(dropletId);
    if (droplet) return !isOurs(droplet);
    return sweptAt - Date.parse(from ?? '') > NEWBORN_MS;
  });
  const to = new Date(sweptAt).toISOString();
  return {
    write: [
      ...told.flatMap(([id, one]) => {
        const entry = entryOf(one);
        return entry ? [{ entry, isSeen: droplets.has(id) }] : [];
      }),
      ...found.map((entry) => ({ entry, isSeen: true })),
      ...gone.map((entry) => ({ entry: { ...entry, to }, isSeen: false })),
    ],
    forget: running
      .filter(
        ({ dropletId, uid }) => dropletId === undefined && !uids.get(uid ?? '')?.status?.intent,
      )
      .map(({ uid }) => uid ?? ''),
  };
}

/** Not that of a droplet which a listing showed before its record knew of it, nor of one that was claimed since. */
const isTiedTo = ({ metadata }: Droplet, entry: LedgerEntry | undefined): boolean =>
  entry?.uid === metadata.uid && entry.record?.uid === recordOf(metadata).uid;

function foundEntry(droplet: CloudDroplet, record: Droplet | undefined): LedgerEntry {
  return {
    dropletId: droplet.id,
    name: droplet.name,
    uid: uidOf(droplet),
    record: record && recordOf(record.metadata),
    size: droplet.size,
    region: droplet.region,
    requestedAt: droplet.createdAt,
    from: droplet.createdAt,
    origin: record ? 'found' : 'orphan',
  };
}

/** May a listing that began at `sweptAt` (ms) show that an ended droplet lives after all? */
export const outlives = (entry: LedgerEntry, sweptAt: number): boolean =>
  entry.to === undefined || sweptAt - Date.parse(entry.to) > AFTERGLOW_MS;

/** How many droplets with our cluster tag no entry ties to a record. Pure. */
export function unexplainedAmong(
  droplets: readonly CloudDroplet[],
  entries: readonly LedgerEntry[],
  clusterId: string,
): number {
  const explained = entries.filter(({ record }) => record !== undefined);
  const ids = new Set(explained.map(({ dropletId }) => dropletId));
  const uids = new Set(explained.map(({ uid }) => uid));
  return droplets.filter(
    (one) =>
      one.tags.includes(clusterTag(clusterId)) && !ids.has(one.id) && !uids.has(uidOf(one) ?? ''),
  ).length;
}

export const hoursOf = ({ from, to }: LedgerEntry, now: number): number =>
  from === undefined ? 0 : Math.max(0, (to ? Date.parse(to) : now) - Date.parse(from)) / HOUR_MS;

/** DigitalOcean bills by the time of use, and in no month more than the month's price (docs.digitalocean.com/platform/billing). In USD; months are UTC's. */
export function costOf({ from, to }: LedgerEntry, price: Price, now: number): number {
  if (from === undefined) return 0;
  const end = to ? Date.parse(to) : now;
  let cost = 0;
  for (let at = Date.parse(from); at < end; ) {
    const day = new Date(at);
    const next = Math.min(end, Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1));
    cost += Math.min(((next - at) / HOUR_MS) * price.usdPerHour, price.usdPerMonth);
    at = next;
  }
  return cost;
}
