import { getCondition } from '../../resources/condition.ts';
import type { Instance } from '../../resources/instance.ts';
import { standingOf } from '../../resources/instance-phase.ts';
import type { SeenInstance } from '../../store/webhooks.ts';

export interface WebhookEvent {
  /** "<revision>-<type>": the same whichever process tells it. */
  readonly id: string;
  readonly type:
    | 'instance.phase'
    | 'instance.failed'
    | 'instance.linked'
    | 'instance.unlinked'
    | 'instance.deleted';
  readonly data: {
    readonly numberphone: string;
    readonly name: string;
    readonly phase: string;
    readonly previousPhase: string | null;
    readonly progress: number;
    /** Why it failed. */
    readonly error: string | null;
    readonly isLinked: boolean | null;
  };
}

/** What an instance's change means to others, given what was known of it before. No events: nothing that they care for. Pure. */
export function transitionOf(
  before: SeenInstance | undefined,
  instance: Instance,
  isGone: boolean,
): { readonly seen: SeenInstance | undefined; readonly events: readonly WebhookEvent[] } {
  const { uid, name, resourceVersion } = instance.metadata;
  const known = before?.uid === uid ? before : undefined;
  const { phase, progress, failure } = standingOf(instance);
  const told = getCondition(instance.status?.conditions, 'WhatsAppLinked')?.status;
  const isLinked = told === 'True' ? true : told === 'False' ? false : (known?.isLinked ?? null);
  const event = (type: WebhookEvent['type']): WebhookEvent => ({
    id: `${resourceVersion}-${type}`,
    type,
    data: {
      numberphone: instance.spec.numberphone,
      name,
      phase,
      previousPhase: known?.phase ?? null,
      progress,
      error: failure ?? null,
      isLinked,
    },
  });
  if (isGone) return { seen: undefined, events: [event('instance.deleted')] };
  const events: WebhookEvent[] = [];
  if (phase !== known?.phase) {
    events.push(event('instance.phase'));
    if (phase === 'failed') events.push(event('instance.failed'));
  }
  if (isLinked === true && known?.isLinked !== true) events.push(event('instance.linked'));
  if (isLinked === false && known?.isLinked === true) events.push(event('instance.unlinked'));
  const isSame = known && events.length === 0 && known.isLinked === isLinked;
  return { seen: isSame ? known : { uid, phase, isLinked, revision: resourceVersion }, events };
}
