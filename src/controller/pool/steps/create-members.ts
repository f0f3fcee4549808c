import { CloudError, type CreateDroplets, MAX_NAMES } from '../../../cloud/cloud.ts';
import { userData } from '../../../cloud/user-data.ts';
import {
  type CloudDroplet,
  clusterTag,
  ORQUESTA_TAG,
  poolTag,
} from '../../../resources/cloud-droplet.ts';
import {
  type CreateIntent,
  type Droplet,
  type DropletStatus,
  poolOf,
} from '../../../resources/droplet.ts';
import { readRefusal } from '../../droplet/refusal.ts';
import { START_WITHIN_MS } from '../../droplet/steps/create.ts';
import type { StepResult } from '../../reconciler.ts';
import { isPending, sortMembers } from '../plan.ts';
import { isOvertaken, type PoolContext } from './context.ts';

const SEEN_SOON_MS = 1_000;
const MAX_TRIES = 5;

/**
 * Asks for up to ten members by one request, of a full account for one. For each of them the rules are those of a droplet
 * that is asked for alone: its intent is written before, its id at once after; what is not known of it, its own reconciler
 * finds out by its name. They share one host key, which each gives up for one of its own at the first login.
 */
export async function createMembers(context: PoolContext): Promise<StepResult> {
  const { object, facts, deps } = context;
  const key = deps.newHostKey();
  const clusterId = await deps.cloudView.clusterId();
  const startedAt = deps.clock.now();
  const { pending } = sortMembers(object, facts, startedAt);
  const given = { startedAt: new Date(startedAt).toISOString(), hostKey: key.publicKey, known: [] };
  const intended: Droplet[] = [];
  for (const { metadata } of pending.slice(0, facts.full ? 1 : MAX_NAMES)) {
    const member = await writeIntent(context, metadata.name, given);
    if (member) intended.push(member);
  }
  const [first] = intended;
  if (!first) return { lookAgain: SEEN_SOON_MS };
  const { passwordHash, authorizedKeys } = deps.settings.login;
  await ask(context, intended, {
    template: first.spec,
    tags: [ORQUESTA_TAG, clusterTag(clusterId), poolTag(object.metadata.uid), ...first.spec.tags],
    userData: userData({
      hostKeyPrivate: key.privateKey,
      hostKeyPublic: key.publicKey,
      passwordHash,
      authorizedKeys,
    }),
    notAfter: startedAt + START_WITHIN_MS,
  });
  return { lookAgain: SEEN_SOON_MS };
}

/** Ends each of the intents with what comes of it, but for one whose outcome is not known. Throws CloudError when none may be asked for now. */
async function ask(
  context: PoolContext,
  intended: readonly Droplet[],
  request: Omit<CreateDroplets, 'names'> & { readonly notAfter: number },
): Promise<void> {
  const { deps, signal } = context;
  const { clock } = deps;
  // A process that was frozen must not call any more: by then others may be looking for the answer.
  if (signal.aborted || clock.now() > request.notAfter) {
    for (const member of intended) await settle(context, member, {});
    return;
  }
  let made: readonly CloudDroplet[];
  try {
    const names = intended.map(({ metadata }) => metadata.name);
    made = await deps.cloud.createDroplets({ ...request, names }, signal);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === 'quota' && intended.length > 1) {
      // All are refused when one is too many.
      const half = Math.floor(intended.length / 2);
      for (const member of intended.slice(half)) await settle(context, member, {});
      await ask(context, intended.slice(0, half), request);
      return;
    }
    const { learnt, event } = readRefusal(error, clock.now());
    // Written down, for each write about a member has its pool looked at: without a time it would ask again at once.
    const left =
      error.kind === 'rate-limited' ? { hold: untilItsTurn(error, clock.now()) } : learnt;
    if (left) for (const member of intended) await settle(context, member, left);
    if (event) await context.event('Warning', event.reason, event.message);
    if (error.kind === 'rate-limited' || error.kind === 'unauthorized') throw error;
    return;
  }
  const acceptedAt = new Date(clock.now()).toISOString();
  for (const member of intended) {
    const droplet = made.find(({ name }) => name === member.metadata.name);
    // One that the answer does not name may have been made all the same: its intent stands until that is known.
    if (!droplet) continue;
    const { id, state, ip } = droplet;
    const hostKey = member.status?.intent?.hostKey;
    await settle(context, member, { id, state, ip, acceptedAt, hostKey });
  }
  const ids = made.map(({ id }) => id).join(', ');
  await context.event('Normal', 'Created', `DigitalOcean accepted droplets ${ids}`);
}

const untilItsTurn = ({ message, retryAt = 0 }: CloudError, now: number) => ({
  reason: 'RateLimited',
  message,
  until: new Date(Math.max(retryAt, now + SEEN_SOON_MS)).toISOString(),
});

/** undefined: it is no longer to be asked for, or somebody else writes it just now. */
async function writeIntent(
  { deps, object, facts }: PoolContext,
  name: string,
  given: Omit<CreateIntent, 'attempt'>,
): Promise<Droplet | undefined> {
  const { store, clock } = deps;
  const member = await store.get('Droplet', name);
  const isOurs = member && poolOf(member)?.uid === object.metadata.uid;
  if (!isOurs || !isPending(member, clock.now()) || !facts.class) return undefined;
  const old: DropletStatus = member.status ?? UNSEEN;
  const attempt = old.attempts + 1;
  const status = { ...old, intent: { ...given, attempt }, attempts: attempt, hold: undefined };
  try {
    return await store.updateStatus('Droplet', { ...member, status });
  } catch (error) {
    if (isOvertaken(error)) return undefined;
    throw error;
  }
}

/** As its own reconciler has not looked at it yet. */
const UNSEEN: DropletStatus = {
  observedGeneration: 0,
  phase: 'pending',
  message: '',
  conditions: [],
  attempts: 0,
};

/** Ends the intent with what is known, over whatever else was written meanwhile. */
async function settle(
  { deps }: PoolContext,
  member: Droplet,
  learnt: Partial<DropletStatus>,
): Promise<void> {
  const { uid, name } = member.metadata;
  const startedAt = member.status?.intent?.startedAt;
  for (let tries = 1; ; tries++) {
    const latest = await deps.store.get('Droplet', name);
    const isStill = latest?.metadata.uid === uid && latest.status?.intent?.startedAt === startedAt;
    if (!isStill || !latest.status) return;
    try {
      const status = { ...latest.status, ...learnt, intent: undefined };
      await deps.store.updateStatus('Droplet', { ...latest, status });
      return;
    } catch (error) {
      if (!isOvertaken(error) || tries === MAX_TRIES) throw error;
    }
  }
}
