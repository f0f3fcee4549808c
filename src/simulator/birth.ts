import type { AccountOptions, Span } from './account-options.ts';
import type { Addresses } from './addresses.ts';
import type { BirthFault } from './faults.ts';
import type { CreateSpec, DropletRecord } from './records.ts';
import type { Tags } from './tags.ts';

/** What was accepted a moment ago: no lists show it, it has no tags, no address and no power. */
export const newborn = (
  id: number,
  name: string,
  spec: CreateSpec,
  faults: readonly BirthFault[],
  now: number,
): DropletRecord => ({
  ...spec,
  id,
  name,
  tags: [],
  vpcUuid: spec.vpcUuid ?? '5a4981aa-9653-4bd1-bef5-d6bff52042e4',
  createdAt: now,
  status: 'new',
  locked: has(faults, 'locked'),
  address: undefined,
  addressShown: false,
  listed: false,
  visible: !has(faults, 'hidden'),
  powered: false,
  boots: 0,
  machineFaults: faults,
  actions: [],
  deleteAt: undefined,
  gone: false,
});

const has = (faults: readonly BirthFault[], kind: BirthFault['kind']): boolean =>
  faults.some((fault) => fault.kind === kind);

/** The account that it grows up in. */
export interface Surroundings {
  /** Runs something at a time (ms since the epoch), unless the droplet is gone by then. */
  readonly at: (time: number, run: () => void) => void;
  readonly within: (span: Span) => number;
  readonly options: AccountOptions;
  readonly askedTags: readonly string[];
  readonly tags: Tags;
  readonly addresses: Addresses;
  readonly onActive: (activeAt: number) => void;
  readonly onVanish: () => void;
  readonly onPowerLost: () => void;
}

/** What happens to a droplet by itself from its create on, with the faults that it was born with. */
export function growUp(droplet: DropletRecord, account: Surroundings): void {
  const { at, within, options, askedTags, tags } = account;
  const { createdAt: now } = droplet;
  const fault = <K extends BirthFault['kind']>(kind: K) =>
    droplet.machineFaults.find(
      (each): each is Extract<BirthFault, { kind: K }> => each.kind === kind,
    );
  const bootMs = fault('slow-boot')?.ms ?? within(options.bootMs);
  const activeAt = now + bootMs;
  const startAt = Math.max(now, activeAt - within(options.addressLeadMs));
  const hiddenMs = fault('hidden')?.ms;
  if (hiddenMs !== undefined) at(now + hiddenMs, () => (droplet.visible = true));
  const listLag = fault('list-lag')?.ms ?? within(options.listLagMs);
  at(now + listLag, () => (droplet.listed = true));
  // One bad character in one tag, and DigitalOcean applies none of them, without an error.
  if (fault('tags-never') === undefined && askedTags.every((tag) => tags.isValid(tag))) {
    const lag = fault('tags-late')?.ms ?? within(options.tagLagMs);
    at(now + lag, () => (droplet.tags = askedTags.map((tag) => tags.ensure(tag))));
  }
  const vanish = fault('vanish');
  if (vanish !== undefined) at(now + vanish.afterMs, account.onVanish);
  if (fault('never-active') !== undefined) return;

  at(startAt, () => {
    droplet.address = account.addresses.take();
    droplet.powered = true;
    droplet.boots = 1;
  });
  const late = fault('address-late');
  at(late === undefined ? startAt : activeAt + late.ms, () => (droplet.addressShown = true));
  at(activeAt, () => {
    droplet.status = droplet.powered ? 'active' : 'off';
    account.onActive(activeAt);
  });
  const off = fault('power-off');
  if (off !== undefined) at(activeAt + off.afterMs, account.onPowerLost);
}
