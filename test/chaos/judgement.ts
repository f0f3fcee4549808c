import type { Droplet } from '../../src/resources/droplet.ts';
import { type Instance, instanceName } from '../../src/resources/instance.ts';
import type { DropletLife } from '../../src/simulator/ledger.ts';
import type { Customer } from './customer.ts';
import type { World } from './world.ts';

/** What is not as it must be once all is settled, as sentences. */
export interface Judgement {
  /** Acknowledged writes that are not there. */
  readonly lost: readonly string[];
  /** Live droplets beside the one of their name. */
  readonly duplicates: readonly string[];
  /** Live droplets that no record knows. */
  readonly leaks: readonly string[];
  /** Wishes that are not carried out yet. */
  readonly unconverged: readonly string[];
  /** Of these, the ones that were given up. */
  readonly failed: readonly string[];
}

/** Looks at the records and at what really lives, in that order, and compares both with what was acknowledged. */
export async function judge(world: World, customers: readonly Customer[]): Promise<Judgement> {
  const { store, cloud } = world;
  const [instances, droplets] = await Promise.all([
    store.list('Instance').then(({ items }) => byName(items)),
    store.list('Droplet').then(({ items }) => byName(items)),
  ]);
  const living = cloud.account.living();
  const judgement = {
    lost: [] as string[],
    duplicates: [] as string[],
    leaks: [] as string[],
    unconverged: [] as string[],
    failed: [] as string[],
  };
  const names = new Set<string>();
  for (const { id, name } of living) {
    if (names.has(name)) judgement.duplicates.push(`two droplets are called ${name}`);
    names.add(name);
    if (droplets.get(name)?.status?.id !== id) {
      judgement.leaks.push(`droplet ${id} (${name}) lives and no record knows it`);
    }
  }
  for (const customer of customers) {
    const name = instanceName(customer.number);
    const instance = instances.get(name);
    if (customer.wanted === 'nothing') {
      if (instance && !instance.metadata.deletionTimestamp) {
        judgement.lost.push(`${name} was deleted and is there`);
      } else if (instance || droplets.has(name)) {
        judgement.unconverged.push(
          `${name} is still being deleted: ${messageOf(instance, droplets.get(name))}`,
        );
      }
      continue;
    }
    if (!instance) {
      judgement.lost.push(`${name} was created and is not there`);
      continue;
    }
    const edit = Number(instance.spec.env['CHAOS_EDIT'] ?? 0);
    if (edit !== customer.edit) {
      judgement.lost.push(`${name} should have edit ${customer.edit} and has ${edit}`);
    }
    if (
      customer.restartedAt &&
      !(Date.parse(instance.spec.restartedAt ?? '') >= customer.restartedAt - 1_000)
    ) {
      judgement.lost.push(`${name} lost its restart: it has ${instance.spec.restartedAt}`);
    }
    const problem = problemOf(instance, droplets.get(name), world);
    if (problem) judgement.unconverged.push(`${name}: ${problem}`);
    if (instance.status?.failure)
      judgement.failed.push(`${name}: ${instance.status.failure.message}`);
  }
  return judgement;
}

const byName = <T extends Instance | Droplet>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.metadata.name, item]));

const messageOf = (instance?: Instance, droplet?: Droplet): string =>
  droplet?.status?.message ?? instance?.status?.message ?? 'no word of it';

/** Why an instance is not what its spec says; undefined when it is. */
function problemOf(
  instance: Instance,
  droplet: Droplet | undefined,
  { cloud }: World,
): string | undefined {
  const { metadata, status, spec } = instance;
  if (metadata.deletionTimestamp) return 'it is being deleted, and nobody asked for that';
  if (status?.phase !== 'completed' || status.observedGeneration !== metadata.generation) {
    return `${status?.phase}, ${messageOf(instance, droplet)}`;
  }
  const id = droplet?.status?.id;
  if (id === undefined || status.dropletId !== id)
    return `its droplet is ${id}, it says ${status.dropletId}`;
  const machine = cloud.account.living().find((one) => one.id === id);
  if (machine?.status !== 'active') return `droplet ${id} is ${machine?.status ?? 'no more'}`;
  const env = cloud.machines?.botEnv(id);
  const edit = spec.env['CHAOS_EDIT'];
  if (cloud.machines && edit !== undefined && !env?.includes(`CHAOS_EDIT="${edit}"`)) {
    return `its bot runs without edit ${edit}: ${env}`;
  }
  return undefined;
}

export interface Overlap {
  readonly name: string;
  readonly ids: readonly [number, number];
  readonly ms: number;
  /** The cloud made the one unasked, beside the other: not a second create. */
  readonly isTwin: boolean;
}

/** Droplets of one name that lived at the same time, ever. */
export function overlaps(lives: readonly DropletLife[], now: number): readonly Overlap[] {
  const found: Overlap[] = [];
  for (const [index, one] of lives.entries()) {
    for (const other of lives.slice(index + 1)) {
      if (other.name !== one.name) continue;
      const ms =
        Math.min(one.goneAt ?? now, other.goneAt ?? now) - Math.max(one.createdAt, other.createdAt);
      if (ms <= 0) continue;
      const isTwin = one.twinOf === other.id || other.twinOf === one.id;
      found.push({ name: one.name, ids: [one.id, other.id], ms, isTwin });
    }
  }
  return found;
}
