import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../../src/clock.ts';
import { botEnvironment, environmentFile } from '../../src/controller/bootstrap/environment.ts';
import type { ControllerSettings } from '../../src/controller/deps.ts';
import type { Logger } from '../../src/log.ts';
import { isConditionTrue } from '../../src/resources/condition.ts';
import { cloudNameOf, poolOf, wasBornInPool } from '../../src/resources/droplet.ts';
import {
  dropletNameOf,
  type InstanceSpec,
  instanceName,
  instanceSpec,
} from '../../src/resources/instance.ts';
import {
  DEFAULT_CLASS,
  type InstanceClassSpec,
  instanceClassSpec,
} from '../../src/resources/instance-class.ts';
import { type InstancePoolSpec, instancePoolSpec } from '../../src/resources/instance-pool.ts';
import { controllerOwner, type ObjectMeta, REPLACE_ANNOTATION } from '../../src/resources/meta.ts';
import { LocalSecrets } from '../../src/secrets/local-secrets.ts';
import { Account } from '../../src/simulator/account.ts';
import type { AccountOptions } from '../../src/simulator/account-options.ts';
import { type FaultRule, Faults } from '../../src/simulator/faults.ts';
import { type PropagationPolicy, StoreError } from '../../src/store/store.ts';
import { AccountCloud } from '../twins/account-cloud.ts';
import { aPublicKey, DropletHosts, type DropletHostsOptions } from '../twins/droplet-hosts.ts';
import { MemoryBot } from '../twins/memory-bot.ts';
import { MemoryBudget } from '../twins/memory-budget.ts';
import { MemoryCloudView } from '../twins/memory-cloud-view.ts';
import { MemoryJournal } from '../twins/memory-journal.ts';
import { MemoryBroker, MemoryQueue } from '../twins/memory-queue.ts';
import { MemorySessionArchive } from '../twins/memory-session-archive.ts';
import { MemoryShell } from '../twins/memory-shell.ts';
import { MemoryStore } from '../twins/memory-store.ts';
import { VirtualClock } from '../twins/virtual-clock.ts';
import type { Ports } from './gate.ts';
import { Invariants } from './invariants.ts';
import { type Intercept, Process } from './process.ts';

export interface WorldOptions {
  readonly random: Random;
  readonly account?: Partial<AccountOptions> | undefined;
  readonly hosts?: Partial<DropletHostsOptions> | undefined;
  /** Changes to the class "default". */
  readonly class?: Partial<InstanceClassSpec> | undefined;
  readonly intercept?: Intercept | undefined;
  /** How long two droplets of one uid may stand side by side while calls fail. */
  readonly ambiguityMs?: number | undefined;
  /** The account's requests are limited as DigitalOcean's. */
  readonly isLimited?: boolean | undefined;
  /** Puts something wrong between the processes and the world's ports. */
  readonly tamper?: ((ports: Ports, world: World) => Ports) | undefined;
}

/** As DigitalOcean behaves on an ordinary day, only faster. */
const ACCOUNT: Partial<AccountOptions> = {
  listLagMs: { least: 0, most: 1_500 },
  tagLagMs: { least: 50, most: 3_000 },
  deleteMs: { least: 300, most: 4_000 },
};
/** A sick bot is noticed within seconds, so that a run stays short. */
const CLASS: InstanceClassSpec = instanceClassSpec.parse({
  health: { intervalSeconds: 20, failureThreshold: 2, startupSeconds: 20 },
});
const SETTINGS: ControllerSettings = {
  sshPort: 22,
  image: undefined,
  hostKeyPolicy: 'strict',
  botRepository: '',
  login: { passwordHash: '$6$salt$hash', authorizedKeys: [] },
};
const NO_SECRETS = new LocalSecrets({
  env: {},
  dir: '/nonexistent',
  isHidden: () => false,
  ownFiles: [],
});
const FOREVER_MS = 3_600_000;

/** How a process comes back when one has died: the machine's own supervisor starts another. */
const RESTART_AFTER_MS = 1_000;

/** Everything there is: an account with its machines, the store, the queue, some controller processes, and a clock of its own. */
export class World {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly view: MemoryCloudView;
  readonly journal: MemoryJournal;
  readonly sessions: MemorySessionArchive;
  readonly broker: MemoryBroker;
  readonly account: Account;
  readonly faults: Faults;
  readonly budget: MemoryBudget;
  readonly cloud: AccountCloud;
  readonly hosts: DropletHosts;
  readonly invariants: Invariants;
  /** Alive ones and dead ones, in the order of their start. */
  readonly processes: Process[] = [];
  /** What users were told is wanted; undefined: deleted. By name. */
  readonly wishes = new Map<string, InstanceSpec | undefined>();
  /** What is wanted of pools; undefined: deleted. By name. */
  readonly pools = new Map<string, InstancePoolSpec | undefined>();
  /** Names of Droplets that are to live on without their instances. */
  readonly orphans = new Set<string>();
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #bot: MemoryBot;
  #keys = 0;
  #accountNews = new AbortController();

  constructor(options: WorldOptions) {
    const { random } = options;
    this.#options = options;
    this.#random = random;
    const clock = new VirtualClock({ random });
    this.clock = clock;
    let uids = 0;
    this.store = new MemoryStore({ clock, newUid: () => `uid-${++uids}` });
    this.sessions = new MemorySessionArchive({ store: this.store });
    this.view = new MemoryCloudView({ newId: () => 'c1' });
    this.journal = new MemoryJournal({ clock, store: this.store });
    this.broker = new MemoryBroker({ clock, random });
    this.account = new Account({ clock, random, options: { ...ACCOUNT, ...options.account } });
    this.faults = new Faults(random);
    this.invariants = new Invariants({
      clock,
      account: this.account,
      store: this.store,
      ambiguityMs: options.ambiguityMs,
      hasSucceeded: (dropletId, run) => {
        const { state, exitCode } = this.hosts.machines.get(dropletId)?.runs.get(run) ?? {};
        return state === 'ended' && exitCode === 0;
      },
    });
    this.budget = new MemoryBudget({ clock });
    this.cloud = new AccountCloud({
      account: this.account,
      budget: options.isLimited ? this.budget : undefined,
      faults: this.faults,
      clock,
      random,
      onCreated: (droplet, birth) => this.invariants.onCreated(droplet, birth),
      onDelete: (droplet) => this.invariants.onDelete(droplet),
    });
    this.hosts = new DropletHosts({ account: this.account, clock, options: options.hosts });
    this.#bot = new MemoryBot(this.hosts.bots);
    this.account.onChange(() => this.#accountNews.abort('news'));
    void this.#drive();
  }

  /** Makes the class "default" and starts a process for each of these clocks, so many ms ahead. */
  async start(skewsMs: readonly number[]): Promise<void> {
    await this.store.create('InstanceClass', {
      name: 'default',
      spec: { ...CLASS, ...this.#options.class },
    });
    for (const skewMs of skewsMs) await this.startProcess(skewMs);
  }

  async startProcess(skewMs = 0): Promise<Process> {
    const ports = {
      store: this.store,
      journal: this.journal,
      cloudView: this.view,
      cloud: this.cloud,
      shell: new MemoryShell({ hosts: this.hosts.hosts, clock: this.clock, lookMs: 500 }),
      bot: this.#bot,
      queue: new MemoryQueue(this.broker),
      clock: this.clock,
    };
    const tampered = this.#options.tamper?.(ports, this) ?? ports;
    const process = new Process({
      name: `p${this.processes.length + 1}`,
      ports: { ...ports, ...tampered, queue: ports.queue },
      rest: {
        newHostKey: () => {
          const key = `KEY${++this.#keys}`;
          return { privateKey: `PRIVATE ${key}`, publicKey: aPublicKey(key) };
        },
        secrets: NO_SECRETS,
        sessions: this.sessions,
        random: this.#random,
        log: SILENT,
        settings: SETTINGS,
      },
      intercept: (effect, run, by) => this.#intercept(effect, run, by),
      skewMs,
    });
    this.processes.push(process);
    await process.start();
    return process;
  }

  /** A process dies, and another is started in its place. */
  crash(process: Process): void {
    if (process.isDead) return;
    process.crash();
    void this.clock.sleep(RESTART_AFTER_MS).then(() => this.startProcess(process.skewMs));
  }

  /** As POST /api/instance/create does it. False: it exists already, or still goes. */
  async create(number: string, features?: Partial<InstanceSpec['features']>): Promise<boolean> {
    const name = instanceName(number);
    const spec = instanceSpec.parse({ numberphone: number, features });
    const old = this.store.peek('Instance', name);
    if (old?.metadata.deletionTimestamp) return false;
    if (!old) {
      await this.store.create('Instance', { name, spec });
      this.wishes.set(name, spec);
      return true;
    }
    if (old.status?.failure?.generation !== old.metadata.generation) return false;
    const anew = { ...spec, restartedAt: new Date(this.clock.now()).toISOString() };
    const annotations = { ...old.metadata.annotations, [REPLACE_ANNOTATION]: 'true' };
    await this.store.update('Instance', {
      ...old,
      metadata: { ...old.metadata, annotations },
      spec: anew,
    });
    this.wishes.set(name, anew);
    return true;
  }

  /** False: there is nothing to edit. */
  async edit(number: string, change: (spec: InstanceSpec) => InstanceSpec): Promise<boolean> {
    const name = instanceName(number);
    for (;;) {
      const old = await this.store.get('Instance', name);
      if (!old || old.metadata.deletionTimestamp) return false;
      const spec = change(old.spec);
      try {
        await this.store.update('Instance', { ...old, spec });
        this.wishes.set(name, spec);
        return true;
      } catch (error) {
        if (!(error instanceof StoreError && error.kind === 'conflict')) throw error;
      }
    }
  }

  /** As an operator applies another manifest of the class. */
  async editClass(change: (spec: InstanceClassSpec) => InstanceClassSpec): Promise<void> {
    for (;;) {
      const old = await this.store.get('InstanceClass', DEFAULT_CLASS);
      if (!old) throw new Error('There is no class');
      try {
        await this.store.update('InstanceClass', { ...old, spec: change(old.spec) });
        return;
      } catch (error) {
        if (!(error instanceof StoreError && error.kind === 'conflict')) throw error;
      }
    }
  }

  /** False: there is nothing to delete. */
  async delete(number: string, propagationPolicy?: PropagationPolicy): Promise<boolean> {
    const name = instanceName(number);
    if (!this.store.peek('Instance', name)) return false;
    await this.store.delete('Instance', name, { propagationPolicy });
    this.wishes.set(name, undefined);
    if (propagationPolicy === 'Orphan') this.orphans.add(name);
    return true;
  }

  /** Applies a pool: makes it, or changes what it is to hold. */
  async pool(name: string, wish: Partial<InstancePoolSpec>): Promise<void> {
    const old = await this.store.get('InstancePool', name);
    const spec = instancePoolSpec.parse({ ...old?.spec, ...wish });
    if (old) await this.store.update('InstancePool', { ...old, spec });
    else await this.store.create('InstancePool', { name, spec });
    this.pools.set(name, spec);
  }

  async deletePool(name: string): Promise<void> {
    await this.store.delete('InstancePool', name);
    this.pools.set(name, undefined);
  }

  setFaults(rules: readonly FaultRule[]): void {
    this.faults.set(rules);
  }

  /** Lets time pass until the condition holds. Throws when an invariant is broken meanwhile, or after `limitMs`. */
  async until(what: string, holds: () => boolean, limitMs: number): Promise<void> {
    const isOver = () => {
      this.invariants.look();
      return this.invariants.broken.length > 0 || holds();
    };
    try {
      await this.clock.until(isOver, limitMs);
    } catch {
      throw new Error(
        `${what}: not within ${limitMs / 1000} s. ${this.whyNotSettled().join('; ')}`,
      );
    }
    this.invariants.assert();
  }

  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.until('time passes', () => this.clock.now() >= end, ms + 1).catch((error) => {
      this.invariants.assert();
      if (this.clock.now() < end) throw error;
    });
  }

  /** Until all wishes have come true and nothing is left over. */
  async untilSettled(limitMs: number): Promise<void> {
    await this.until('all settles', () => this.whyNotSettled().length === 0, limitMs);
  }

  /** What is not yet as it is wished, in sentences. */
  whyNotSettled(): readonly string[] {
    const reasons: string[] = [];
    const { store, account } = this;
    for (const [name, wish] of this.wishes) {
      const instance = store.peek('Instance', name);
      if (wish === undefined) {
        if (instance) reasons.push(`${name} is still there: ${instance.status?.message}`);
        continue;
      }
      const status = instance?.status;
      if (!instance) reasons.push(`${name} is lost`);
      else if (status?.phase !== 'completed' && status?.phase !== 'failed') {
        reasons.push(`${name} is ${status?.phase}: ${status?.message}`);
      } else if (status.observedGeneration !== instance.metadata.generation) {
        reasons.push(`${name}: generation ${instance.metadata.generation} was not looked at`);
      } else if (status.phase === 'completed') {
        if (status.dropletId === undefined || !this.hosts.answers(status.dropletId)) {
          reasons.push(`${name} is said to be completed, but its bot does not answer`);
        } else if (!this.isPrepared(name)) reasons.push(`${name} runs with an older wish`);
        if ((status.bot?.failures ?? 0) > 0) reasons.push(`${name} has failed a look`);
      }
    }
    reasons.push(...this.#whyPoolsNotSettled());
    const recorded = new Set<number>();
    for (const { metadata, status } of store.peekAll('Droplet')) {
      if (status?.id !== undefined) recorded.add(status.id);
      if (metadata.deletionTimestamp) reasons.push(`Droplet ${metadata.name} is being deleted`);
      if (status?.intent) reasons.push(`Droplet ${metadata.name} has an open intent`);
      if (this.orphans.has(metadata.name)) {
        const isOwned = metadata.ownerReferences !== undefined;
        if (isOwned) reasons.push(`Droplet ${metadata.name} has an owner still`);
      } else if (!this.#isWished(metadata)) {
        reasons.push(`Droplet ${metadata.name} is left over`);
      }
    }
    for (const { metadata, status } of store.peekAll('InstanceClass')) {
      const isRolledOut = isConditionTrue(status?.conditions, 'RolledOut');
      const fleet = store
        .peekAll('Instance')
        .filter(({ spec }) => spec.className === metadata.name);
      const completed = fleet.filter((instance) => instance.status?.phase === 'completed');
      const isCounted = status?.instances === fleet.length && status.updated >= completed.length;
      if (!isRolledOut || !isCounted) {
        reasons.push(`class ${metadata.name}, ${fleet.length} instances: ${status?.message}`);
      }
    }
    for (const name of this.orphans) {
      if (!store.peek('Droplet', name)) reasons.push(`Droplet ${name} was to live on, and is gone`);
    }
    const living = account.living();
    for (const droplet of living) {
      if (this.invariants.isForeign(droplet.id)) continue;
      if (!recorded.has(droplet.id)) reasons.push(`droplet ${droplet.id} is in no record`);
      if (droplet.deleteAt !== undefined) reasons.push(`droplet ${droplet.id} is going`);
    }
    for (const id of recorded) {
      if (!living.some((droplet) => droplet.id === id)) reasons.push(`droplet ${id} is no more`);
    }
    return reasons;
  }

  #whyPoolsNotSettled(): readonly string[] {
    const reasons: string[] = [];
    for (const [name, wish] of this.pools) {
      const pool = this.store.peek('InstancePool', name);
      if (wish === undefined) {
        if (pool) reasons.push(`pool ${name} is still there: ${pool.status?.message}`);
        continue;
      }
      const waiting = this.store
        .peekAll('Droplet')
        .filter((droplet) => controllerOwner(droplet.metadata)?.uid === pool?.metadata.uid);
      if (waiting.length !== wish.replicas) {
        reasons.push(`pool ${name} has ${waiting.length} droplets: ${pool?.status?.message}`);
      }
      for (const { metadata, status } of waiting) {
        const machine = this.hosts.machines.get(status?.id ?? -1);
        if (!status?.preparation?.readyAt || !machine?.isPrepared) {
          reasons.push(`${metadata.name} is not prepared: ${status?.message}`);
        } else if (machine.env !== undefined) reasons.push(`a bot runs on ${metadata.name}`);
      }
      const claimed = this.store
        .peekAll('Droplet')
        .filter((droplet) => wasBornInPool(droplet) && !poolOf(droplet)).length;
      if (pool?.status?.claimed !== claimed) reasons.push(`pool ${name} miscounts its claimed`);
      if (pool?.status?.ready !== wish.replicas || pool.status.booting !== 0) {
        reasons.push(`pool ${name} does not tell what waits: ${JSON.stringify(pool?.status)}`);
      }
    }
    for (const droplet of this.store.peekAll('Droplet')) {
      const living = this.account.living().find(({ id }) => id === droplet.status?.id);
      if (living && living.name !== cloudNameOf(droplet)) {
        reasons.push(`droplet ${living.id} is still called ${living.name}`);
      }
    }
    return reasons;
  }

  /** Somebody wants this Droplet object. */
  #isWished(metadata: ObjectMeta): boolean {
    const owner = controllerOwner(metadata);
    if (owner?.kind === 'InstancePool') return this.pools.get(owner.name) !== undefined;
    const instance = owner && this.store.peek('Instance', owner.name);
    const isItsOwn = instance === undefined || dropletNameOf(instance) === metadata.name;
    return isItsOwn && this.wishes.get(owner?.name ?? metadata.name) !== undefined;
  }

  /** What differs from the wishes once all has settled: the end must not depend on what happened on the way. */
  unhappy(): readonly string[] {
    const reasons: string[] = [];
    for (const [name, wish] of this.wishes) {
      const instance = this.store.peek('Instance', name);
      if (!wish || !instance) continue;
      if (!isDeepStrictEqual(instance.spec, wish)) {
        reasons.push(`${name}: an acknowledged wish is lost: ${JSON.stringify(instance.spec)}`);
      }
      if (instance.status?.phase !== 'completed') {
        reasons.push(`${name} is ${instance.status?.phase}: ${instance.status?.message}`);
      }
    }
    return reasons;
  }

  /** The bot runs with what is wished now. */
  isPrepared(name: string): boolean {
    const instance = this.store.peek('Instance', name);
    const klass = this.store.peek('InstanceClass', instance?.spec.className ?? '');
    const env = this.hosts.machines.get(instance?.status?.dropletId ?? -1)?.env;
    if (!instance || !klass || env === undefined) return false;
    const wished = botEnvironment(instance.spec, klass.spec) as Record<string, string>;
    return env === environmentFile(wished);
  }

  /** What counts in the end: the same for every history of faults. */
  outcome(): unknown {
    return {
      classes: this.store.peekAll('InstanceClass').map(({ spec, status }) => {
        const { conditions = [], ...counts } = status ?? {};
        return {
          spec,
          counts: { ...counts, observedGeneration: undefined },
          conditions: conditions.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`),
        };
      }),
      instances: this.store
        .peekAll('Instance')
        .map(({ metadata, spec, status }) => ({
          name: metadata.name,
          spec: { ...spec, restartedAt: spec.restartedAt !== null },
          phase: status?.phase,
          progress: status?.progress,
          failure: status?.failure?.reason,
          answers: this.hosts.answers(status?.dropletId ?? -1),
          isPrepared: this.isPrepared(metadata.name),
          conditions: status?.conditions.map(({ type, status: is }) => `${type}=${is}`),
          isDeleting: metadata.deletionTimestamp !== undefined,
          annotations: metadata.annotations,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      pools: this.store.peekAll('InstancePool').map(({ metadata, status }) => ({
        name: metadata.name,
        ready: status?.ready,
        booting: status?.booting,
      })),
      droplets: this.store
        .peekAll('Droplet')
        .map((droplet) => ({
          name: nameless(cloudNameOf(droplet)),
          phase: droplet.status?.phase,
          hasId: droplet.status?.id !== undefined,
          isOwnersId:
            this.store.peek('Instance', controllerOwner(droplet.metadata)?.name ?? '')?.status
              ?.dropletId === droplet.status?.id,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      living: this.account
        .living()
        .map(({ name, status }) => `${nameless(name)} ${status}`)
        .sort(),
    };
  }

  #intercept: Intercept = async (effect, run, process) => {
    try {
      return await (this.#options.intercept?.(effect, run, process) ?? run());
    } finally {
      this.invariants.look();
    }
  };

  /** The account has no timers of its own: this wakes it when something is due. */
  async #drive(): Promise<void> {
    for (;;) {
      this.#accountNews = new AbortController();
      const due = this.account.settle();
      this.hosts.sync();
      this.invariants.look();
      const wait = due === undefined ? FOREVER_MS : Math.max(0, due - this.clock.now());
      await this.clock.sleep(wait, this.#accountNews.signal);
    }
  }
}

/** A pool's droplets are called differently in each run. */
const nameless = (name: string): string => name.replace(/^(pool-.+)-\w+$/, '$1');

const SILENT = (() => {
  const log: Record<string, unknown> = {};
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) log[level] = () => {};
  log['child'] = () => log;
  return log as unknown as Logger;
})();
