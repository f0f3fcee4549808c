import { endedBy } from '../../src/store/belongings.ts';
import {
  type KnownSession,
  lastAt,
  type SavedSession,
  type SessionArchive,
  type SessionOwner,
} from '../../src/store/session-archive.ts';
import type { MemoryStore } from './memory-store.ts';

interface Stored {
  readonly uid: string;
  readonly about: SavedSession;
  readonly archive: Buffer;
}

interface Forgotten {
  readonly uid: string;
  readonly known: Extract<KnownSession, { is: 'forgotten' }>;
}

/** Sessions in memory, for simulation: opened by nobody, so not sealed. */
export class MemorySessionArchive implements SessionArchive {
  readonly keyId = undefined;
  readonly #store: MemoryStore;
  readonly #sessions = new Map<string, readonly Stored[]>();
  readonly #forgotten = new Map<string, Forgotten>();

  /** `store`: where the instances are that the sessions are of. */
  constructor({ store }: { readonly store: MemoryStore }) {
    this.#store = store;
    store.onCommit(({ type, kind, object }) => {
      if (endedBy(type, kind, object).includes('sessions')) {
        this.#sessions.delete(object.metadata.name);
        this.#forgotten.delete(object.metadata.name);
      }
    });
  }

  async save(
    { name, uid }: SessionOwner,
    about: SavedSession,
    archive: Buffer,
    known: KnownSession | undefined,
  ): Promise<boolean> {
    const instance = this.#store.peek('Instance', name);
    if (instance?.metadata.uid !== uid || instance.metadata.deletionTimestamp) return false;
    if (lastAt(await this.known({ name, uid })) !== lastAt(known)) return false;
    const older = this.#sessions.get(name) ?? [];
    this.#sessions.set(name, [{ uid, about, archive }, ...older].slice(0, 3));
    this.#forgotten.delete(name);
    return true;
  }

  async latest({ name, uid }: SessionOwner) {
    return this.#sessions.get(name)?.find((one) => one.uid === uid);
  }

  async list(name: string): Promise<readonly SavedSession[]> {
    return (this.#sessions.get(name) ?? []).map(({ about }) => about);
  }

  async known({ name, uid }: SessionOwner): Promise<KnownSession | undefined> {
    const newest = this.#sessions.get(name)?.[0];
    if (newest?.uid === uid) return { is: 'kept', about: newest.about, keyId: this.keyId };
    const mark = this.#forgotten.get(name);
    return mark?.uid === uid ? mark.known : undefined;
  }

  async forget(name: string, now: string): Promise<number> {
    const [newest, ...older] = this.#sessions.get(name) ?? [];
    this.#sessions.delete(name);
    const { metadata, status } = this.#store.peek('Instance', name) ?? {};
    if (metadata && !metadata.deletionTimestamp) {
      const { uid } = metadata;
      const told = status?.session?.savedAt === undefined ? undefined : status.session;
      const { dropletId, fingerprint } = (newest?.uid === uid ? newest.about : told) ?? {};
      if (dropletId !== undefined && fingerprint !== undefined) {
        const known = { is: 'forgotten', at: now, dropletId, fingerprint } as const;
        this.#forgotten.set(name, { uid, known });
      }
    }
    return newest ? older.length + 1 : 0;
  }
}
