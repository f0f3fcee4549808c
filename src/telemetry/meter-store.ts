import { decorated } from '../decorate.ts';
import type { Metrics } from '../metrics.ts';
import type { Droplet } from '../resources/droplet.ts';
import type { Instance } from '../resources/instance.ts';
import type { Kind, ObjectOf } from '../resources/kinds.ts';
import { type Store, StoreError } from '../store/store.ts';

/** A Store that measures its answers, and counts what a status written through it says has happened: phases left, repairs begun. */
export function meterStore(store: Store, metrics: Metrics): Store {
  const measured = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    const end = metrics.storeDuration.startTimer({ operation });
    try {
      return await call();
    } catch (error) {
      if (error instanceof StoreError) metrics.storeFailures.inc({ kind: error.kind });
      throw error;
    } finally {
      end();
    }
  };
  // A status is written over the very metadata that was read with the one before: the compare-and-swap lets no other pass.
  const statuses = new WeakMap<object, ObjectOf[Kind]['status']>();
  const remembered = <K extends Kind>(object: ObjectOf[K] | undefined): void => {
    if (object) statuses.set(object.metadata, object.status);
  };
  return decorated(store, {
    create: (...args) => measured('create', () => store.create(...args)),
    get: async (kind, name) => {
      const object = await measured('get', () => store.get(kind, name));
      remembered(object);
      return object;
    },
    list: (kind) => measured('list', () => store.list(kind)),
    update: (...args) => measured('update', () => store.update(...args)),
    updateStatus: async (kind, object, options) => {
      const before = statuses.get(object.metadata);
      const call = () => store.updateStatus(kind, object, options);
      const written = await measured('updateStatus', call);
      if (options?.dryRun) return written;
      remembered(written);
      if (before && kind === 'Instance') {
        countInstance(metrics, before as Instance['status'], written as Instance);
      }
      if (before && kind === 'Droplet') {
        countDroplet(metrics, before as Droplet['status'], written as Droplet);
      }
      return written;
    },
    delete: (...args) => measured('delete', () => store.delete(...args)),
  });
}

function countInstance(
  metrics: Metrics,
  before: Instance['status'],
  { metadata, status }: Instance,
): void {
  if (!before || !status) return;
  if (before.phase !== status.phase) {
    const seconds = secondsBetween(before.phaseStartedAt, status.phaseStartedAt);
    metrics.phaseDuration.observe({ phase: before.phase }, seconds);
  }
  const { bot } = status;
  if (bot?.lastHealthyAt && !before.bot?.lastHealthyAt && !before.failure && !status.repairs) {
    metrics.createDuration.observe(secondsBetween(metadata.creationTimestamp, bot.lastHealthyAt));
  }
  const { repairs } = status;
  if (!repairs?.at || repairs.at === before.repairs?.at) return;
  const isReplacement = repairs.replacements > (before.repairs?.replacements ?? 0);
  metrics.repairs.inc({ rung: isReplacement ? 'replace-droplet' : (repairs.rung ?? 'unknown') });
}

function countDroplet(metrics: Metrics, before: Droplet['status'], { status }: Droplet): void {
  const { action } = status ?? {};
  const isNew = action !== undefined && action.requestedAt !== before?.action?.requestedAt;
  if (isNew && action.type === 'power_on') metrics.repairs.inc({ rung: 'power-on' });
}

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
