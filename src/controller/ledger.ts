import { isDeepStrictEqual } from 'node:util';
import { decorated } from '../decorate.ts';
import type { Logger } from '../log.ts';
import type { CloudDroplet } from '../resources/cloud-droplet.ts';
import type { Droplet } from '../resources/droplet.ts';
import { entryOf, type LedgerEntry, settle } from '../resources/ledger.ts';
import type { CloudView, Sweep, SweepDiff } from '../store/cloud-view.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';
import type { Objects } from './triggers.ts';

export interface LedgerDeps {
  readonly ledger: Ledger;
  readonly objects: Pick<Objects, 'get' | 'list'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** A Store that enters into the ledger what is learnt of a droplet: create intent, id, adoption, proven end. */
export function bookRecords(store: Store, { ledger, objects, log }: LedgerDeps): Store {
  /** Droplet objects whose last news could not be booked. */
  const owed = new Set<string>();
  const book = async (before: Droplet | undefined, droplet: Droplet): Promise<void> => {
    const { uid } = droplet.metadata;
    const entry = entryOf(droplet);
    // Most that is written of a droplet is no news to the ledger.
    const isKnown = before?.metadata.uid === uid && isDeepStrictEqual(entryOf(before), entry);
    if (isKnown && !owed.has(uid)) return;
    owed.add(uid);
    await (entry ? ledger.write(entry) : ledger.forgetRequest(uid));
    owed.delete(uid);
  };
  return decorated(store, {
    updateStatus: async (kind, object, options) => {
      // As it was last seen, which may be older than what was written last: then it is booked once more.
      const before = kind === 'Droplet' ? objects.get('Droplet', object.metadata.name) : undefined;
      const written = await store.updateStatus(kind, object, options);
      if (kind === 'Droplet' && !options?.dryRun)
        await orSettleLater(book(before, written as Droplet), log);
      return written;
    },
  });
}

/** A CloudView that holds the ledger against each sweep: what a crash kept from being written is made up for, what is gone is ended, what nobody knows is noted. A sweep that can't be booked is not recorded either. */
export function bookSweeps(view: CloudView, { ledger, objects }: LedgerDeps): CloudView {
  const book = async (sweep: Sweep, seen: readonly CloudDroplet[]): Promise<void> => {
    const [running, clusterId] = await Promise.all([ledger.running(), view.clusterId()]);
    const records = objects.list('Droplet').items;
    const sweptAt = sweep.startedAt;
    const { write, forget } = settle({ running, records, seen, sweptAt, clusterId });
    const nameless = write.some(({ entry }) => entry.origin === 'orphan' && !entry.record);
    const past = nameless ? await ledger.all() : [];
    for (const { entry, isSeen } of write) {
      await ledger.write(withFormerRecord(entry, past), { isSeen, sweptAt });
    }
    for (const uid of forget) await ledger.forgetRequest(uid);
  };
  return decorated(view, {
    record: async (sweep, droplets): Promise<SweepDiff> => {
      // Written before anybody can act on the sweep: a duplicate that it shows is deleted within seconds.
      await book(sweep, droplets);
      return view.record(sweep, droplets);
    },
  });
}

/** A droplet that outlived its record: the ledger may still know whom it was made for. */
function withFormerRecord(entry: LedgerEntry, past: readonly LedgerEntry[]): LedgerEntry {
  if (entry.record || entry.uid === undefined) return entry;
  const record = past.find(({ uid, record }) => uid === entry.uid && record)?.record;
  return record ? { ...entry, record } : entry;
}

/** What is learnt of a droplet is in its record already: the ledger does not hold up the work, and the next sweep settles it. */
async function orSettleLater(written: Promise<void>, log: LedgerDeps['log']): Promise<void> {
  try {
    await written;
  } catch (err) {
    log.warn({ err }, 'The ledger could not be written; the next sweep settles it');
  }
}
