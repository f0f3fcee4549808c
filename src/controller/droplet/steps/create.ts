import { CloudError } from '../../../cloud/cloud.ts';
import { userData } from '../../../cloud/user-data.ts';
import {
  type CloudDroplet,
  clusterTag,
  ORQUESTA_TAG,
  uidTag,
} from '../../../resources/cloud-droplet.ts';
import { type CreateIntent, cloudNameOf, type Droplet } from '../../../resources/droplet.ts';
import type { StepContext, StepResult } from '../../reconciler.ts';
import { expectedStart } from '../create-line.ts';
import type { DropletFacts } from '../plan.ts';
import { readRefusal } from '../refusal.ts';

type Context = StepContext<'Droplet', DropletFacts>;

/** A process that was frozen between intent and call must not call any more: by then another may be looking for the answer. */
export const START_WITHIN_MS = 5_000;

/**
 * Creates the droplet exactly once: intent, call, id. DigitalOcean has no idempotency key, so whatever happens after
 * the intent is written leaves it standing, unless the cloud's own answer says that nothing was made.
 */
export async function create(context: Context): Promise<StepResult> {
  const { deps, facts, signal } = context;
  const { clock } = deps;
  const key = deps.newHostKey();
  const startedAt = clock.now();
  const intent: CreateIntent = {
    attempt: (context.object.status?.attempts ?? 0) + 1,
    startedAt: new Date(startedAt).toISOString(),
    hostKey: key.publicKey,
    known: facts.namesakes.map((droplet) => droplet.id),
  };
  const clusterId = await deps.cloudView.clusterId();
  await context.save({ intent, attempts: intent.attempt, hold: undefined });

  if (signal.aborted || clock.now() - startedAt > START_WITHIN_MS) {
    await context.save({ intent: undefined });
    return undefined;
  }
  const { metadata, spec } = context.object;
  try {
    const made = await deps.cloud.createDroplet(
      {
        name: cloudNameOf(context.object),
        template: spec,
        tags: [ORQUESTA_TAG, clusterTag(clusterId), uidTag(metadata.uid), ...spec.tags],
        userData: userData({
          hostKeyPrivate: key.privateKey,
          hostKeyPublic: key.publicKey,
          passwordHash: deps.settings.login.passwordHash,
          authorizedKeys: deps.settings.login.authorizedKeys,
        }),
        notAfter: startedAt + START_WITHIN_MS,
      },
      signal,
    );
    await recordId(context, intent, made);
    await context.event('Normal', 'Created', `DigitalOcean accepted droplet ${made.id}`);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    await learnFrom(error, intent, context);
    if (error.kind === 'rate-limited') throw withTurn(error, context);
    if (error.kind === 'unauthorized') throw error;
  }
  return undefined;
}

/** The budget's line is short and looked at often; how many are before it in all, memory tells. */
function withTurn(error: CloudError, { object, deps }: Context): CloudError {
  const now = deps.clock.now();
  const { message, status, retryAt = now } = error;
  const { items } = deps.objects.list('Droplet');
  const expectedAt = Math.max(retryAt, expectedStart(items, object, now));
  return new CloudError(error.kind, message, { status, retryAt, expectedAt, cause: error });
}

/** The id is all that ties the machine to the record: written at once, over whatever else was written meanwhile. */
function recordId(context: Context, intent: CreateIntent, made: CloudDroplet): Promise<void> {
  const learnt = {
    id: made.id,
    state: made.state,
    ip: made.ip,
    acceptedAt: new Date(context.deps.clock.now()).toISOString(),
    hostKey: intent.hostKey,
    intent: undefined,
  };
  return context.saveFact(learnt, isStill(intent, context));
}

/** The object is the same and its intent the one that this call was made for. */
function isStill(intent: CreateIntent, context: Context): (latest: Droplet) => boolean {
  const { uid } = context.object.metadata;
  return ({ metadata, status }) =>
    metadata.uid === uid && status?.intent?.startedAt === intent.startedAt;
}

async function learnFrom(error: CloudError, intent: CreateIntent, context: Context): Promise<void> {
  const { learnt, event } = readRefusal(error, context.deps.clock.now());
  if (learnt) {
    await context.saveFact({ ...learnt, intent: undefined }, isStill(intent, context));
  }
  if (event) await context.event('Warning', event.reason, event.message);
}
