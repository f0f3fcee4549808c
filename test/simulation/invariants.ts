import type { Clock } from '../../src/clock.ts';
import { hasServed } from '../../src/controller/rollout.ts';
import { ORQUESTA_TAG, poolTag, uidTag } from '../../src/resources/cloud-droplet.ts';
import type { Droplet } from '../../src/resources/droplet.ts';
import type { Instance, InstanceStatus } from '../../src/resources/instance.ts';
import type { Kind, ObjectOf } from '../../src/resources/kinds.ts';
import { controllerOwner } from '../../src/resources/meta.ts';
import type { Phase } from '../../src/resources/phase.ts';
import type { Account } from '../../src/simulator/account.ts';
import type { DropletRecord } from '../../src/simulator/records.ts';
import type { Change } from '../../src/store/store.ts';
import type { Birth } from '../twins/account-cloud.ts';
import type { MemoryStore } from '../twins/memory-store.ts';

/** Two live droplets of one uid may stand side by side this long unless told otherwise: until a sweep has shown both and a delete has ended one. */
const AMBIGUITY_MS = 180_000;
/** Nothing changes between two looks but by a commit or in the account; only time passes. */
const LOOK_MS = 1_000;
/** A droplet of ours that no record knows is collected within this time. */
const COLLECTED_MS = 30 * 60_000;

/** Before a pool's droplet's name, in place of a uid. */
const POOL = 'pool droplet ';

interface Birthmark {
  readonly name: string;
  readonly tags: readonly string[];
  readonly birth: Birth;
}

/** Each phase of the way needs those before it. A repair goes back to what it redoes; nothing leads out of a deletion. */
const WAY: readonly Phase[] = ['creating_droplet', 'waiting_for_ssh', 'initializing', 'completed'];

/** Watches everything that happens in a world, and notes each promise that is broken. */
export class Invariants {
  readonly broken: string[] = [];
  readonly #clock: Clock;
  readonly #account: Account;
  readonly #store: MemoryStore;
  /** What each droplet was asked for with: its tags come late, or never. */
  readonly #births = new Map<number, Birthmark>();
  /** Since when more than one droplet lives for a uid. */
  readonly #twinsSince = new Map<string, number>();
  readonly #unrecordedSince = new Map<number, number>();
  readonly #ambiguityMs: number;
  readonly #hasSucceeded: (dropletId: number, run: string) => boolean;
  /** Names whose next birth the test itself repeats. */
  #pardoned: readonly string[] = [];
  #hasNews = true;
  #lookedAt = 0;

  constructor(deps: {
    readonly clock: Clock;
    readonly account: Account;
    readonly store: MemoryStore;
    readonly ambiguityMs?: number | undefined;
    /** Whether a bootstrap has really ended well on its machine. */
    readonly hasSucceeded: (dropletId: number, run: string) => boolean;
  }) {
    this.#hasSucceeded = deps.hasSucceeded;
    this.#ambiguityMs = deps.ambiguityMs ?? AMBIGUITY_MS;
    this.#clock = deps.clock;
    this.#account = deps.account;
    this.#store = deps.store;
    deps.store.onCommit((change, previous) => this.#onCommit(change, previous));
    deps.account.onChange(() => {
      this.#hasNews = true;
    });
  }

  /** Throws when something is broken. */
  assert(): void {
    if (this.broken.length > 0) throw new InvariantBroken(this.broken.join('\n'));
  }

  /** Made by somebody else. */
  isForeign(id: number): boolean {
    return this.#uidOf(id) === undefined;
  }

  /** The next create of these names is one that the test itself repeats. */
  pardonTwins(names: readonly string[]): void {
    this.#pardoned = names;
  }

  /** `late`: it came of a call whose caller had given up, or unasked. */
  onCreated(droplet: DropletRecord, origin: Birth): void {
    const birth = this.#pardoned.includes(droplet.name) ? 'late' : origin;
    this.#pardoned = this.#pardoned.filter((name) => name !== droplet.name);
    const life = this.#account.ledger.report().droplets.find(({ id }) => id === droplet.id);
    const tags = life?.tags ?? [];
    this.#births.set(droplet.id, { name: droplet.name, tags, birth });
    if (birth === 'late') return;
    const uid = this.#uidOf(droplet.id);
    for (const other of this.#account.living()) {
      if (other.id === droplet.id || other.name !== droplet.name) continue;
      const otherUid = this.#uidOf(other.id);
      if (otherUid === undefined || this.#births.get(other.id)?.birth === 'late') continue;
      if (otherUid !== uid) {
        this.#break(
          `I2: droplet ${droplet.id} is made while ${other.id} of an earlier ${droplet.name} lives`,
        );
      } else if (other.deleteAt === undefined) {
        this.#break(
          `I1: droplet ${droplet.id} is made while ${other.id} lives for the same uid ${uid}`,
        );
      }
    }
  }

  onDelete(droplet: DropletRecord): void {
    const uid = this.#uidOf(droplet.id);
    if (uid === undefined) {
      const isAdopted = this.#store.peekAll('Droplet').some(({ status }) => status?.adopted);
      if (!isAdopted) this.#break(`I5: droplet ${droplet.id} is deleted, which is not ours`);
      return;
    }
    const record = this.#recordOf(uid);
    if (!record || record.metadata.deletionTimestamp) return;
    const kept = record.status?.id;
    if (kept === droplet.id) {
      this.#break(`I4: droplet ${droplet.id} is deleted while ${record.metadata.name} wants it`);
    } else if (kept === undefined) {
      this.#break(`I4: droplet ${droplet.id} is deleted while ${record.metadata.name} is made`);
    }
  }

  /** What must hold at every moment. */
  look(): void {
    const now = this.#clock.now();
    const living = this.#account.living();
    if (!this.#hasNews && now - this.#lookedAt < LOOK_MS) return;
    this.#hasNews = false;
    this.#lookedAt = now;
    const byUid = new Map<string, number[]>();
    const recorded = new Set(
      this.#store
        .peekAll('Droplet')
        .flatMap(({ metadata: { uid, name } }) => [uid, `${POOL}${name}`]),
    );
    for (const { id, deleteAt } of living) {
      const uid = this.#uidOf(id);
      if (uid === undefined || deleteAt !== undefined) continue;
      byUid.set(uid, [...(byUid.get(uid) ?? []), id]);
      if (recorded.has(uid)) this.#unrecordedSince.delete(id);
      else {
        const since = this.#unrecordedSince.get(id) ?? now;
        this.#unrecordedSince.set(id, since);
        if (now - since > COLLECTED_MS) {
          this.#break(`I3: droplet ${id} has been in no record for ${(now - since) / 1000} s`);
          this.#unrecordedSince.set(id, now);
        }
      }
    }
    for (const [uid, ids] of byUid) {
      if (ids.length < 2) {
        this.#twinsSince.delete(uid);
        continue;
      }
      const since = this.#twinsSince.get(uid) ?? now;
      this.#twinsSince.set(uid, since);
      if (now - since <= this.#ambiguityMs || !recorded.has(uid)) continue;
      this.#break(
        `I1: droplets ${ids.join(' and ')} have lived for one uid for ${(now - since) / 1000} s`,
      );
      this.#twinsSince.set(uid, now);
    }
    for (const uid of this.#twinsSince.keys()) if (!byUid.has(uid)) this.#twinsSince.delete(uid);
  }

  #onCommit(change: Change, previous: ObjectOf[Kind] | undefined): void {
    this.#hasNews = true;
    if (change.kind === 'Droplet') {
      this.#onDroplet(change as Change<'Droplet'>, previous as Droplet | undefined);
    } else if (change.kind === 'Instance') {
      this.#onInstance(change as Change<'Instance'>, previous as Instance | undefined);
    }
  }

  #onDroplet({ type, object }: Change<'Droplet'>, previous: Droplet | undefined): void {
    const { name } = object.metadata;
    if (type === 'deleted') {
      const left = this.#account
        .living()
        .filter(({ id }) => this.#isOf(id, object) && this.#births.get(id)?.birth !== 'late');
      for (const { id } of left) {
        this.#break(`I6: the record of ${name} goes while its droplet ${id} lives`);
      }
      return;
    }
    if (!previous) return;
    this.#onOwner(object, previous);
    const [now, then] = [object.status, previous.status];
    if (then?.id !== undefined && now?.id !== undefined && then.id !== now.id) {
      this.#break(`I9: ${name} changes its droplet ${then.id} for ${now.id} in one write`);
    }
    if (then?.intent && now?.intent && then.intent.startedAt !== now.intent.startedAt) {
      this.#break(`I9: ${name} begins another create while the one before is open`);
    }
    const other = now?.intent && !then?.intent ? this.#besides(object)[0] : undefined;
    if (other) {
      this.#break(`I2: a create is begun for ${name}, whose owner has ${other.metadata.name}`);
    }
    if ((now?.attempts ?? 0) < (then?.attempts ?? 0)) {
      this.#break(`I11: attempts of ${name} go back from ${then?.attempts} to ${now?.attempts}`);
    }
  }

  /** A claim is for good, and an instance has one droplet. */
  #onOwner(object: Droplet, previous: Droplet): void {
    const { metadata } = object;
    const [now, then] = [metadata, previous.metadata].map(controllerOwner);
    if (now === undefined || now.uid === then?.uid) return;
    if (then?.kind === 'Instance') {
      this.#break(`I2: ${metadata.name} of ${then.name} is given to ${now.name}`);
    }
    const [other] = this.#besides(object);
    if (other) {
      this.#break(`I2: ${now.name} has ${other.metadata.name} and claims ${metadata.name}`);
    }
  }

  /** Other droplets of the instance that owns this one. */
  #besides({ metadata }: Droplet): readonly Droplet[] {
    const owner = controllerOwner(metadata);
    if (owner?.kind !== 'Instance') return [];
    return this.#store
      .peekAll('Droplet')
      .filter((other) => other.metadata.name !== metadata.name)
      .filter((other) => controllerOwner(other.metadata)?.uid === owner.uid);
  }

  #isOf(id: number, { metadata }: Droplet): boolean {
    const uid = this.#uidOf(id);
    return uid === metadata.uid || uid === `${POOL}${metadata.name}`;
  }

  #onInstance({ type, object }: Change<'Instance'>, previous: Instance | undefined): void {
    const { name, uid } = object.metadata;
    if (type === 'deleted') {
      const owned = this.#store
        .peekAll('Droplet')
        .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
      if (owned.length > 0) this.#break(`I6: ${name} goes while it has a droplet`);
      return;
    }
    const [now, then] = [object.status, previous?.status];
    if (!now) return;
    if (now.phase === 'completed' && now.failure) {
      this.#break(`I11: ${name} is completed and failed at once`);
    }
    const [run, before] = [now.bootstrap, then?.bootstrap];
    if (run?.updates && run.run !== before?.run) this.#onUpdate(object);
    const isNewlyDone = run?.exitCode === 0 && (before?.run !== run.run || before.exitCode !== 0);
    if (isNewlyDone && !this.#hasSucceeded(run.dropletId, run.run)) {
      this.#break(`I11: the bootstrap of ${name} is said to have ended well, and has not`);
    }
    if (object.metadata.generation < (previous?.metadata.generation ?? 0)) {
      this.#break(`I11: the generation of ${name} goes back`);
    }
    if (then && !mayFollow(then.phase, now)) {
      this.#break(`I11: ${name} goes from ${then.phase} to ${now.phase}`);
    }
  }

  /** A bot that served is about to be re-initialised: not while a tenth of them are. */
  #onUpdate({ metadata, spec }: Instance): void {
    const fleet = this.#store
      .peekAll('Instance')
      .filter((one) => one.spec.className === spec.className && !one.metadata.deletionTimestamp);
    const others = fleet.filter(
      ({ metadata: { name }, status }) =>
        name !== metadata.name &&
        status?.bootstrap?.updates &&
        !status.failure &&
        !hasServed(status),
    );
    if (others.length < Math.max(1, Math.floor(fleet.length / 10))) return;
    const names = others.map((other) => other.metadata.name).join(', ');
    this.#break(`I12: ${metadata.name} is re-initialised while ${names} of ${fleet.length} is`);
  }

  /** Of a pool's droplet by its name: there is no other of that name, ever. */
  #recordOf(uid: string): Droplet | undefined {
    return this.#store
      .peekAll('Droplet')
      .find(({ metadata }) => metadata.uid === uid || `${POOL}${metadata.name}` === uid);
  }

  /** The uid that a droplet was made for; undefined for one that is not ours. */
  #uidOf(id: number): string | undefined {
    const { tags = [], name } = this.#births.get(id) ?? {};
    if (!tags.includes(ORQUESTA_TAG)) return undefined;
    if (tags.some((tag) => tag.startsWith(poolTag('')))) return `${POOL}${name}`;
    const prefix = uidTag('');
    return tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length);
  }

  #break(what: string): void {
    this.broken.push(`${new Date(this.#clock.now()).toISOString()} ${what}`);
  }
}

/** Whether a status may follow a phase: forward one by one, or to where what was reached before still stands. */
function mayFollow(then: Phase, now: InstanceStatus): boolean {
  if (then === now.phase) return true;
  if (then === 'deleting') return false;
  if (now.phase === 'deleting' || now.phase === 'failed') return true;
  // A failure ends by starting anew, which is seen before anything is completed again.
  if (then === 'failed') return now.phase !== 'completed';
  if (WAY.indexOf(now.phase) <= WAY.indexOf(then) + 1) return true;
  const { dropletId, ssh, bootstrap } = now;
  const isReached = ssh?.dropletId === dropletId && ssh?.isUp === true;
  const isPrepared = bootstrap?.dropletId === dropletId && bootstrap?.exitCode === 0;
  return isReached && (now.phase === 'initializing' || isPrepared);
}

class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}
