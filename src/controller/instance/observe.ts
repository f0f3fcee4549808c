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
  const mayComeFromPool = !droplet || wasBornInPool(droplet);
  const pool = klass && mayComeFromPool ? poolRevision(klass.spec, settings) : '';
  const revisions = klass && revisionsOf(klass.spec, settings.botRepository);
  const revision = revisions?.of(spec) ?? '';
  const isPrepared = status?.bootstrap?.revision === revision && status.bootstrap.exitCode === 0;
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
    waiting: await oldestWaiting(instance, droplet, pool, deps),
    missingSecret: klass && !isPrepared ? await missingSecret(spec, klass.spec, deps) : undefined,
    firstLookAt: firstLookAt(metadata.uid, klass?.spec.health.intervalSeconds ?? 0, deps.startedAt),
    // Counted over the whole fleet, and so only when it is asked for.
    get brakes() {
      return deps.brakes();
    },
    sighting: mayBeSilent(instance) ? await sightingOf(droplet?.status?.id, deps) : undefined,
    ...(droplet
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

/**
 * The oldest droplet that can be claimed now, as this process saw them and as the store says. Of several instances that look for
 * one at the same time each takes its own, the first the oldest: all after one would lose to each other, one by one.
 */
async function oldestWaiting(
  instance: Instance,
  droplet: Droplet | undefined,
  revision: string,
  { objects, store }: ControllerDeps,
): Promise<Droplet | undefined> {
  if (instance.status?.dropletName !== undefined || !revision || droplet) return undefined;
  const pools = objects
    .list('InstancePool')
    .items.filter(({ spec }) => spec.className === instance.spec.className);
  const seen = pools
    .flatMap((pool) => membersOf(pool, objects))
    .filter((member) => isClaimable(member, revision))
    .toSorted((a, b) => readyAt(a) - readyAt(b));
  const others = objects
    .list('Instance')
    .items.filter(({ metadata }) => metadata.uid !== instance.metadata.uid);
  const spokenFor = new Set(others.map(({ status }) => status?.dropletName));
  const free = seen.filter(({ metadata }) => !spokenFor.has(metadata.name));
  const place = Math.min(others.filter((other) => isBefore(other, instance)).length, free.length);
  // Those that were left to others come last: they may not take them.
  for (const { metadata } of [...free.slice(place), ...free.slice(0, place).reverse()]) {
    const member = await store.get('Droplet', metadata.name);
    if (member && isClaimable(member, revision)) return member;
  }
  return undefined;
}

/** It looks for a droplet of the same class, too, and was declared before. */
const isBefore = (
  { metadata, spec, status }: Instance,
  { metadata: own, spec: wanted }: Instance,
) =>
  spec.className === wanted.className &&
  status?.dropletName === undefined &&
  status?.phase !== 'failed' &&
  !spec.paused &&
  !metadata.deletionTimestamp &&
  (metadata.creationTimestamp < own.creationTimestamp ||
    (metadata.creationTimestamp === own.creationTimestamp && metadata.uid < own.uid));

const readyAt = ({ status }: Droplet): number => Date.parse(status?.preparation?.readyAt ?? '');
