import { endedBy } from '../../src/store/belongings.ts';
import type {
  SavedSession,
  SessionArchive,
  SessionOwner,
} from '../../src/store/session-archive.ts';
import type { MemoryStore } from './memory-store.ts';

interface Stored {
  readonly uid: string;
  readonly about: SavedSession;
  readonly archive: Buffer;
}

/** Sessions in memory, for simulation: opened by nobody, so not sealed. */
export class MemorySessionArchive implements SessionArchive {
  readonly keyId = undefined;
  readonly #store: MemoryStore;
  readonly #sessions = new Map<string, readonly Stored[]>();

  /** `store`: where the instances are that the sessions are of. */
  constructor({ store }: { readonly store: MemoryStore }) {
    this.#store = store;
    store.onCommit(({ type, kind, object }) => {
      if (endedBy(type, kind, object).includes('sessions')) {
        this.#sessions.delete(object.metadata.name);
      }
    });
  }

  async save({ name, uid }: SessionOwner, about: SavedSession, archive: Buffer): Promise<boolean> {
    const instance = this.#store.peek('Instance', name);
    if (instance?.metadata.uid !== uid || instance.metadata.deletionTimestamp) return false;
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
