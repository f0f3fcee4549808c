import type {
  SavedSession,
  SessionArchive,
  SessionOwner,
} from '../../src/store/session-archive.ts';

interface Stored {
  readonly uid: string;
  readonly about: SavedSession;
  readonly archive: Buffer;
}

/** Sessions in memory, for simulation: opened by nobody, so not sealed. */
export class MemorySessionArchive implements SessionArchive {
  readonly keyId = undefined;
  readonly #isThere: (owner: SessionOwner) => boolean;
  readonly #sessions = new Map<string, readonly Stored[]>();

  /** `isThere`: whether the store has that instance. */
  constructor(deps: { readonly isThere: (owner: SessionOwner) => boolean }) {
    this.#isThere = deps.isThere;
  }

  async save({ name, uid }: SessionOwner, about: SavedSession, archive: Buffer): Promise<boolean> {
    if (!this.#isThere({ name, uid })) return false;
    const older = this.#sessions.get(name) ?? [];
    this.#sessions.set(name, [{ uid, about, archive }, ...older].slice(0, 3));
    return true;
  }

  async latest({ name, uid }: SessionOwner) {
    return this.#sessions.get(name)?.find((one) => one.uid === uid);
  }

  async list(name: string): Promise<readonly SavedSession[]> {
    return (this.#sessions.get(name) ?? []).map(({ about }) => about);
  }

  async forget(name: string): Promise<number> {
    const count = this.#sessions.get(name)?.length ?? 0;
    this.#sessions.delete(name);
    return count;
  }
}
