import { LINKED } from '../../../bot/bot.ts';
import type { Droplet } from '../../../resources/droplet.ts';
import { REPLACE_ANNOTATION } from '../../../resources/meta.ts';
import type { StepResult } from '../../reconciler.ts';
import { asSeen, type InstanceContext, timeOf } from './context.ts';
import { saveSession } from './save-session.ts';

/** The last rung, or asked for by annotation: gives up the droplet. A new one is declared when this one is proven gone. */
export async function replaceDroplet(context: InstanceContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const { droplet } = facts;
  const isAsked = object.metadata.annotations?.[REPLACE_ANNOTATION] === 'true';
  const { repairs, message } = object.status ?? {};
  if (droplet && repairs?.replacedUid !== droplet.metadata.uid) {
    // The droplet runs: what has become of the bot's link since the last look goes along.
    if (isAsked && isReachable(droplet) && object.status?.bot?.session === LINKED) {
      await saveSession(context);
    }
    await context.save({
      repairs: {
        replacements: (repairs?.replacements ?? 0) + (isAsked ? 0 : 1),
        replacedUid: droplet.metadata.uid,
        at: timeOf(context),
      },
      hostKeyMismatch: undefined,
      sshProblem: undefined,
      bot: undefined,
    });
    const why = isAsked ? 'as asked' : message;
    await context.event(
      'Warning',
      'Replacing',
      `Droplet ${droplet.status?.id} is replaced: ${why}`,
    );
  }
  if (droplet && !droplet.metadata.deletionTimestamp) {
    await deps.store.delete('Droplet', droplet.metadata.name, asSeen(droplet.metadata));
  }
  if (isAsked) {
    const { [REPLACE_ANNOTATION]: _, ...annotations } = context.object.metadata.annotations ?? {};
    const { object: latest } = context;
    await deps.store.update('Instance', {
      ...latest,
      metadata: { ...latest.metadata, annotations },
    });
    return { lookAgain: 1 };
  }
  return undefined;
}

const isReachable = ({ metadata, status }: Droplet): boolean =>
  status?.id !== undefined && status.ip !== undefined && !metadata.deletionTimestamp;
