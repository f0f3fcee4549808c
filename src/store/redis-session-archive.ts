import type { Redis } from 'ioredis';
import { type StoreKeys, storeKeys } from './keys.ts';
import { answered } from './redis.ts';
import { Script } from './script.ts';
import type { Seal } from './seal.ts';
import type { SavedSession, SessionArchive, SessionOwner } from './session-archive.ts';

const KEPT = 3;
const SAVE = new Script('save-session.lua');

interface Stored {
  readonly uid: string;
  readonly about: SavedSession;
  readonly sealed: string;
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

  async save(owner: SessionOwner, about: SavedSession, archive: Buffer): Promise<boolean> {
    const sealed = this.#seal.seal(subject(owner), archive);
    const stored: Stored = { uid: owner.uid, about, sealed };
    const keys = [this.#keys.objects('Instance'), this.#keys.session(owner.name)];
    const args = [owner.name, owner.uid, JSON.stringify(stored), KEPT];
    const answer = await answered(`keep the session of ${owner.name}`, () =>
      SAVE.run(this.#redis, keys, args),
    );
    return answer === 1;
  }

  async latest(owner: SessionOwner) {
    // An earlier instance of the same number has nothing to do with this one.
    const newest = (await this.#all(owner.name)).find(({ uid }) => uid === owner.uid);
    if (!newest) return undefined;
    return { about: newest.about, archive: this.#seal.open(subject(owner), newest.sealed) };
  }

  async list(name: string): Promise<readonly SavedSession[]> {
    return (await this.#all(name)).map(({ about }) => about);
  }

  async forget(name: string): Promise<number> {
    const key = this.#keys.session(name);
    const transaction = this.#redis.multi().llen(key).del(key);
    const replies = await answered(`forget the session of ${name}`, () => transaction.exec());
    return Number(replies?.[0]?.[1] ?? 0);
  }

  async #all(name: string): Promise<readonly Stored[]> {
    const texts = await answered(`read the session of ${name}`, () =>
      this.#redis.lrange(this.#keys.session(name), 0, -1),
    );
    return texts.map((text) => JSON.parse(text) as Stored);
  }
}

const subject = ({ name, uid }: SessionOwner): string => `the session of ${name} (${uid})`;
