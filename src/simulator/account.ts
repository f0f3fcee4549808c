import type { Clock, Random } from '../clock.ts';
import { type Addresses, addressRange, BENCHMARK_NETWORK } from './addresses.ts';
import { findImage, type Image, REGIONS, type Region, SIZES, type Size } from './catalog.ts';
import type { BirthFault } from './faults.ts';
import { Ledger } from './ledger.ts';
import { Schedule } from './schedule.ts';
import { type AccountKey, Tags } from './tags.ts';

/** A random time between two, in ms. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

export interface AccountOptions {
  readonly dropletLimit: number;
  /** From the create to `active`. */
  readonly bootMs: Span;
  /** How long before `active` the address can be read and the machine starts. */
  readonly addressLeadMs: Span;
  /** From the create until reads show its tags. */
  readonly tagLagMs: Span;
  /** From the create until lists show it. */
  readonly listLagMs: Span;
  readonly actionMs: Span;
  /** From the delete until it is really gone. */
  readonly deleteMs: Span;
  /** DigitalOcean promises no order; the pages shift differently in each. */
  readonly order: 'oldest-first' | 'newest-first';
}

const DEFAULT_ACCOUNT: AccountOptions = {
  dropletLimit: 200,
  bootMs: { least: 800, most: 1_300 },
  addressLeadMs: { least: 200, most: 400 },
  tagLagMs: { least: 50, most: 500 },
  listLagMs: { least: 0, most: 300 },
  actionMs: { least: 300, most: 700 },
  deleteMs: { least: 300, most: 1_200 },
  order: 'oldest-first',
};

export interface ActionRecord {
  readonly id: number;
  readonly type: string;
  readonly dropletId: number;
  readonly region: Region;
  readonly startedAt: number;
  status: 'in-progress' | 'completed' | 'errored';
  completedAt: number | undefined;
}

export interface DropletRecord {
  readonly id: number;
  name: string;
  readonly region: Region;
  readonly size: Size;
  readonly image: Image;
  readonly userData: string;
  readonly publicKeys: readonly string[];
  readonly features: readonly string[];
  readonly vpcUuid: string;
  readonly createdAt: number;
  status: 'new' | 'active' | 'off';
  locked: boolean;
  tags: readonly string[];
  /** Public and private; each shown once it is set. */
  address: string | undefined;
  addressShown: boolean;
  listed: boolean;
  /** False: GET by id answers 404 too. */
  visible: boolean;
  /** Does the machine have power, and how often was it started? */
  powered: boolean;
  boots: number;
  readonly machineFaults: readonly BirthFault[];
  readonly actions: ActionRecord[];
  deleteAt: number | undefined;
  gone: boolean;
}

export interface CreateSpec {
  readonly names: readonly string[];
  readonly region: Region;
  readonly size: Size;
  readonly image: Image;
  readonly tags: readonly string[];
  readonly userData: string;
  readonly publicKeys: readonly string[];
  readonly features: readonly string[];
  readonly vpcUuid: string | undefined;
}

/** DigitalOcean's "no": an HTTP status with its error body. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const notFound = () => new Refusal(404, 'The resource you were accessing could not be found.');
export const pendingEvent = () => new Refusal(422, 'Droplet already has a pending event.');

/** Not known to be among those who may act on a droplet: the first six change its power, `rename` its name. */
export const ACTIONS = [
  'power_on',
  'power_off',
  'power_cycle',
  'reboot',
  'shutdown',
  'rename',
] as const;
export type ActionType = (typeof ACTIONS)[number];

/**
 * One DigitalOcean account: droplets, actions, tags and keys. Time and chance are given and there are no
 * timers: each method first does what has become due. So it serves a real simulator and a test under a
 * virtual clock alike. Methods throw Refusal where DigitalOcean would answer with an error.
 */
export class Account {
  readonly options: AccountOptions;
  readonly tags = new Tags();
  readonly keys: AccountKey[] = [];
  readonly ledger = new Ledger();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #addresses: Addresses;
  readonly #schedule = new Schedule();
  readonly #droplets = new Map<number, DropletRecord>();
  readonly #actions = new Map<number, ActionRecord>();
  readonly #listeners = new Set<() => void>();
  #lastId = 500_000_000;

  constructor(given: {
    readonly clock: Clock;
    readonly random: Random;
    readonly options?: Partial<AccountOptions> | undefined;
    readonly addresses?: Addresses | undefined;
  }) {
    this.#clock = given.clock;
    this.#random = given.random;
    this.#addresses = given.addresses ?? addressRange(BENCHMARK_NETWORK, 'soon');
    this.options = { ...DEFAULT_ACCOUNT, ...given.options };
  }

  /** Does what has become due. When something is due next, in ms since the epoch; undefined: nothing waits. */
  settle(): number | undefined {
    if (this.#schedule.runDue(this.#clock.now())) this.#changed();
    return this.#schedule.next();
  }

  /** Calls `listener` after every change, also those of `settle`. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything that exists, shown or not: what really lives. */
  living(): readonly DropletRecord[] {
    this.settle();
    return [...this.#droplets.values()];
  }

  /** What a list shows now. `name` in any case; `tag` as it was first spelled. */
  list(filter: { name?: string | undefined; tag?: string | undefined }): readonly DropletRecord[] {
    const name = filter.name?.toLowerCase();
    const found = this.living().filter(
      (droplet) =>
        droplet.visible &&
        droplet.listed &&
        (name === undefined || droplet.name.toLowerCase() === name) &&
        (filter.tag === undefined || droplet.tags.includes(filter.tag)),
    );
    return this.options.order === 'oldest-first' ? found : found.reverse();
  }

  /** Throws Refusal 404. */
  get(id: number): DropletRecord {
    this.settle();
    const droplet = this.#droplets.get(id);
    if (!droplet?.visible) throw notFound();
    return droplet;
  }

  /** All of the names or none. Throws Refusal 422 over the limit. */
  create(spec: CreateSpec, faults: readonly BirthFault[] = []): readonly DropletRecord[] {
    this.settle();
    if (this.#droplets.size + spec.names.length > this.options.dropletLimit) throw overQuota();
    const made = spec.names.map((name) => this.#give(name, spec, faults));
    if (faults.some((fault) => fault.kind === 'twin')) {
      const others = faults.filter((fault) => fault.kind !== 'twin');
      for (const { id, name } of made) this.#give(name, spec, others, id);
    }
    this.#changed();
    return made;
  }

  /** Accepts; it is gone a bit later (`slowMs`: that much), or never (`ignored`). */
  delete(id: number, how: { ignored?: boolean; slowMs?: number | undefined } = {}): void {
    const droplet = this.get(id);
    if (droplet.locked) throw new Refusal(422, 'This Droplet is locked.');
    this.ledger.deleteRequested(id, this.#clock.now());
    if (how.ignored || droplet.deleteAt !== undefined) return;
    droplet.deleteAt = this.#clock.now() + (how.slowMs ?? this.#within(this.options.deleteMs));
    this.#schedule.add(droplet.deleteAt, () => this.#end(droplet, 'deleted'));
    this.#changed();
  }

  /** Throws Refusal 404, or 422 while another event runs. */
  act(id: number, type: ActionType, name?: string | undefined): ActionRecord {
    const droplet = this.get(id);
    if (droplet.locked) throw new Refusal(422, 'This Droplet is locked.');
    if (droplet.actions.some((action) => action.status === 'in-progress')) throw pendingEvent();
    const action = this.#begin(droplet, type);
    const now = this.#clock.now();
    const doneAt = now + this.#within(this.options.actionMs);
    this.#schedule.add(now + (doneAt - now) / 2, () => this.#turn(droplet, type));
    this.#schedule.add(doneAt, () => {
      if (droplet.gone) return;
      // DigitalOcean doesn't say what a reboot of a machine without power comes to.
      const failed = (type === 'reboot' || type === 'power_cycle') && droplet.status === 'off';
      if (type === 'power_on') droplet.status = 'active';
      if (type === 'power_off' || type === 'shutdown') droplet.status = 'off';
      if (type === 'rename' && name !== undefined) droplet.name = name;
      this.#finish(action, failed ? 'errored' : 'completed');
    });
    this.#changed();
    return action;
  }

  /** Throws Refusal 404. */
  action(id: number): ActionRecord {
    this.settle();
    const action = this.#actions.get(id);
    if (action === undefined) throw notFound();
    return action;
  }

  /** The machine lost its power, or switched itself off. */
  powerLost(id: number): void {
    this.settle();
    const droplet = this.#droplets.get(id);
    if (droplet === undefined) return;
    droplet.powered = false;
    if (droplet.status === 'active') droplet.status = 'off';
    this.#changed();
  }

  /** Its address is given up for another, as when a machine is moved by hand. */
  readdress(id: number): void {
    this.settle();
    const droplet = this.#droplets.get(id);
    if (droplet?.address === undefined) return;
    const old = droplet.address;
    droplet.address = this.#addresses.take();
    this.#addresses.release(old);
    this.#changed();
  }

  /** It is gone at once, without anybody having asked. */
  vanish(id: number): void {
    this.settle();
    const droplet = this.#droplets.get(id);
    if (droplet !== undefined) this.#end(droplet, 'vanished');
    this.#changed();
  }

  lock(id: number, locked: boolean): void {
    this.get(id).locked = locked;
    this.#changed();
  }

  /** Tags that were never made are not found; throws Refusal 404. */
  tag(id: number, tag: string, present: boolean): void {
    const droplet = this.get(id);
    const canonical = this.tags.canonical(tag);
    if (canonical === undefined) throw notFound();
    const others = droplet.tags.filter((each) => each !== canonical);
    droplet.tags = present ? [...others, canonical] : others;
    this.#changed();
  }

  /** Deleting a tag takes it off all droplets. Throws Refusal 404. */
  deleteTag(tag: string): void {
    if (!this.tags.delete(tag)) throw notFound();
    for (const droplet of this.living()) {
      droplet.tags = droplet.tags.filter((each) => each !== tag);
    }
    this.#changed();
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #give(
    name: string,
    spec: CreateSpec,
    faults: readonly BirthFault[],
    twinOf?: number,
  ): DropletRecord {
    const now = this.#clock.now();
    const fault = <K extends BirthFault['kind']>(kind: K) =>
      faults.find((each): each is Extract<BirthFault, { kind: K }> => each.kind === kind);
    const hiddenMs = fault('hidden')?.ms;
    const droplet: DropletRecord = {
      ...spec,
      id: this.nextId(),
      name,
      tags: [],
      vpcUuid: spec.vpcUuid ?? '5a4981aa-9653-4bd1-bef5-d6bff52042e4',
      createdAt: now,
      status: 'new',
      locked: fault('locked') !== undefined,
      address: undefined,
      addressShown: false,
      listed: false,
      visible: hiddenMs === undefined,
      powered: false,
      boots: 0,
      machineFaults: faults,
      actions: [],
      deleteAt: undefined,
      gone: false,
    };
    this.#droplets.set(droplet.id, droplet);
    this.ledger.created({ id: droplet.id, name, tags: spec.tags, createdAt: now, twinOf });
    const action = this.#begin(droplet, 'create');

    const bootMs = fault('slow-boot')?.ms ?? this.#within(this.options.bootMs);
    const activeAt = now + bootMs;
    const startAt = Math.max(now, activeAt - this.#within(this.options.addressLeadMs));
    const at = (time: number, run: () => void) =>
      this.#schedule.add(time, () => {
        if (!droplet.gone) run();
      });
    if (hiddenMs !== undefined) at(now + hiddenMs, () => (droplet.visible = true));
    const listLag = fault('list-lag')?.ms ?? this.#within(this.options.listLagMs);
    at(now + listLag, () => (droplet.listed = true));
    // One bad character in one tag, and DigitalOcean applies none of them, without an error.
    if (fault('tags-never') === undefined && spec.tags.every((tag) => this.tags.isValid(tag))) {
      const lag = fault('tags-late')?.ms ?? this.#within(this.options.tagLagMs);
      at(now + lag, () => (droplet.tags = spec.tags.map((tag) => this.tags.ensure(tag))));
    }
    const vanish = fault('vanish');
    if (vanish !== undefined) at(now + vanish.afterMs, () => this.#end(droplet, 'vanished'));
    if (fault('never-active') !== undefined) return droplet;

    at(startAt, () => {
      droplet.address = this.#addresses.take();
      droplet.powered = true;
      droplet.boots = 1;
    });
    const late = fault('address-late');
    at(late === undefined ? startAt : activeAt + late.ms, () => (droplet.addressShown = true));
    at(activeAt, () => {
      droplet.status = droplet.powered ? 'active' : 'off';
      this.ledger.active(droplet.id, activeAt, droplet.address);
      this.#finish(action, 'completed');
    });
    const off = fault('power-off');
    if (off !== undefined) at(activeAt + off.afterMs, () => this.powerLost(droplet.id));
    return droplet;
  }

  /** What an action does to the machine's power, half-way through it. */
  #turn(droplet: DropletRecord, type: ActionType): void {
    if (droplet.gone) return;
    if (type === 'power_off' || type === 'shutdown') droplet.powered = false;
    const restarts = (type === 'reboot' || type === 'power_cycle') && droplet.powered;
    if (restarts || (type === 'power_on' && !droplet.powered)) {
      droplet.powered = true;
      droplet.boots += 1;
    }
  }

  #begin(droplet: DropletRecord, type: string): ActionRecord {
    const action: ActionRecord = {
      id: this.nextId(),
      type,
      dropletId: droplet.id,
      region: droplet.region,
      startedAt: this.#clock.now(),
      status: 'in-progress',
      completedAt: undefined,
    };
    droplet.actions.push(action);
    this.#actions.set(action.id, action);
    return action;
  }

  #finish(action: ActionRecord, status: 'completed' | 'errored'): void {
    action.status = status;
    action.completedAt = this.#clock.now();
  }

  #end(droplet: DropletRecord, why: 'deleted' | 'vanished'): void {
    if (droplet.gone) return;
    droplet.gone = true;
    droplet.powered = false;
    this.#droplets.delete(droplet.id);
    if (droplet.address !== undefined) this.#addresses.release(droplet.address);
    for (const action of droplet.actions) {
      if (action.status === 'in-progress') this.#finish(action, 'errored');
    }
    this.ledger.gone(droplet.id, this.#clock.now(), why);
  }

  #within({ least, most }: Span): number {
    return Math.round(least + (most - least) * this.#random());
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const overQuota = () =>
  new Refusal(422, 'creating this/these droplet(s) will exceed your droplet limit');

/** Region by slug or prefix ("nyc": any of them); absent: anywhere that has the size. Throws Refusal 422. */
export function findPlace(
  region: string | undefined,
  sizeSlug: string,
  imageSlug: string | number,
): { region: Region; size: Size; image: Image } {
  const size = SIZES.find((each) => each.slug === sizeSlug);
  if (size === undefined) {
    throw new Refusal(422, 'You specified an invalid size for Droplet creation.');
  }
  const image = findImage(imageSlug);
  if (image === undefined) {
    throw new Refusal(422, 'You specified an invalid image for Droplet creation.');
  }
  const named = REGIONS.filter((each) => region === undefined || each.slug.startsWith(region));
  if (named.length === 0) {
    throw new Refusal(422, 'You specified an invalid region for Droplet creation.');
  }
  const offering = named.find((each) => size.regions.includes(each.slug));
  if (offering === undefined) throw new Refusal(422, 'Size is not available in this region.');
  return { region: offering, size, image };
}
