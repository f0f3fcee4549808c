import { z } from 'zod';
import { getCondition } from '../../resources/condition.ts';
import type { Instance, InstanceStatus } from '../../resources/instance.ts';
import { standingOf } from '../../resources/instance-phase.ts';
import { PHASES } from '../../resources/phase.ts';
import { spanishOf } from '../../resources/spanish/in-spanish.ts';

/** What `GET /api/instance/status/{numberphone}` answers. */
export const instanceView = z.strictObject({
  status: z.enum(PHASES),
  progress: z.int().min(0).max(100),
  error: z.string().nullable().describe('Por qué falló, o qué lo detiene'),
  instanceInfo: z
    .strictObject({
      instanceName: z.string(),
      ip: z.string().nullable(),
      state: z.string().nullable().describe('La palabra de DigitalOcean: new, active, off'),
      created: z.iso.datetime(),
      numberphone: z.string(),
      dropletId: z.int(),
    })
    .nullable()
    .describe('Null mientras no haya droplet'),
});
export type InstanceView = z.infer<typeof instanceView>;

/** One of `GET /api/instance/list`. */
export const listedInstance = z.strictObject({
  numberphone: z.string(),
  provider: z.enum(['baileys', 'meta']),
  ...instanceView.shape,
});

/** What an instance may wait for that goes on only when somebody, or time, removes it: worth an error although nothing has failed. */
const HOLDS = new Set([
  'QuotaExceeded',
  'Unavailable',
  'Unauthorized',
  'RateLimited',
  'RepairsPaused',
  'HostKeyMismatch',
  'ClassNotFound',
  'NumberTaken',
  'SecretMissing',
]);

function heldBy(status: InstanceStatus | undefined): string | undefined {
  const ready = getCondition(status?.conditions, 'Ready');
  return ready && HOLDS.has(ready.reason) ? ready.message : undefined;
}

/** How an instance stands, in the facade's words. Pure. */
export function viewOf(instance: Instance): InstanceView {
  const { metadata, spec, status } = instance;
  const { phase, progress, failure } = standingOf(instance);
  const trouble = failure ?? (status?.failure ? undefined : heldBy(status));
  return {
    status: phase,
    progress,
    error: trouble === undefined ? null : spanishOf(trouble),
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
