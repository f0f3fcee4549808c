import { getCondition } from '../../resources/condition.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import { standingOf } from '../../resources/instance-phase.ts';
import type { Phase } from '../../resources/phase.ts';

/** What `GET /api/instance/status/{numberphone}` answers. */
export interface InstanceView {
  readonly status: Phase;
  readonly progress: number;
  readonly error: string | null;
  readonly instanceInfo: {
    readonly instanceName: string;
    readonly ip: string | null;
    readonly state: string | null;
    readonly created: string;
    readonly numberphone: string;
    readonly dropletId: number;
  } | null;
}

/** What an instance may wait for that goes on only when somebody, or time, removes it: worth an error although nothing has failed. */
const HOLDS = new Set([
  'QuotaExceeded',
  'Unavailable',
  'Unauthorized',
  'RateLimited',
  'RepairsPaused',
  'HostKeyMismatch',
  'ClassNotFound',
  'SecretMissing',
]);

function heldBy(status: InstanceStatus | undefined): string | null {
  const ready = getCondition(status?.conditions, 'Ready');
  return ready && HOLDS.has(ready.reason) ? ready.message : null;
}

/** How an instance stands, in the facade's words. Pure. */
export function viewOf(instance: Instance): InstanceView {
  const { metadata, spec, status } = instance;
  const { phase, progress, failure } = standingOf(instance);
  return {
    status: phase,
    progress,
    error: failure ?? (status?.failure ? null : heldBy(status)),
    instanceInfo:
      status?.dropletId === undefined
        ? null
        : {
            instanceName: metadata.name,
            ip: status.ip ?? null,
            state: status.dropletState ?? null,
            created: metadata.creationTimestamp,
            numberphone: spec.numberphone,
            dropletId: status.dropletId,
          },
  };
}
