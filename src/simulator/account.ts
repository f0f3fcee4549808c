import type { Clock, Random } from '../clock.ts';
import { type AccountOptions, DEFAULT_ACCOUNT, type Span } from './account-options.ts';
import { complete, turn } from './actions.ts';
import { type Addresses, addressRange, BENCHMARK_NETWORK } from './addresses.ts';
import { growUp, newborn } from './birth.ts';
import type { BirthFault } from './faults.ts';
import { Ledger } from './ledger.ts';
import type { ActionRecord, ActionType, CreateSpec, DropletRecord } from './records.ts';
import { notFound, overQuota, pendingEvent, Refusal } from './refusal.ts';
import { Schedule } from './schedule.ts';
import { type AccountKey, Tags } from './tags.ts';

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
    const at = this.#laterFor(droplet);
    at(now + (doneAt - now) / 2, () => turn(droplet, type));
    at(doneAt, () => this.#finish(action, complete(droplet, type, name)));
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
    const droplet = newborn(this.nextId(), name, spec, faults, now);
    this.#droplets.set(droplet.id, droplet);
    this.ledger.created({ id: droplet.id, name, tags: spec.tags, createdAt: now, twinOf });
    const action = this.#begin(droplet, 'create');
    growUp(droplet, {
      at: this.#laterFor(droplet),
      within: (span) => this.#within(span),
      options: this.options,
      askedTags: spec.tags,
      tags: this.tags,
      addresses: this.#addresses,
      onActive: (activeAt) => {
        this.ledger.active(droplet.id, activeAt, droplet.address);
        this.#finish(action, 'completed');
      },
      onVanish: () => this.#end(droplet, 'vanished'),
      onPowerLost: () => this.powerLost(droplet.id),
    });
    return droplet;
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

  /** Runs something at a time, unless the droplet is gone by then. */
  #laterFor(droplet: DropletRecord): (time: number, run: () => void) => void {
    return (time, run) =>
      this.#schedule.add(time, () => {
        if (!droplet.gone) run();
      });
  }

  #within({ least, most }: Span): number {
    return Math.round(least + (most - least) * this.#random());
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
