import { clusterTag, uidOf } from '../../resources/cloud-droplet.ts';
import { type Droplet, isOfNumber, isSingle, wasBornInPool } from '../../resources/droplet.ts';
import { dropletNameOf, type Instance } from '../../resources/instance.ts';
import type { InstanceClassSpec } from '../../resources/instance-class.ts';
import { SecretError } from '../../secrets/secrets.ts';
import { botEnvironment, withSecrets } from '../bootstrap/environment.ts';
import { poolRevision } from '../bootstrap/pool-revision.ts';
import { revisionsOf } from '../bootstrap/run.ts';
import type { ControllerDeps } from '../deps.ts';
import { membersOf } from '../pool/members.ts';
import { withImage } from './drift.ts';
import type { InstanceFacts } from './facts.ts';
import { byDeclaration, heldUpOf, isHeldUp, isOwnedBy } from './held-up.ts';
import { firstLookAt } from './look-times.ts';
import { isClaimable } from './plan.ts';

/** Whoever has been prepared, and does not answer: its droplet may be off. */
const mayBeSilent = ({ status }: Instance): boolean =>
  status?.bootstrap?.exitCode === 0 &&
  (status.phase !== 'completed' || (status.bot?.failures ?? 0) > 0);

/** Gathers what plan needs to know, from the store alone. */
export async function observeInstance(
  instance: Instance,
  deps: ControllerDeps,
): Promise<InstanceFacts> {
  const { store, settings, objects } = deps;
  const { metadata, spec, status } = instance;
  const droplet = await store.get('Droplet', dropletNameOf(instance));
  // As it was last seen: its next version triggers its instances again.
  const klass = objects.get('InstanceClass', spec.className);
  const mayTakeWaiting = isUndecided(instance, droplet) || isHeldUp(instance, droplet);
  const mayComeFromPool = !droplet || wasBornInPool(droplet) || mayTakeWaiting;
  const pool = klass && mayComeFromPool ? poolRevision(klass.spec, settings) : '';
  const revisions = klass && revisionsOf(klass.spec, settings.botRepository);
  const revision = revisions?.of(spec) ?? '';
  const isPrepared = status?.bootstrap?.revision === revision && status.bootstrap.exitCode === 0;
  const waiting = mayTakeWaiting ? await oldestWaiting(instance, pool, deps) : undefined;
  return {
    class: klass?.spec,
    wanted: klass && withImage(klass.spec.droplet, settings.image),
    classVersion: klass && `${klass.metadata.uid} ${klass.metadata.generation}`,
    droplet,
    revision,
    classRevision: revisions?.ofClass ?? '',
    hasTurn:
      klass?.status?.turns.some(
        (turn) => turn.name === metadata.name && turn.revision === revision,
      ) ?? false,
    poolRevision: pool,
    waiting,
    own: await ownBeside(instance, droplet, deps),
    missingSecret: klass && !isPrepared ? await missingSecret(spec, klass.spec, deps) : undefined,
    firstLookAt: firstLookAt(metadata.uid, klass?.spec.health.intervalSeconds ?? 0, deps.startedAt),
    // Counted over the whole fleet, and so only when it is asked for.
    get brakes() {
      return deps.brakes();
    },
    sighting: mayBeSilent(instance) ? await sightingOf(droplet?.status?.id, deps) : undefined,
    ...(droplet && !waiting
      ? { isSwept: true, sweptAt: undefined, foreign: undefined, left: undefined }
      : await lookForForeign(metadata.name, spec.numberphone, status?.phaseStartedAt, deps)),
  };
}

/** What the bootstrap would lack, as a sentence. */
async function missingSecret(
  spec: Instance['spec'],
  klass: InstanceClassSpec,
  { secrets }: ControllerDeps,
): Promise<string | undefined> {
  try {
    await withSecrets(botEnvironment(spec, klass), secrets);
    return undefined;
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    return error.message;
  }
}

async function sightingOf(
  id: number | undefined,
  { cloudView }: ControllerDeps,
): Promise<InstanceFacts['sighting']> {
  if (id === undefined) return undefined;
  const { sweep, droplets } = await cloudView.find({ id });
  return sweep && (droplets[0]?.state ?? 'missing');
}

/** What serves the number already, by its name or with the number as a tag: a droplet that this Orquesta did not make, or one that it left behind. */
async function lookForForeign(
  name: string,
  number: string,
  since: string | undefined,
  deps: ControllerDeps,
): Promise<Pick<InstanceFacts, 'isSwept' | 'sweptAt' | 'foreign' | 'left'>> {
  const { cloudView } = deps;
  const [{ sweep, droplets }, clusterId] = await Promise.all([
    cloudView.find({ name, tag: number }),
    cloudView.clusterId(),
  ]);
  return {
    left: await leftBehind(number, new Set(droplets.map(uidOf)), deps),
    isSwept: sweep !== undefined && since !== undefined && sweep.startedAt >= Date.parse(since),
    sweptAt: sweep?.startedAt,
    foreign: droplets.find((droplet) => !droplet.tags.includes(clusterTag(clusterId))),
  };
}

/** By its label, since one that was made for a pool bears no uid, or by what the last sweep saw. Both are asked of the store: this process may see late that its instance left it. */
async function leftBehind(
  number: string,
  seen: ReadonlySet<string | undefined>,
  { objects, store }: ControllerDeps,
): Promise<Droplet | undefined> {
  const candidates = objects
    .list('Droplet')
    .items.filter((one) => isOfNumber(one, number) || seen.has(one.metadata.uid));
  for (const { metadata } of candidates) {
    const record = await store.get('Droplet', metadata.name);
    if (record && isSingle(record)) return record;
  }
  return undefined;
}

/** It has decided for no droplet yet. */
const isUndecided = ({ status }: Instance, droplet: Droplet | undefined): boolean =>
  status?.dropletName === undefined && droplet === undefined;

/**
 * Asked of the store, after it was written that the instance goes by another: whoever makes a record of this name from then on
 * finds that nobody wants it.
 */
async function ownBeside(
  instance: Instance,
  droplet: Droplet | undefined,
  { store }: ControllerDeps,
): Promise<Droplet | undefined> {
  const { name, deletionTimestamp } = instance.metadata;
  const isDone = isOwnedBy(instance, droplet) && !deletionTimestamp;
  if (isDone || dropletNameOf(instance) === name) return undefined;
  const own = await store.get('Droplet', name);
  return isOwnedBy(instance, own) ? own : undefined;
}

/**
 * The oldest droplet that can be claimed now, as this process saw them and as the store says, but for those which are left to
 * who has been held up for longer. Of several instances that look for one at the same time each takes its own, the first the
 * oldest: all after one would lose to each other, one by one.
 */
async function oldestWaiting(
  instance: Instance,
  revision: string,
  { objects, store }: ControllerDeps,
): Promise<Droplet | undefined> {
  if (!revision) return undefined;
  const { className } = instance.spec;
  const seen = objects
    .list('InstancePool')
    .items.filter(({ spec }) => spec.className === className)
    .flatMap((pool) => membersOf(pool, objects))
    .filter((member) => isClaimable(member, revision))
    .toSorted((a, b) => readyAt(a) - readyAt(b));
  if (seen.length === 0) return undefined;
  const others = objects
    .list('Instance')
    .items.filter(({ metadata }) => metadata.uid !== instance.metadata.uid);
  const spokenFor = new Set(others.map(({ status }) => status?.dropletName));
  const isBefore = (other: Instance) => byDeclaration(other, instance) < 0;
  const free = seen
    .filter(({ metadata }) => !spokenFor.has(metadata.name))
    .slice(heldUpOf(className, objects).filter(isBefore).length);
  const ahead = others.filter((other) => isLookingFor(className, other) && isBefore(other));
  const place = Math.min(ahead.length, free.length);
  // Those that were left to others come last: they may not take them.
  for (const { metadata } of [...free.slice(place), ...free.slice(0, place).reverse()]) {
    const member = await store.get('Droplet', metadata.name);
    if (member && isClaimable(member, revision)) return member;
  }
  return undefined;
}

/** It has decided for none yet, and looks for a droplet of the class, too. */
const isLookingFor = (className: string, { metadata, spec, status }: Instance): boolean =>
  spec.className === className &&
  status?.dropletName === undefined &&
  status?.phase !== 'failed' &&
  !spec.paused &&
  !metadata.deletionTimestamp;

const readyAt = ({ status }: Droplet): number => Date.parse(status?.preparation?.readyAt ?? '');
