import { getCondition } from '../../resources/condition.ts';
import type { Droplet } from '../../resources/droplet.ts';
import type { Instance } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import type { Journey, Timeline } from '../../store/timeline.ts';

/** All that is recorded about one instance. */
export interface Records {
  readonly instance: Instance;
  readonly klass: InstanceClassSpec | undefined;
  /** The droplet of the instance's name. */
  readonly droplet: Droplet | undefined;
  readonly timeline: Timeline | undefined;
  readonly journeys: readonly Journey[];
}

/** What sentences are made of. */
export interface Facts {
  readonly number: string;
  readonly reason: string;
  readonly className: string;
  readonly dropletId: number | undefined;
  readonly ip: string | undefined;
  /** Bootstrap: the present try, and how many there may be. */
  readonly attempt: number;
  readonly attempts: number;
  readonly exitCode: number | undefined;
  readonly isLinked: boolean;
  readonly isPaused: boolean;
  /** The controller's own English sentence. */
  readonly detail: string;
}

/** Not seen by a controller yet: declared a moment ago, or no controller runs. */
export const UNSEEN = 'Declared';
/** Changed after it failed, and not looked at since. */
export const CHANGED = 'Changed';

export function factsOf({ instance, klass, droplet }: Records): Facts {
  const { metadata, spec, status } = instance;
  const run = status?.bootstrap;
  return {
    number: spec.numberphone,
    reason: reasonOf(instance),
    className: spec.className,
    dropletId: status?.dropletId ?? droplet?.status?.id,
    ip: status?.ip,
    attempt: run?.attempt ?? 0,
    attempts: (klass?.retries.bootstrap ?? 0) + 1,
    exitCode: run?.exitCode,
    isLinked: getCondition(status?.conditions, 'WhatsAppLinked')?.status === 'True',
    isPaused: spec.paused && !metadata.deletionTimestamp,
    detail: status?.message ?? 'No controller has looked at it yet',
  };
}

/** The stable name of what an instance does or waits for. */
function reasonOf({ metadata, status }: Instance): string {
  if (!status) return UNSEEN;
  const { failure } = status;
  if (failure && !metadata.deletionTimestamp) {
    return failure.generation === metadata.generation ? failure.reason : CHANGED;
  }
  return getCondition(status.conditions, 'Ready')?.reason ?? UNSEEN;
}

/** Until when the present wait may last at the most, in ms since the epoch; undefined when nobody knows. Pure. */
export function deadlineOf(
  { instance, klass, droplet, timeline }: Records,
  { reason }: Facts,
  now: number,
): number | undefined {
  const { status } = instance;
  const after = (time: string | undefined, seconds: number | undefined) =>
    time && seconds !== undefined ? Date.parse(time) + seconds * 1000 : undefined;
  const last = timeline?.entries.at(-1);
  const noted = last?.reason === reason && last.until ? Date.parse(last.until) : undefined;
  const { hold } = droplet?.status ?? {};
  const due = ((): number | undefined => {
    switch (reason) {
      case 'Connect':
        return after(status?.phaseStartedAt, klass?.deadlines.sshSeconds);
      case 'FollowBootstrap':
        return after(status?.bootstrap?.startedAt, klass?.bootstrap.timeoutSeconds);
      case 'AwaitBot':
        return after(
          [status?.bot?.startedAt, status?.bootstrap?.finishedAt].filter(Boolean).toSorted().at(-1),
          klass?.health.startupSeconds,
        );
      case 'Booting':
        return after(droplet?.status?.acceptedAt, klass?.deadlines.dropletActiveSeconds);
      default:
        return hold?.reason === reason ? Date.parse(hold.until) : noted;
    }
  })();
  return due !== undefined && due > now ? due : undefined;
}
