import type { Redis } from 'ioredis';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered } from './redis.ts';
import { Script } from './script.ts';
import { keyIdOf, type Seal } from './seal.ts';
import {
  type KnownSession,
  lastAt,
  type SavedSession,
  type SessionArchive,
  type SessionOwner,
} from './session-archive.ts';

const KEPT = 3;
const SAVE = new Script('save-session.lua');
const READ = new Script('read-sessions.lua');
const FORGET = new Script('forget-session.lua');

/** Scripts read it as JSON with its fields in this order: what is sealed comes last. */
interface Stored {
  readonly uid: string;
  readonly about: SavedSession;
  readonly sealed: string;
}

interface Forgotten {
  readonly uid: string;
  readonly at: string;
  readonly dropletId: number;
  readonly fingerprint: string;
}

export class RedisSessionArchive implements SessionArchive {
  readonly #redis: Redis;
  readonly #keys: StoreKeys;
  readonly #seal: Seal;

  constructor(deps: { readonly redis: Redis; readonly prefix: string; readonly seal: Seal }) {
    this.#redis = deps.redis;
    this.#keys = storeKeys(deps.prefix);
    this.#seal = deps.seal;
  }

  get keyId(): string | undefined {
    return this.#seal.keyId;
  }

  async save(
    owner: SessionOwner,
    about: SavedSession,
    archive: Buffer,
    known: KnownSession | undefined,
  ): Promise<boolean> {
    const sealed = this.#seal.seal(subject(owner), archive);
    const stored: Stored = { uid: owner.uid, about, sealed };
    const keys = this.#beside(owner.name);
    const args = [owner.name, owner.uid, JSON.stringify(stored), KEPT, lastAt(known)];
    const answer = await answered(`keep the session of ${owner.name}`, () =>
      SAVE.run(this.#redis, keys, args),
    );
    return answer === 1;
  }

  async latest(owner: SessionOwner) {
    const key = this.#keys.session(owner.name);
    const texts = await answered(`read the session of ${owner.name}`, () =>
      this.#redis.lrange(key, 0, -1),
    );
    // An earlier instance of the same number has nothing to do with this one.
    const newest = texts
      .map((text) => JSON.parse(text) as Stored)
      .find(({ uid }) => uid === owner.uid);
    if (!newest) return undefined;
    return { about: newest.about, archive: this.#seal.open(subject(owner), newest.sealed) };
  }

  async list(name: string): Promise<readonly SavedSession[]> {
    return (await this.#read(name, -1)).heads.map(({ about }) => about);
  }

  async known({ name, uid }: SessionOwner): Promise<KnownSession | undefined> {
    // Those of an earlier instance are older than each of this one.
    const { heads, forgotten } = await this.#read(name, 0);
    const [newest] = heads;
    if (newest?.uid === uid) {
      return { is: 'kept', about: newest.about, keyId: keyIdOf(newest.sealed) };
    }
    if (forgotten?.uid !== uid) return undefined;
    const { at, dropletId, fingerprint } = forgotten;
    return { is: 'forgotten', at, dropletId, fingerprint };
  }

  async forget(name: string, now: string): Promise<number> {
    const keys = this.#beside(name);
    const answer = await answered(`forget the session of ${name}`, () =>
      FORGET.run(this.#redis, keys, [name, now]),
    );
    return Number(answer);
  }

  #beside(name: string): readonly string[] {
    const { objects, session, forgottenSession } = this.#keys;
    return [objects('Instance'), session(name), forgottenSession(name)];
  }

  /** What is sealed is cut short. */
  async #read(name: string, last: number) {
    const keys = [this.#keys.session(name), this.#keys.forgottenSession(name)];
    const answer = await answered(`read what is kept of the session of ${name}`, () =>
      READ.run(this.#redis, keys, [last]),
    );
    const [forgotten, heads] = answer as [string, string[]];
    return {
      heads: heads.map((text) => JSON.parse(text) as Stored),
      forgotten: forgotten === '' ? undefined : (JSON.parse(forgotten) as Forgotten),
    };
  }
}

const subject = ({ name, uid }: SessionOwner): string => `the session of ${name} (${uid})`;
