import type { Clock } from '../clock.ts';
import { type Cloud, CloudError } from '../cloud/cloud.ts';
import type { Logger } from '../log.ts';
import {
  type CloudDroplet,
  clusterTag,
  uidOf,
  wasMadeForPool,
} from '../resources/cloud-droplet.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { CloudView, Sweep } from '../store/cloud-view.ts';
import type { Journal } from '../store/journal.ts';
import type { Store } from '../store/store.ts';

/** A record is written before its droplet, so a droplet without one is no newborn; the guard is for what nobody thought of. */
const MIN_AGE_MS = 600_000;
const MAX_PER_SWEEP = 5;
/** What was suspected before that is suspected anew. */
const SUSPECTED_FOR_MS = 600_000;

/** Droplets of our cluster, old enough, that no record stands for. Pure; `now` in ms since the epoch. */
export function orphansAmong(
  droplets: readonly CloudDroplet[],
  records: readonly Droplet[],
  clusterId: string,
  now: number,
): readonly CloudDroplet[] {
  const uids = new Set(records.map(({ metadata }) => metadata.uid));
  const ids = new Set(records.map(({ status }) => status?.id));
  // A pool's droplet bears no uid. While its record knows no id, its name tells that it has one.
  const names = new Set(
    records.filter(({ status }) => status?.id === undefined).map(({ metadata }) => metadata.name),
  );
  return droplets.filter((droplet) => {
    const uid = uidOf(droplet);
    const isOurs = uid !== undefined || wasMadeForPool(droplet);
    const isKnown = uid !== undefined ? uids.has(uid) : names.has(droplet.name);
    return (
      droplet.tags.includes(clusterTag(clusterId)) &&
      isOurs &&
      !isKnown &&
      !ids.has(droplet.id) &&
      now - Date.parse(droplet.createdAt) > MIN_AGE_MS
    );
  });
}

export interface OrphanDeps {
  readonly cloud: Cloud;
  readonly store: Store;
  readonly cloudView: CloudView;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Deletes droplets that we made and that no record stands for: seen so in two sweeps, at most five a sweep. */
export class OrphanCollector {
  readonly #deps: OrphanDeps;

  constructor(deps: OrphanDeps) {
    this.#deps = deps;
  }

  /** To be called with what a sweep saw, after it: the cloud is read first and the records second, or a newborn could be taken for an orphan. */
  async collect(
    sweep: Sweep,
    droplets: readonly CloudDroplet[],
    signal: AbortSignal,
  ): Promise<void> {
    const { store, cloudView, clock } = this.#deps;
    const clusterId = await cloudView.clusterId();
    if (orphansAmong(droplets, [], clusterId, clock.now()).length === 0) return;
    const { items } = await store.list('Droplet');
    const orphans = orphansAmong(droplets, items, clusterId, clock.now());
    if (orphans.length === 0) return;
    const suspects = await cloudView.suspects();
    // Two listings that ran side by side are one look.
    const isSecondLook =
      suspects !== undefined &&
      suspects.seenAt <= sweep.startedAt &&
      sweep.startedAt - suspects.seenAt < SUSPECTED_FOR_MS;
    const confirmed = orphans.filter(({ id }) => isSecondLook && suspects.ids.includes(id));
    await cloudView.setSuspects({ seenAt: sweep.finishedAt, ids: orphans.map(({ id }) => id) });
    for (const orphan of confirmed.slice(0, MAX_PER_SWEEP)) await this.#delete(orphan, signal);
  }

  async #delete(orphan: CloudDroplet, signal: AbortSignal): Promise<void> {
    const { cloud, journal, log } = this.#deps;
    const { id, name } = orphan;
    try {
      await cloud.deleteDroplet(id, signal);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      log.warn(
        { err: error, dropletId: id, droplet: name },
        'An orphan could not be deleted; the next sweep tries again',
      );
      return;
    }
    const message = `Droplet ${id} (${name}) bears our tags and no record stands for it: deleted`;
    log.warn({ dropletId: id, droplet: name }, message);
    await journal.event(
      { kind: 'Droplet', name, uid: uidOf(orphan) ?? '' },
      'Warning',
      'OrphanDeleted',
      message,
    );
  }
}
