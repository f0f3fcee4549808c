import { getCondition } from '../../../src/resources/condition.ts';
import type { Instance } from '../../../src/resources/instance.ts';
import { standingOf } from '../../../src/resources/instance-phase.ts';
import type { Phase } from '../../../src/resources/phase.ts';

/** What a row shows of an instance. */
export interface InstanceRow {
  readonly name: string;
  readonly number: string;
  readonly phase: Phase;
  readonly progress: number;
  /** A sentence of the controller's. */
  readonly message: string;
  /** RFC 3339. */
  readonly phaseStartedAt: string;
  readonly createdAt: string;
  readonly className: string;
  readonly ip: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly isPaused: boolean;
  readonly whatsapp: 'True' | 'False' | 'Unknown';
}

const known = new WeakMap<Instance, InstanceRow>();

/** Made once for each version of an object: thousands are filtered and sorted at a time. */
export function rowOf(instance: Instance): InstanceRow {
  const old = known.get(instance);
  if (old) return old;
  const { metadata, spec, status } = instance;
  const { phase, progress, failure } = standingOf(instance);
  const row: InstanceRow = {
    name: metadata.name,
    number: spec.numberphone,
    phase,
    progress,
    message: failure ?? status?.message ?? '',
    phaseStartedAt:
      metadata.deletionTimestamp ?? status?.phaseStartedAt ?? metadata.creationTimestamp,
    createdAt: metadata.creationTimestamp,
    className: spec.className,
    ip: status?.ip,
    labels: metadata.labels ?? {},
    isPaused: spec.paused,
    whatsapp: getCondition(status?.conditions, 'WhatsAppLinked')?.status ?? 'Unknown',
  };
  known.set(instance, row);
  return row;
}
