import type { Random } from '../../../clock.ts';
import { API_VERSION, POOL_LABEL, POOL_REVISION_ANNOTATION } from '../../../resources/meta.ts';
import { withImage } from '../../instance/drift.ts';
import type { StepResult } from '../../reconciler.ts';
import { lacking, sortMembers } from '../plan.ts';
import { isOvertaken, type PoolContext } from './context.ts';

const AT_ONCE = 20;
const SEEN_SOON_MS = 1_000;

/**
 * Declares the droplets that lack. Their names are written down first, and count from then on: so neither a crash nor a
 * view of the droplets that lags makes more of them than are wanted.
 */
export async function declareMembers(context: PoolContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const klass = facts.class;
  if (!klass) return undefined;
  const now = deps.clock.now();
  const count = Math.min(AT_ONCE, lacking(object, sortMembers(object, facts, now), facts, now));
  const { name, uid } = object.metadata;
  const declaring = [
    ...facts.undeclared,
    ...Array.from({ length: count }, () => memberName(name, deps.random)),
  ];
  await context.save({ declaring });
  for (const member of declaring) {
    try {
      await deps.store.create('Droplet', {
        name: member,
        labels: { [POOL_LABEL]: name },
        annotations: { [POOL_REVISION_ANNOTATION]: facts.revision },
        ownerReferences: [
          {
            apiVersion: API_VERSION,
            kind: 'InstancePool',
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
        spec: withImage(klass.droplet, deps.settings.image),
      });
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }
  return { lookAgain: SEEN_SOON_MS };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SUFFIX_LENGTH = 10;
/** DigitalOcean makes it a host name, whose parts have at most 63 characters. */
const MAX_POOL_PART = 40;

/** Never given twice: it is what a droplet of a pool is known by in the cloud. */
function memberName(pool: string, random: Random): string {
  const suffix = Array.from(
    { length: SUFFIX_LENGTH },
    () => LETTERS[Math.floor(random() * LETTERS.length)],
  ).join('');
  const part = pool
    .replaceAll('.', '-')
    .slice(0, MAX_POOL_PART)
    .replace(/(?<!-)-+$/, '');
  return `pool-${part}-${suffix}`;
}
