import type { CloudDroplet } from '../../../resources/cloud-droplet.ts';
import { cloudNameOf, type Droplet } from '../../../resources/droplet.ts';
import { numberIn } from '../../../resources/instance.ts';
import { ADOPT_ANNOTATION } from '../../../resources/meta.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import { answerTo, type DropletFacts } from '../plan.ts';

/** Records a droplet that is there already: one that a lost create made, or one that the owner asked to take over. */
export async function adopt(context: StepContext<'Droplet', DropletFacts>): Promise<StepResult> {
  const { object, facts, deps, signal } = context;
  const ours = facts.twins[0] ?? answerTo(object, facts.namesakes, deps.clock.now());
  if (ours) {
    await record(context, ours, false);
    return undefined;
  }
  const id = Number(object.metadata.annotations?.[ADOPT_ANNOTATION]);
  const foreign = await deps.cloud.getDroplet(id, signal);
  if (foreign && servesNumberOf(object, foreign)) {
    await record(context, foreign, true);
    return undefined;
  }
  const [reason, message] = foreign
    ? ['NotAdoptable', `Droplet ${id} serves another number or none, and is not taken over`]
    : ['AdoptedDropletGone', `Droplet ${id} that was to be adopted does not exist`];
  const at = new Date(deps.clock.now()).toISOString();
  await context.save({ failure: { reason, message, at } });
  return undefined;
}

/**
 * Whoever may write objects may write the annotation, too: it must not get them any machine of the account, but the one that stands
 * in the way of this number.
 */
function servesNumberOf(object: Droplet, { name, tags }: CloudDroplet): boolean {
  const wanted = cloudNameOf(object);
  const number = numberIn(wanted);
  return (
    number !== undefined && (name.toLowerCase() === wanted.toLowerCase() || tags.includes(number))
  );
}

export async function record(
  context: StepContext<'Droplet', DropletFacts>,
  found: CloudDroplet,
  isForeign: boolean,
): Promise<void> {
  const { object, deps } = context;
  await context.save({
    id: found.id,
    state: found.state,
    ip: found.ip,
    seen: true,
    acceptedAt: new Date(deps.clock.now()).toISOString(),
    hostKey: isForeign ? undefined : (object.status?.intent?.hostKey ?? object.status?.hostKey),
    adopted: isForeign || undefined,
    intent: undefined,
    hold: undefined,
  });
  await context.event('Normal', 'Adopted', `Droplet ${found.id} was there already and is used`);
}
