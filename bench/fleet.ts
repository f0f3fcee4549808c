import type { Redis } from 'ioredis';
import { systemClock } from '../src/clock.ts';
import { revisionsOf } from '../src/controller/bootstrap/run.ts';
import { clusterTag, ORQUESTA_TAG, uidTag } from '../src/resources/cloud-droplet.ts';
import { type InstanceStatus, instanceName, instanceSpec } from '../src/resources/instance.ts';
import type { InstanceClass } from '../src/resources/instance-class.ts';
import { entryOf } from '../src/resources/ledger.ts';
import { API_VERSION } from '../src/resources/meta.ts';
import { findPlace } from '../src/simulator/place.ts';
import { RedisCloudView } from '../src/store/redis-cloud-view.ts';
import { RedisLedger } from '../src/store/redis-ledger.ts';
import type { World } from '../test/chaos/world.ts';

const AT_ONCE = 200;
const BOT_REPOSITORY = 'https://github.com/ossavemu/ClientFyAdmin';
const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUT2yTJnTdTQ4s9qNVZKqXGn0W0YCCYPrYqFWsm1yJk';

export const numberOf = (at: number): string => `573${String(1_000_000 + at)}`;

/** Puts instances that are up into the store, and their droplets into the account, as creating each would have left them. */
export async function seedFleet(world: World, from: number, to: number, klass: InstanceClass) {
  const { eyes, prefix } = world;
  const view = new RedisCloudView({ redis: eyes, prefix, newId: () => 'bench' });
  const tags = [ORQUESTA_TAG, clusterTag(await view.clusterId())];
  const revisions = revisionsOf(klass.spec, BOT_REPOSITORY);
  const ledger = new RedisLedger({ redis: eyes, prefix, clock: systemClock });
  for (let at = from; at < to; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, to - at) }, (_, i) => at + i);
    await Promise.all(
      some.map((one) => seed(world, ledger, numberOf(one), klass, revisions, tags)),
    );
  }
}

async function seed(
  { store, cloud }: World,
  ledger: RedisLedger,
  number: string,
  { spec: klass }: InstanceClass,
  revisions: ReturnType<typeof revisionsOf>,
  tags: readonly string[],
): Promise<void> {
  const spec = instanceSpec.parse({ numberphone: number });
  const name = instanceName(number);
  const instance = await store.create('Instance', { name, spec });
  const owner = {
    apiVersion: API_VERSION,
    kind: 'Instance',
    name,
    uid: instance.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const droplet = await store.create('Droplet', {
    name,
    spec: klass.droplet,
    ownerReferences: [owner],
  });
  const [made] = cloud.account.create({
    names: [name],
    ...findPlace(klass.droplet.region, klass.droplet.size, klass.droplet.image),
    tags: [...tags, uidTag(droplet.metadata.uid), ...klass.droplet.tags],
    userData: '',
    publicKeys: [],
    features: [],
    vpcUuid: undefined,
  });
  const id = made?.id ?? 0;
  const now = new Date().toISOString();
  const ip = '127.0.0.1';
  const up = await store.updateStatus('Droplet', {
    ...droplet,
    status: {
      observedGeneration: 1,
      phase: 'active',
      message: `Droplet ${id} is active at ${ip}`,
      conditions: [],
      id,
      ip,
      state: 'active',
      acceptedAt: now,
      addressedAt: now,
      attempts: 1,
      hostKey: HOST_KEY,
      seen: true,
    },
  });
  const entry = entryOf(up);
  if (entry) await ledger.write(entry);
  const { service, qrPort, panelPort, statusPath } = klass.bot;
  const status: InstanceStatus = {
    observedGeneration: 1,
    phase: 'completed',
    progress: 100,
    message: 'The bot answers',
    conditions: [],
    dropletName: name,
    dropletId: id,
    dropletState: 'active',
    ip,
    phaseStartedAt: now,
    ssh: { dropletId: id, hostKey: HOST_KEY, isRotated: false, since: now, isUp: true },
    bootstrap: {
      run: `seed-${number}`,
      revision: revisions.of(spec),
      classRevision: revisions.ofClass,
      dropletId: id,
      attempt: 1,
      startedAt: now,
      finishedAt: now,
      exitCode: 0,
    },
    bot: { startedAt: now, lastHealthyAt: now, lastCheckedAt: now, failures: 0 },
    endpoint: { service, qrPort, panelPort, statusPath },
    restarts: 0,
  };
  await store.updateStatus('Instance', { ...instance, status });
}

/** Jobs that are to be worked on now. */
export async function jobsInHand(redis: Redis, prefix: string): Promise<number> {
  const queue = `${prefix}:queue:work`;
  const [waiting, active, prioritized] = await Promise.all([
    redis.llen(`${queue}:wait`),
    redis.llen(`${queue}:active`),
    redis.zcard(`${queue}:prioritized`),
  ]);
  return waiting + active + prioritized;
}
